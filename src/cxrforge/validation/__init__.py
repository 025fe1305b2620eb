"""Evidence that this installation de-identifies: planted objects, what became of them, and a report to file."""
