"""Burned-in text: found, read, decided, redacted."""
