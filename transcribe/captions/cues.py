"""What stands on the screen: segments of any length as captions of two lines. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from kring.model import Segment, Word
from transcribe.captions.line_breaking import LONGEST, cut, fits, spread, text_of, wrap
from transcribe.captions.parsing.cleaning import clean

ROUNDING = 0.01
"""Seconds by which a caption cut to its limit may have been made longer on its way."""

CROWDED = 0.2
"""Seconds: captions of one speaker that begin closer together share their time instead of one hiding the other."""


@dataclass(frozen=True, slots=True)
class Caption:
    """Times in milliseconds; `language` if it is another than the transcript's."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str
    language: str | None


def cues(segments: Iterable[Segment]) -> Iterator[Caption]:
    """Captions in order of time, each for a millisecond at least and on two lines at most. Where two speakers speak at
    once both are shown; of one speaker none is over another."""
    spoken = defaultdict[str, list[Segment]](list)
    for segment in segments:
        for piece in pieces(segment):
            spoken[piece.speaker or ""].append(piece)
    return merge(*map(_of_one_speaker, spoken.values()), key=lambda caption: (caption.start, caption.end))


def _of_one_speaker(spoken: Sequence[Segment]) -> Iterator[Caption]:
    placed = _one_after_another(spoken)
    clock = 0
    for number, piece in enumerate(placed):
        start = max(round(piece.start * 1000), clock)
        end = max(round(piece.end * 1000), start + 1)
        if number + 1 < len(placed):
            end = max(min(end, round(placed[number + 1].start * 1000)), start + 1)
        clock = end
        yield Caption(start, end, tuple(wrap(piece.text)), piece.speaker or "", piece.language)


def _one_after_another(segments: Sequence[Segment]) -> list[Segment]:
    """In order of time; an earlier segment ends where the next begins. No text is lost."""
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.end))
    placed: list[Segment] = []
    clock = 0.0
    for number, segment in enumerate(ordered):
        start = max(segment.start, clock)
        clock = max(segment.end, start)
        if number + 1 < len(ordered):
            following = ordered[number + 1]
            if following.start >= start + CROWDED:
                clock = min(clock, following.start)
            elif following.start < clock:  # said at once: each gets half
                clock = round((start + max(min(clock, following.end), start)) / 2, 3)
        same = (start, clock) == (segment.start, segment.end)
        placed.append(segment if same else segment.model_copy(update={"start": start, "end": clock}))
    return placed


def pieces(segment: Segment) -> list[Segment]:
    """The segment with its text cleaned, cut if it is too long for a caption; none if it has no text.

    Times come from the words if there are any, else from each piece's share of the text.
    """
    text = clean(segment.text)
    cleaned = segment.model_copy(update={"text": text, "speaker": clean(segment.speaker or "") or None, "words": ()})
    if not text:
        return []
    if segment.end - segment.start <= LONGEST + ROUNDING and fits(text):
        return [cleaned]
    words, glue = _words(segment, text)
    parts = cut(words, glue=glue)
    return [
        cleaned.model_copy(update={"start": start, "end": end, "text": clean(text_of(part, glue))})
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
