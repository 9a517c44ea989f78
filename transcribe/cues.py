"""What stands on the screen: segments of any length as captions of two lines, one after another. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kring.model import Segment, Word
from transcribe.lines import LONGEST, cut, fits, spread, text_of, wrap
from transcribe.plain import clean, one_after_another

ROUNDING = 0.01
"""Seconds by which a caption cut to its limit may have been made longer on its way."""


@dataclass(frozen=True, slots=True)
class Caption:
    """Times in milliseconds; `language` where it is another than the transcript's."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str
    language: str | None


def cues(segments: Iterable[Segment]) -> Iterator[Caption]:
    """Captions in order of time, none over another, each for a millisecond at least and on two lines at most."""
    placed = one_after_another([piece for segment in segments for piece in pieces(segment)])
    clock = 0
    for number, piece in enumerate(placed):
        start = max(round(piece.start * 1000), clock)
        end = max(round(piece.end * 1000), start + 1)
        if number + 1 < len(placed):
            end = max(min(end, round(placed[number + 1].start * 1000)), start + 1)
        clock = end
        yield Caption(start, end, tuple(wrap(piece.text)), piece.speaker or "", piece.language)


def pieces(segment: Segment) -> list[Segment]:
    """The segment with its text cleaned, cut where it is too long for a caption; none where it has no text.

    Times come from the words where there are any, else from each piece's share of the text.
    """
    text = clean(segment.text)
    whole = segment.model_copy(update={"text": text, "speaker": clean(segment.speaker or "") or None, "words": ()})
    if not text:
        return []
    if segment.end - segment.start <= LONGEST + ROUNDING and fits(text):
        return [whole]
    words, glue = _words(segment, text)
    parts = cut(words, glue=glue)
    return [
        whole.model_copy(update={"start": start, "end": end, "text": clean(text_of(part, glue))})
        for part, (start, end) in zip(parts, _times(segment, parts), strict=True)
    ]


def _words(segment: Segment, text: str) -> tuple[list[Word], str]:
    """Words with times that together say `text`, and what goes between them."""
    for glue in ("", " "):  # Whisper's words bring their spaces
        if segment.words and clean(text_of(segment.words, glue)) == text:
            return list(segment.words), glue
    return spread(text, segment.start, segment.end), ""


def _times(segment: Segment, parts: list[tuple[Word, ...]]) -> Iterator[tuple[float, float]]:
    """Of each part: within the segment, forwards."""
    clock = segment.start
    for part in parts:
        start = min(max(part[0].start, clock), segment.end)
        clock = min(max(part[-1].end, start), segment.end)
        yield start, clock
