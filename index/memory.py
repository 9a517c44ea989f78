"""The search index in memory: small, plain, and held to the same promises. It says what the others must find.

A passage matches when each part of the query (or, where no passage has all, as many of them as any passage
has) is found in its text, its speakers or its recording's title, and one at least in its own text or
speakers. Where only the title matches, the recording's first passage stands for it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.analysis import Token, tokens
from index.cards import Card, admitted, card_of, facet_counts, newest_first
from index.highlight import recording_hit
from index.port import Passage, Query, RecordingHit, Results
from index.wanted import Match, Part, find, parse

_WEIGHTS = {Match.NONE: 0.0, Match.PREFIX: 0.3, Match.STEM: 0.6, Match.FOLDED: 0.8, Match.EXACT: 1.0}
_TITLE_BOOST = 2.0


@dataclass(frozen=True)
class _Entry:
    passage: Passage

    @cached_property
    def text(self) -> list[Token]:
        return list(tokens(self.passage.text, self.passage.language))

    @cached_property
    def title(self) -> list[Token]:
        return list(tokens(self.passage.title, self.passage.language))

    @cached_property
    def speakers(self) -> list[Token]:
        return [token for name in self.passage.speakers for token in tokens(name, "")]


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: Passage
    matched: int
    own: int
    score: float


class MemoryIndex:
    """Every entry is immutable and the dictionary is replaced whole, so searching needs no lock."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[_Entry, ...]] = {}

    @property
    def needs_rebuild(self) -> bool:
        return False

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._entries = {**self._entries, recording_id: tuple(_Entry(passage) for passage in passages)}
        if not passages:
            self.remove(recording_id)

    def remove(self, recording_id: str) -> None:
        self._entries = {key: entries for key, entries in self._entries.items() if key != recording_id}

    def search(self, query: Query) -> Results:
        began = time.perf_counter()
        parts = parse(query.text, typing=query.typing)
        entries = self._entries
        matching: dict[str, list[_Scored]] = {}
        chosen: list[Card] = []
        cards: dict[str, Card] = {}
        for least in range(len(parts), 0 if parts else -1, -1):
            matching = {key: found for key, of in entries.items() if (found := _matching(of, parts, least))}
            cards = {key: card_of(entries[key][0].passage) for key in matching}
            chosen = admitted(cards.values(), query.filters)
            if chosen:
                break
        chosen.sort(key=lambda card: (-matching[card.recording_id][0].score, newest_first(card)))
        page = chosen[(query.page - 1) * query.per_page : query.page * query.per_page]
        return Results(
            hits=tuple(_hit(matching[card.recording_id], parts, query.passages) for card in page),
            total=len(chosen),
            facets=facet_counts(list(cards.values()), query.filters),
            seconds=time.perf_counter() - began,
        )

    def rebuild(self, passages: Iterable[Passage]) -> int:
        entries = defaultdict(list)
        for passage in passages:
            entries[passage.recording_id].append(_Entry(passage))
        self._entries = {key: tuple(of) for key, of in entries.items()}
        return sum(len(of) for of in entries.values())

    def versions(self) -> dict[str, int]:
        return {key: entries[0].passage.version for key, entries in self._entries.items()}

    def close(self) -> None: ...


def _matching(entries: Sequence[_Entry], parts: Sequence[Part], least: int) -> list[_Scored]:
    """The passages of one recording that match, best first."""
    if not parts:
        return [_Scored(entry.passage, 0, 0, 0.0) for entry in entries]
    scored = [scored for entry in entries if (scored := _score(entry, parts)).matched >= least]
    own = [one for one in scored if one.own]
    if not own and scored and scored[0].passage is entries[0].passage:
        return scored[:1]
    return sorted(own, key=lambda one: (-one.score, one.passage.start))


def _score(entry: _Entry, parts: Sequence[Part]) -> _Scored:
    matched = own = 0
    score = 0.0
    for part in parts:
        in_text, in_title = _best(part, entry.text), _best(part, entry.title)
        in_own = max(in_text, _best(part, entry.speakers))
        matched += bool(in_own or in_title)
        own += bool(in_own)
        score += in_own + _TITLE_BOOST * in_title
    return _Scored(entry.passage, matched, own, score)


def _best(part: Part, text: Sequence[Token]) -> float:
    """The weight of the best kind of match, a little more for every further one, less in a longer text."""
    found = find(part, text)
    if not found:
        return 0.0
    repeats = 1 - 0.5 ** len(found)
    return max(_WEIGHTS[place.match] for place in found) * (1 + 0.2 * repeats - 0.1 * min(len(text), 200) / 200)


def _hit(found: Sequence[_Scored], parts: Sequence[Part], limit: int) -> RecordingHit:
    shown = found[:limit] if parts else found[:1]
    return recording_hit([one.passage for one in shown], parts, len(found))
