"""The web application: pages and HTTP API over an archive and a search index.

`app.py` puts it together, `context.py` is its state, `viewer.py` holds the doors through which every request
searches and opens recordings. Folders hold what belongs to one subject: its pages, its API and the functions behind
them.
"""
