"""Correcting recordings: one, or many together as one act."""
