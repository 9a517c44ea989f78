"""Searching the embedded index: one search over one state of it.

Tantivy ranks passages; people see recordings. So one aggregation counts the matching passages of each
recording, from which total and facets follow through the cards; the best passages give the order of
recordings; and one query more fetches the passages of the recordings on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tantivy
from tantivy import Occur, Query as Condition

from index.cards import Card, admitted, newest_first
from index.documents import passage_in, read_card, rec_of
from index.highlight import recording_hit
from index.matching import Matching, filtering, in_recordings
from index.port import Filters, Passage, Query, RecordingHit
from index.wanted import Part

_TIES = 4  # decimals of a score that count; the rest depends on the order in which an engine adds up


@dataclass(frozen=True)
class View:
    """One state of the index: nothing that is written later can be seen through it."""

    stamp: tuple[object, ...]
    index: tantivy.Index
    searcher: tantivy.Searcher

    @cached_property
    def cards(self) -> dict[int, Card]:
        """All recordings."""
        first = Condition.term_query(self.index.schema, "first", True)
        cards = (read_card(str(text)) for text in buckets(self.searcher, first, "card", self.searcher.num_docs))
        return {rec_of(card.recording_id): card for card in cards}

    @cached_property
    def newest(self) -> list[Card]:
        return sorted(self.cards.values(), key=newest_first)


@dataclass(frozen=True, slots=True)
class Found:
    """`cards`: what matches, before the filters that facets count beside; `total`: what passes all of them."""

    hits: tuple[RecordingHit, ...]
    total: int
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class _Level:
    """What is found when `least` parts of the query must match; `counts`: rec → passages."""

    least: int
    counts: dict[int, int]
    cards: list[Card]
    total: int


class Search:
    """One search over one view."""

    def __init__(self, schema: tantivy.Schema, view: View, query: Query, parts: Sequence[Part]) -> None:
        self._schema = schema
        self._searcher = view.searcher
        self._view = view
        self._query = query
        self._parts = parts
        self._need = query.page * query.per_page

    def run(self) -> Found:
        return self._matching() if self._parts else self._newest()

    def _newest(self) -> Found:
        """Everything, newest first; each recording shows its first passage."""
        chosen = admitted(self._view.newest, self._query.filters)
        page = [rec_of(card.recording_id) for card in chosen[self._need - self._query.per_page : self._need]]
        firsts = self._firsts(page)
        sizes = buckets(self._searcher, in_recordings(self._schema, page), "rec", len(page))
        hits = tuple(recording_hit([firsts[rec]], (), sizes[rec]) for rec in page)
        return Found(hits, len(chosen), self._view.newest)

    def _matching(self) -> Found:
        """What matches all parts, or as many of them as any passage that passes the filters does."""
        build = Matching(self._schema, self._searcher, self._parts)
        level = self._highest_level(build)
        page: list[int] = []
        if level.total > self._need - self._query.per_page:
            ranked = self._ranked(build.query(level.least, *filtering(self._schema, self._query.filters)), level.total)
            page = ranked[self._need - self._query.per_page : self._need]
        return Found(self._hits(build, level, page), level.total, level.cards)

    def _highest_level(self, build: Matching) -> _Level:
        """Halving: what matches with more parts matches with fewer. All parts are tried first."""
        low, high = 1, len(self._parts)
        least = high
        while True:
            level = self._level(build, least)
            if level.total:
                best, low = level, least + 1
            elif least == 1:
                return level
            else:
                high = least - 1
            if low > high:
                return best
            least = (low + high + 1) // 2

    def _level(self, build: Matching, least: int) -> _Level:
        within = filtering(self._schema, Filters(recording_id=self._query.filters.recording_id))
        counts = buckets(self._searcher, build.query(least, *within), "rec", len(self._view.cards))
        cards = [self._view.cards[rec] for rec in counts]
        return _Level(least, counts, cards, len(admitted(cards, self._query.filters)))

    def _ranked(self, query: Condition, total: int) -> list[int]:
        """Recordings by their best passage, as many as the page needs; ties newest first, then by id."""
        limit = max(64, self._need * 8)
        enough = min(self._need, total)
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            best: dict[int, float] = {}
            for rec, (score, _) in zip(self._values("rec", [at for _, at in hits]), hits, strict=True):
                best.setdefault(rec, round(score, _TIES))
            ranked = sorted(best, key=lambda rec: (-best[rec], newest_first(self._view.cards[rec])))
            beyond = round(hits[-1][0], _TIES) if hits else 0.0
            if len(hits) < limit or (len(ranked) >= enough and beyond < best[ranked[enough - 1]]):
                return ranked
            limit *= 4

    def _hits(self, build: Matching, level: _Level, page: Sequence[int]) -> tuple[RecordingHit, ...]:
        """The recordings of the page with their best passages."""
        if not page:
            return ()
        query = build.query(level.least, in_recordings(self._schema, page), own_only=True)
        found = self._searcher.search(query, sum(level.counts[rec] for rec in page), count=False).hits
        addresses = [at for _, at in found]
        of: dict[int, list[tuple[float, int, tantivy.DocAddress]]] = {rec: [] for rec in page}
        columns = zip(self._values("rec", addresses), self._values("millis", addresses), found, strict=True)
        for rec, millis, (score, at) in columns:
            of[rec].append((-round(score, _TIES), millis, at))
        firsts = self._firsts([rec for rec in page if not of[rec]])
        hits = []
        for rec in page:
            best = sorted(of[rec], key=lambda one: one[:2])[: self._query.passages]
            passages = [passage_in(self._searcher.doc(at)) for _, _, at in best] or [firsts[rec]]
            hits.append(recording_hit(passages, self._parts, len(of[rec]) or 1))
        return tuple(hits)

    def _firsts(self, recs: Sequence[int]) -> dict[int, Passage]:
        """The first passages of these recordings."""
        first = Condition.term_query(self._schema, "first", True)
        query = Condition.boolean_query([(Occur.Must, first), (Occur.Must, in_recordings(self._schema, recs))])
        hits = self._searcher.search(query, max(1, len(recs))).hits
        passages = [passage_in(self._searcher.doc(at)) for _, at in hits]
        return {rec_of(passage.recording_id): passage for passage in passages}

    def _values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(value or 0) for value in self._searcher.fast_field_values(field, addresses)]


def buckets(searcher: tantivy.Searcher, query: Condition, field: str, most: int) -> dict[Any, int]:
    """Each value of `field` among what matches → its passages; exact where there are no more than `most` values."""
    counted = searcher.aggregate(query, {"of": {"terms": {"field": field, "size": max(1, most)}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["of"]["buckets"]}
