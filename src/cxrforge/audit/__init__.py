"""Samples that people read, and what their readings prove."""
