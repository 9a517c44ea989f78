"""RSS feeds of searches, circles, networks and topics, for feed readers and podcast apps.

`feeds.py` answers requests; `rss.py` writes the document and knows nothing of requests.
"""
