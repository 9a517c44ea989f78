"""Kring: the words, errors and settings every other part speaks; it imports nothing above it."""
