"""Feeds and podcasts: what they offer, read in a confined process, asked again only where they changed."""
