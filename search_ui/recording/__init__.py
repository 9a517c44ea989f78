"""One recording: its page, media, captions, chapters, documents, progress."""
