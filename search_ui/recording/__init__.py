"""One recording: its page, player, media, captions, chapters, attachments and embedding.

Until it is published, `progress.py` and `progress_events.py` say how far it is.
"""
