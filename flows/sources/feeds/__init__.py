"""Feeds and podcasts: parsed in a confined process, and read again only if they have changed."""
