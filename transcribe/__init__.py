"""Sound to words: the transcriber port and its engines, audio and media preparation, weights, captions."""
