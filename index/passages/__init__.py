"""From transcripts and attachments to passages, the unit that is indexed and found.

`build.py` cuts a transcript into passages of 20 to 60 seconds; `attachments.py` cuts the pages of documents.
"""
