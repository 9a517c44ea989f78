"""The JSON transcript of Podcasting 2.0, read and written. Pure.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md: a `version` and `segments`
with `startTime`, `body` and, where known, `endTime` and `speaker`. A segment may be a single word; consecutive ones of
one speaker are then put together to lines. Whisper's own JSON is read too, which is built alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import TypeGuard

from kring.errors import BadTranscript, KringError
from kring.model import Segment, Word
from transcribe.captions.cues import pieces
from transcribe.captions.line_breaking import LONGEST, cut, text_of
from transcribe.captions.parsing.cleaning import MAX_CHARACTERS, MAX_CUES, MAX_SECONDS, clean, clean_name
from transcribe.captions.parsing.json_reader import JsonReader
from transcribe.captions.text_width import may_break, pieces_of

VERSION = "1.0.0"
NAMES = (("body", "text"), ("startTime", "start"), ("endTime", "end"))
"""Of what a segment has, each with Whisper's name for the same."""


@dataclass(frozen=True, slots=True)
class _Body:
    start: float
    end: float | None
    text: str
    speaker: str | None


def parse_json(text: str) -> list[Segment]:
    """The segments of a Podcasting 2.0 transcript, in order of time.

    Raises BadTranscript with the line of what is wrong.
    """
    text = text.removeprefix("\ufeff")
    bodies = sorted(_bodies(text), key=lambda body: body.start)
    if not bodies:
        raise BadTranscript("The transcript has no segments with text in it; export it again.")
    if _are_words(bodies):
        return sorted(_from_words(bodies), key=lambda segment: segment.start)
    return [
        Segment(start=body.start, end=_end(body, following), text=body.text, speaker=body.speaker)
        for body, following in pairwise([*bodies, None])
        if body
    ]


def write_json(segments: Iterable[Segment]) -> str:
    """Segments as a Podcasting 2.0 transcript, each as long as a caption."""
    written = []
    spoken = [piece for segment in segments for piece in pieces(segment)]
    for piece in sorted(spoken, key=lambda piece: piece.start):  # two may speak at once
        named = {"speaker": piece.speaker} if piece.speaker else {}
        times = {"startTime": round(piece.start, 3), "endTime": round(piece.end, 3)}
        written.append({**named, **times, "body": piece.text})
    return json.dumps({"version": VERSION, "segments": written}, ensure_ascii=False, indent=1) + "\n"


def _are_words(bodies: list[_Body]) -> bool:
    """Whether most segments are single words; in languages without spaces a word is a few characters."""
    spaced = median(len(body.text.split()) for body in bodies)
    return spaced <= 1 and median(len(list(pieces_of(body.text))) for body in bodies) <= 3


def _from_words(bodies: list[_Body]) -> Iterator[Segment]:
    apart = sum(not may_break(body.text[-1], next_body.text[0]) for body, next_body in pairwise(bodies))
    glue = " " if apart * 2 >= len(bodies) - 1 else ""
    for speaker, utterances in groupby(bodies, key=lambda body: body.speaker):
        ends = [*utterances, None]
        words = [Word(body.start, _end(body, after), body.text) for body, after in pairwise(ends) if body]
        for part in cut(words, glue=glue):
            end = max(part[-1].end, part[0].start)
            yield Segment(start=part[0].start, end=end, text=text_of(part, glue), speaker=speaker, words=part)


def _end(body: _Body, following: _Body | None) -> float:
    """The end may be left out: it lasts until the next begins, but no longer than a caption may."""
    if body.end is not None:
        return body.end
    return min(following.start if following else body.start + LONGEST, body.start + LONGEST)


def _bodies(text: str) -> Iterator[_Body]:
    """Each segment that has text; whatever else the document says is passed over."""
    walk, has_segments, count = JsonReader(text), False, 0
    walk.expect("{")
    for _ in walk.items("}"):
        key = walk.value()
        walk.expect(":")
        if key != "segments":
            walk.value()
            continue
        has_segments = True
        walk.expect("[")
        for _ in walk.items("]"):
            count += 1
            yield from _body(walk, count)
    if not walk.ended:
        walk.refuse(KringError("goes on after its end"))
    if not has_segments:
        raise BadTranscript("The file is JSON but no transcript of Podcasting 2.0: it has no list of segments.")


def _body(walk: JsonReader, count: int) -> Iterator[_Body]:
    """Segment number `count`, none if it has no text."""
    at = walk.mark()
    value = walk.value()
    if not isinstance(value, dict):
        walk.refuse(KringError("has a segment {count} that is no object with startTime and body", count=count), at)
    if count > MAX_CUES:
        walk.refuse(KringError("has more than {most} segments", most=MAX_CUES), at)
    speaker = value.get("speaker")
    body, start, end = (value.get(name, value.get(other)) for name, other in NAMES)
    if not isinstance(body, str):
        walk.refuse(KringError("has no text as the body of segment {count}", count=count), at)
    if len(body) > MAX_CHARACTERS:
        walk.refuse(
            KringError("has more than {most} characters in segment {count}", most=MAX_CHARACTERS, count=count), at
        )
    if not isinstance(speaker, str | None):
        walk.refuse(KringError("has no text as the speaker of segment {count}", count=count), at)
    if not _is_time(start):
        walk.refuse(KringError("has no number of seconds as the startTime of segment {count}", count=count), at)
    if end is not None and not _is_time(end):
        walk.refuse(KringError("has no number of seconds as the endTime of segment {count}", count=count), at)
    if end is not None and end < start:
        times = {"start": f"{start:g}", "end": f"{end:g}"}
        walk.refuse(
            KringError("has a segment {count} that ends ({end}) before it starts ({start})", count=count, **times), at
        )
    if plain := clean(body):
        yield _Body(round(start, 3), None if end is None else round(end, 3), plain, clean_name(speaker))


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_SECONDS


def is_json(text: str) -> bool:
    """Whether it begins as a JSON object does."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")
