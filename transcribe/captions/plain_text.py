"""A transcript as plain text, to be read or quoted: paragraphs, each with its time and speaker. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kring.model import Segment
from transcribe.captions.line_breaking import SILENCE
from transcribe.captions.parsing.cleaning import clean, timestamp
from transcribe.captions.sentences import ends_sentence

PARAGRAPH = 60.0
"""Seconds after which a paragraph ends with its sentence."""
TOO_LONG = 120.0
"""Seconds after which it ends anyway."""


def write_txt(segments: Iterable[Segment], *, title: str, note: str = "") -> str:
    """The title, a note if there is one, and the paragraphs: `[00:01:02] Name`, and below it what is said."""
    blocks = [clean(title), clean(note)]
    paragraph: list[Segment] = []
    for segment in segments:
        if not clean(segment.text):
            continue
        if paragraph and _begins(paragraph, segment):
            blocks.append(_written(paragraph))
            paragraph = []
        paragraph.append(segment)
    if paragraph:
        blocks.append(_written(paragraph))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _written(paragraph: list[Segment]) -> str:
    time = timestamp(round(paragraph[0].start * 1000))[:-4]
    speaker = clean(paragraph[0].speaker or "")
    return f"[{time}] {speaker}".rstrip() + "\n" + " ".join(clean(segment.text) for segment in paragraph)


def _begins(paragraph: list[Segment], segment: Segment) -> bool:
    """Whether a new paragraph begins with `segment`."""
    last = paragraph[-1]
    if segment.speaker != last.speaker:
        return True
    if segment.speaker is None and segment.start - last.end >= SILENCE:
        return True
    length = segment.end - paragraph[0].start
    return length > TOO_LONG or (length > PARAGRAPH and ends_sentence(last.text.split()[-1], segment.text))
