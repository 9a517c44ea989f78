"""From the text of a transcript, whichever program wrote it, to cues: times, speakers, markup, repeated lines."""
