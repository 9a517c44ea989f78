"""From sound to a transcript: speech, windows, words and their times, what is kept out."""
