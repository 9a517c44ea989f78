"""Searching: the search page and the pages of circles, networks and topics.

`params.py` parses what is asked for, `links.py` makes addresses, `results.py` prepares the list of results.
"""
