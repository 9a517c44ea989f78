"""Correcting transcripts, names and what is said about a recording."""
