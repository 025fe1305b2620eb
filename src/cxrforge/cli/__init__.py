"""The command line: opens, calls, translates, prints."""
