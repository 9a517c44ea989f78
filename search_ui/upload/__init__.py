"""Bringing in recordings with a browser, in parts that survive interruptions."""
