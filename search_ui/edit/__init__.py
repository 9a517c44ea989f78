"""The editor: facilitators correct transcripts, names, chapters and details.

`page.py` is the page, `api.py` takes corrections, `conflicts.py` decides what to do if the same thing was changed
by someone else meanwhile, `history.py` words what was changed.
"""
