"""Searching and browsing: what was asked, the hits, what to choose from."""
