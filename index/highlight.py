"""From a passage that matched to what people see of it: excerpt, marked words, and the moment they are spoken."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from index.analysis import tokens
from index.port import Fragment, Passage, PassageHit, RecordingHit
from index.wanted import Part, find

EXCERPT = 240
"""Characters of an excerpt, about; words stay whole."""
_LEAD = 60  # characters shown before the first match, so that it is read in its sentence


@dataclass(frozen=True, slots=True)
class Span:
    """A match in the original text: offsets, and which part of the query it is."""

    start: int
    end: int
    part: int


def spans(text: str, language: str, parts: Sequence[Part]) -> list[Span]:
    """Where the query is found in `text`, in order, not overlapping; the words of a phrase are one span."""
    if not parts:
        return []
    words = list(tokens(text, language))
    found = [
        Span(words[place.first].start, words[place.after - 1].end, number)
        for number, part in enumerate(parts)
        for place in find(part, words)
    ]
    apart: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end, span.part)):
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart


def fragments(text: str, found: Sequence[Span], start: int = 0, end: int | None = None) -> tuple[Fragment, ...]:
    """`text` from `start` to `end`, cut where matches begin and end. Joined they are that text again."""
    end = len(text) if end is None else end
    pieces: list[Fragment] = []
    cursor = start
    for span in found:
        if span.start < start or span.end > end:
            continue
        pieces.append(Fragment(text[cursor : span.start]))
        pieces.append(Fragment(text[span.start : span.end], hit=True))
        cursor = span.end
    pieces.append(Fragment(text[cursor:end]))
    return tuple(piece for piece in pieces if piece.text)


def _marked_title(passage: Passage, parts: Sequence[Part]) -> tuple[Fragment, ...]:
    return fragments(passage.title, spans(passage.title, passage.language, parts))


def passage_hit(passage: Passage, parts: Sequence[Part]) -> PassageHit:
    """The passage as a hit: its excerpt holds as many different parts of the query as fit, the earliest such."""
    found = spans(passage.text, passage.language, parts)
    start, end = _window(passage.text, found)
    shown = [span for span in found if span.start >= start and span.end <= end]
    pieces = fragments(passage.text, shown, start, end)
    if start > 0:
        pieces = (Fragment("… "), *pieces)
    if end < len(passage.text):
        pieces = (*pieces, Fragment(" …"))
    return PassageHit(
        passage_id=passage.id,
        start=passage.start,
        end=passage.end,
        hit_at=_spoken_at(passage, shown[0].start) if shown else passage.start,
        fragments=pieces,
        speakers=passage.speakers,
    )


def recording_hit(passages: Sequence[Passage], parts: Sequence[Part], passage_count: int) -> RecordingHit:
    """One recording as a hit; `passages`: those shown, best first, at least one."""
    first = passages[0]
    return RecordingHit(
        recording_id=first.recording_id,
        version=first.version,
        title=_marked_title(first, parts),
        circle=first.circle,
        network=first.network,
        language=first.language,
        date=first.date,
        duration=first.duration,
        has_video=first.has_video,
        poster=first.poster,
        passages=tuple(passage_hit(passage, parts) for passage in passages),
        passage_count=passage_count,
    )


def _spoken_at(passage: Passage, offset: int) -> float:
    """Seconds of the last known start at or before `offset`."""
    index = bisect_right(passage.starts, offset, key=lambda place: place[0]) - 1
    return passage.starts[index][1] if index >= 0 else passage.start


def _window(text: str, found: Sequence[Span]) -> tuple[int, int]:
    if len(text) <= EXCERPT:
        return 0, len(text)
    if not found:
        return 0, _word_end(text, EXCERPT)

    def richness(first: int) -> tuple[int, int]:
        inside = [span for span in found[first:] if span.end <= found[first].start + EXCERPT - _LEAD]
        return len({span.part for span in inside}), len(inside)

    best = max(range(len(found)), key=lambda first: (*richness(first), -first))
    start = _word_start(text, max(0, min(found[best].start - _LEAD, len(text) - EXCERPT)))
    return start, max(_word_end(text, start + EXCERPT), found[best].end)


def _word_start(text: str, offset: int) -> int:
    """The beginning of the next whole word at or after `offset`, where one is near."""
    if offset == 0 or text[offset - 1].isspace():
        return offset
    space = text.find(" ", offset, offset + _LEAD)
    return offset if space < 0 else space + 1


def _word_end(text: str, offset: int) -> int:
    """The end of the last whole word before `offset`, where one is near."""
    if offset >= len(text):
        return len(text)
    space = text.rfind(" ", offset - _LEAD, offset + 1)
    return offset if space < 0 else space
