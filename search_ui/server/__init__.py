"""The web server itself: connections, request bodies, and how many of each there may be at a time.

It knows nothing of recordings; `server.py` configures uvicorn, `protocol.py` bounds each connection.
"""
