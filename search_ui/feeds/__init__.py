"""Feeds of recordings and of searches."""
