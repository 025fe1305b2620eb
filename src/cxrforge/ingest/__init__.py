"""Finding, recognising and pairing what a hospital exported."""
