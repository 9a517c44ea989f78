"""From a passage that matched to what people see of it: excerpt, marked words, the moment they are spoken, and why."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from index.port import Fragment, Passage, PassageHit, Reason, ReasonKind, RecordingHit
from index.query.parser import Part, QueryWord
from index.ranking.matches import Mark, Marker, Match
from index.ranking.scoring import WEIGHTS, Scored
from index.text.analysis import TOKEN, labels

EXCERPT = 240
"""Characters of an excerpt, about; words stay whole."""
_LEAD = 60  # characters shown before the first match, so that it is read in its sentence
_REASON_KINDS = {Match.TRANSLATION: ReasonKind.TRANSLATION, Match.SPELLING: ReasonKind.SPELLING}


class Span(NamedTuple):
    """A match in the original text, from one offset to another."""

    start: int
    end: int
    part: int
    match: Match


def visible_spans(text: str, marks: Sequence[Mark], required: int) -> list[Span]:
    """The matches people see, in order, not overlapping: those of what is asked for, the longest at a place."""
    shown: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.first, -mark.last, -mark.match)):
        if mark.part < required and (not shown or mark.first > shown[-1].last):
            shown.append(mark)
    if not shown:
        return []
    words = [word.span() for word in islice(TOKEN.finditer(text), shown[-1].last + 1)]
    return [Span(words[mark.first][0], words[mark.last][1], mark.part, mark.match) for mark in shown]


def fragments(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> tuple[Fragment, ...]:
    """`text` from `start` to `end`, cut where matches begin and end. Joined they are that text again."""
    end = len(text) if end is None else end
    pieces: list[Fragment] = []
    cursor = start
    for mark in spans:
        if mark.start < start or mark.end > end:
            continue
        pieces.append(Fragment(text[cursor : mark.start]))
        pieces.append(Fragment(text[mark.start : mark.end], hit=True))
        cursor = mark.end
    pieces.append(Fragment(text[cursor:end]))
    return tuple(piece for piece in pieces if piece.text)


def passage_hit(scored: Scored, required: int) -> PassageHit:
    """The passage as a hit: its excerpt holds as many different parts of the query as fit, the earliest such."""
    passage = scored.passage
    spans = visible_spans(passage.text, scored.marks.text, required)
    start, end = _window(passage.text, spans)
    shown = [mark for mark in spans if mark.start >= start and mark.end <= end]
    pieces = fragments(passage.text, shown, start, end)
    if start > 0:
        pieces = (Fragment("… "), *pieces)
    if end < len(passage.text):
        pieces = (*pieces, Fragment(" …"))
    return PassageHit(
        passage_id=passage.id,
        start=passage.start,
        end=passage.end,
        hit_at=_seconds_at(passage, shown[0].start) if shown else passage.start,
        fragments=pieces,
        speakers=passage.speakers,
        attachment=passage.attachment,
        attachment_title=passage.attachment_title,
        page=passage.page,
    )


def recording_hit(shown: Sequence[Scored], marker: Marker, required: int, passage_count: int) -> RecordingHit:
    """One recording as a hit; `shown`: its passages to show, best first, at least one."""
    first = shown[0].passage
    return RecordingHit(
        recording_id=first.recording_id,
        version=first.version,
        title=fragments(first.title, visible_spans(first.title, shown[0].marks.title, required)),
        circle=first.circle,
        network=first.network,
        language=first.language,
        date=first.date,
        duration=first.duration,
        has_video=first.has_video,
        poster=first.poster,
        passages=tuple(passage_hit(scored, required) for scored in shown),
        passage_count=passage_count,
        reasons=tuple(_reasons(shown, marker, required)),
        topics=first.topics,
        organisations=first.organisations,
        without=tuple(_parts_not_shown(shown, marker.parts[:required])),
    )


def _parts_not_shown(shown: Sequence[Scored], parts: Sequence[Part]) -> Iterator[str]:
    """The parts of the query that nothing shown holds."""
    held = {mark.part for scored in shown for marks in scored.marks for mark in marks}
    yield from (part.text for number, part in enumerate(parts) if number not in held)


def _reasons(shown: Sequence[Scored], marker: Marker, required: int) -> Iterator[Reason]:
    """For each word that is there only under another name, or spelt otherwise."""
    first = shown[0]
    texts = [(first.passage.title, first.marks.title), (labels(first.passage), first.marks.labels)]
    for scored in shown:
        texts += [(scored.passage.text, scored.marks.text), (" ".join(scored.passage.speakers), scored.marks.names)]
    for number, part in enumerate(marker.parts[:required]):
        marks = [(text, mark) for text, text_marks in texts for mark in text_marks if mark.part == number]
        if not isinstance(part, QueryWord) or not marks:
            continue
        text, best = max(marks, key=lambda marked: marked[1].match)
        because = ReasonKind.SPELLING if part.misspelt and best.match > Match.PREFIX else _REASON_KINDS.get(best.match)
        if because:
            best_marks = [mark for other, mark in marks if other is text and mark.match is best.match]
            meant = part.misspelt and because is ReasonKind.TRANSLATION
            asked = " ".join(form.exact for form in part.forms) if meant else part.text
            yield Reason(asked, _matched_text(text, best_marks), because)


def _matched_text(text: str, marks: Sequence[Mark]) -> str:
    """What the first mark says, and those of the other words of its term, if they follow."""
    last = marks[0]
    for mark in marks[1:]:
        if mark.first == last.last + 1 and mark.member != last.member:
            last = mark
    words = list(TOKEN.finditer(text))
    return text[words[marks[0].first].start() : words[last.last].end()]


def _seconds_at(passage: Passage, offset: int) -> float:
    """Seconds of the last known start at or before `offset`."""
    index = bisect_right(passage.starts, offset, key=lambda place: place[0]) - 1
    return passage.starts[index][1] if index >= 0 else passage.start


def _window(text: str, spans: Sequence[Span]) -> tuple[int, int]:
    if len(text) <= EXCERPT:
        return 0, len(text)
    if not spans:
        return 0, _word_end(text, EXCERPT)

    def richness(first: int) -> tuple[float, int]:
        inside = [mark for mark in spans[first:] if mark.end <= spans[first].start + EXCERPT - _LEAD]
        best: dict[int, float] = {}
        for mark in inside:
            best[mark.part] = max(best.get(mark.part, 0.0), WEIGHTS[mark.match])
        return sum(best.values()), len(inside)

    best = max(range(len(spans)), key=lambda first: (*richness(first), -first))
    start = _word_start(text, max(0, min(spans[best].start - _LEAD, len(text) - EXCERPT)))
    return start, max(_word_end(text, start + EXCERPT), spans[best].end)


def _word_start(text: str, offset: int) -> int:
    """The beginning of the next whole word at or after `offset`, if one is near."""
    if offset == 0 or text[offset - 1].isspace():
        return offset
    space = text.find(" ", offset, offset + _LEAD)
    return offset if space < 0 else space + 1


def _word_end(text: str, offset: int) -> int:
    """The end of the last whole word before `offset`, if one is near."""
    if offset >= len(text):
        return len(text)
    space = text.rfind(" ", offset - _LEAD, offset + 1)
    return offset if space < 0 else space
