"""What the workspace knows, under pseudonyms. All SQL is here."""
