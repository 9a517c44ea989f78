"""The index in a Meilisearch server, for archives that several machines share.

`index.py` is the adapter of `index.port.SearchIndex`; `query.py` and `search.py` ask the server, `result_page.py` makes
a page of results, `writer.py` and `schema.py` write, `client.py` and `search_key.py` are the connection.
"""
