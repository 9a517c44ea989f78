"""RSS feeds of searches, circles, networks and topics, for feed readers and podcast apps.

`routes.py` answers requests; `rss.py` writes the document and knows nothing of requests.
"""
