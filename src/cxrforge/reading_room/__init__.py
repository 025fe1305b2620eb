"""The reading room: people read samples and decide on what waits; everything anyone changes goes to a chained log."""
