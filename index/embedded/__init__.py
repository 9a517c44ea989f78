"""The embedded index: Tantivy in this process, over one folder in the data directory, without a server.

`index.py` is the adapter of `index.port.SearchIndex`; `queries.py` turns a parsed query into Tantivy's, `search.py`
runs it over one `snapshot.py`, `generations.py` keeps the folder, `integrity.py` checks its files.
"""
