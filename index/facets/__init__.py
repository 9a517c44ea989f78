"""Filters and facets: which recordings pass, and how many recordings each value has.

`cards.py` says what counts for one recording; `columns.py` does the same over all recordings of an archive at once.
"""
