"""From the text of a transcript, whoever wrote it, to cues: times, speakers, markup, repeated lines."""
