"""Transcripts and captions in the formats people bring and take away, and how captions are broken into lines."""
