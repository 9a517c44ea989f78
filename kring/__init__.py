"""Kring: the words, errors and settings every other part speaks; it knows nobody above it."""
