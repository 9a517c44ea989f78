"""Watched folders: which files are recordings, whether they are whole, which are known already."""
