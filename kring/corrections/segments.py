"""One change to the segments of a transcript. Pure; each gives back the same tuple if nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from kring.corrections.changes import LineChange
from kring.corrections.word_timing import plain, retimed, text_of
from kring.model import Segment, Word
from kring.text import normalized

_MARKS = "\u0300-\u036f"
"""Accents that follow their letter: with one it is another letter."""


class Replacement(NamedTuple):
    """A stretch of a transcript: what stands there, and what stays when it gives way."""

    gives_way: tuple[Segment, ...]
    """In order; of segments that reach beyond the borders only the part within."""
    stays: tuple[Segment, ...]
    at: int
    """Where among those that stay a new segment belongs."""


def place(segments: Sequence[Segment], start: float, end: float, before: str = "") -> Replacement:
    """What stands from `start` to `end`.

    If one segment has just these borders it is that one alone, whatever others, spoken at the same time, reach into
    it: of several, the one that reads `before`. Else it is everything whose middle lies there. What stays does not
    reach into the stretch then: segments with times of words are cut, of others the times.
    """
    same = [n for n, segment in enumerate(segments) if segment.start == start and segment.end == end]
    if same:
        at = next((n for n in same if plain(segments[n].text) == plain(before)), same[0])
        return Replacement((segments[at],), (*segments[:at], *segments[at + 1 :]), at)
    replaced: list[Segment] = []
    stays: list[Segment] = []
    for segment in segments:
        if segment.end <= start or segment.start >= end:
            stays.append(segment)
            continue
        left, within, right = _cut(segment, start, end)
        stays += [piece for piece in (left, right) if piece is not None]
        replaced += [within] if within is not None else []
    stays.sort(key=lambda segment: segment.start)
    # One without any length at `start` has ended by then: it keeps its place before.
    at = next((n for n, segment in enumerate(stays) if segment.start >= start and segment.end > start), len(stays))
    return Replacement(tuple(replaced), tuple(stays), at)


def standing(segments: Sequence[Segment], start: float, end: float, before: str = "") -> str:
    """What is said from `start` to `end`, with single spaces."""
    return plain(" ".join(segment.text for segment in place(segments, start, end, before).gives_way))


def put_line(segments: tuple[Segment, ...], change: LineChange) -> tuple[Segment, ...]:
    """The person's text as one segment in place of what stands there; an empty one takes it away.

    Either way nothing else reaches into that stretch then, but what is spoken at the same time as that line: what stays
    keeps to its side, and no other change, which cuts it shorter, brings its middle in here. So the same changes, made
    again, change nothing.
    """
    start, end = change.start, max(change.start, change.end)
    text = plain(change.text)
    replacement = place(segments, start, end, change.before)
    if not text:
        return replacement.stays if replacement.stays != segments else segments
    longest = max(
        replacement.gives_way, key=lambda segment: min(segment.end, end) - max(segment.start, start), default=None
    )
    old = [word for segment in replacement.gives_way for word in segment.words]
    line = Segment(
        start=start,
        end=end,
        text=text,
        speaker=longest.speaker if longest else None,
        language=longest.language if longest else None,
        words=retimed(text, tuple(old), start, end),
        corrected=True,
    )
    return (*replacement.stays[: replacement.at], line, *replacement.stays[replacement.at :])


def replace_name(segments: tuple[Segment, ...], find: str, replace: str) -> tuple[Segment, ...]:
    """Wherever `find` stands as a whole word, or as whole words in a row, in just these letters.

    One that begins in a segment and ends in the next is left alone: it is not clear where the new one would be cut.
    And so is one that stands in the new name already ("Bergen" in "Bergen kommune"): twice changes no more than once.
    """
    pattern, words = _named(find, replace), _first_words(find)
    made = tuple(
        _renamed(segment, pattern, replace) if any(word in segment.text for word in words) else segment
        for segment in segments
    )
    return segments if all(new is old for new, old in zip(made, segments, strict=True)) else made


def count_name(segments: Iterable[Segment], find: str, replace: str) -> int:
    """How many places `replace_name` changes."""
    pattern, words = _named(find, replace), _first_words(find)
    texts = (segment.text for segment in segments if any(word in segment.text for word in words))
    return sum(match["done"] is None for text in texts for match in pattern.finditer(text))


def rename_speaker(segments: tuple[Segment, ...], name: str, to: str) -> tuple[Segment, ...]:
    if name == to or not any(segment.speaker == name for segment in segments):
        return segments
    return tuple(
        segment.model_copy(update={"speaker": to}) if segment.speaker == name else segment for segment in segments
    )


def _cut(segment: Segment, start: float, end: float) -> tuple[Segment | None, Segment | None, Segment | None]:
    """What of it is said before `start`, until `end`, and after; it reaches into the stretch."""
    if not segment.words:
        middle = (segment.start + segment.end) / 2
        if middle < start:
            return segment.model_copy(update={"end": min(segment.end, start)}), None, None
        if middle >= end:
            return None, None, segment.model_copy(update={"start": max(segment.start, end)})
        return None, segment, None
    middles = [(word.start + word.end) / 2 for word in segment.words]
    words = list(zip(middles, segment.words, strict=True))
    left = _part(segment, [word for at, word in words if at < start], segment.start, min(segment.end, start))
    within = _part(
        segment, [word for at, word in words if start <= at < end], max(segment.start, start), min(segment.end, end)
    )
    right = _part(segment, [word for at, word in words if at >= end], max(segment.start, end), segment.end)
    return left, within, right


def _part(segment: Segment, words: Sequence[Word], start: float, end: float) -> Segment | None:
    """A piece of a segment with these of its words, between these borders."""
    if not words:
        return None
    if len(words) == len(segment.words) and start == segment.start and end == segment.end:
        return segment
    clipped = tuple(
        word._replace(start=min(max(word.start, start), end), end=min(max(word.end, start), end)) for word in words
    )
    last = (
        max(word.end for word in clipped) if len(words) < len(segment.words) and words[-1] != segment.words[-1] else end
    )
    first = clipped[0].start if words[0] != segment.words[0] else start
    text = segment.text if len(words) == len(segment.words) else text_of(words)
    return segment.model_copy(update={"start": min(first, last), "end": last, "text": text, "words": clipped})


@lru_cache(maxsize=512)
def _named(find: str, replace: str) -> re.Pattern[str]:
    """Where `find` stands; the group `done` matches where `find` stands within `replace` already."""
    pattern = whole_words(find)
    done = whole_words(replace) if re.search(pattern, replace) else "(?!)"
    return re.compile(f"(?P<done>{done})|{pattern}")


def whole_words(name: str, ending: str = "") -> str:
    """A pattern for where the name stands as whole words, with whatever space between them; `ending`: a pattern for
    what may follow in the same word."""
    either = "|".join(r"\s+".join(map(re.escape, spelling.split())) for spelling in _spellings(name))
    return rf"(?<![\w{_MARKS}])(?:{either}){ending}(?![\w{_MARKS}])"


def _spellings(name: str) -> list[str]:
    return sorted({normalized("NFC", name), normalized("NFD", name)})


def _first_words(find: str) -> list[str]:
    """A text without any of them needs no closer look; most are such."""
    return [spelling.split(maxsplit=1)[0] for spelling in _spellings(find)]


def _renamed(segment: Segment, pattern: re.Pattern[str], replace: str) -> Segment:
    text = pattern.sub(lambda match: match["done"] or replace, segment.text)
    if text == segment.text:
        return segment
    words = retimed(text, segment.words, segment.start, segment.end) if segment.words else ()
    return segment.model_copy(update={"text": text, "words": words, "corrected": True})
