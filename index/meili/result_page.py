"""One page of results from Meilisearch: which recordings stand on it, and the best passages of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.facets.cards import Card, card_of, in_order
from index.meili.query import DISTINCT, PASSAGES, PAYLOAD, WINDOW, Way, body, conditions, one_of, own_ways
from index.meili.schema import passage_in
from index.port import Filters, Order, Passage, Query, RecordingHit
from index.query.parser import ParsedQuery
from index.ranking.highlight import recording_hit
from index.ranking.matches import Marker
from index.ranking.scoring import Scored, Scorer, best_first, recording_score

LOOK = 30
"""Passages of a recording that are looked at for the best of them."""
WINDOWED_WAYS = 8
"""Queries, of those that together find what a search wants, whose best are put in order by score."""
SORTS = {Order.NEWEST: ["day:desc", "recording_id:asc"], Order.OLDEST: ["day:asc", "recording_id:asc"]}
Ask = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
"""A multi-search: the answers to these queries, in their order."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is found when so many parts must match."""

    ways: Sequence[Way]
    total: int
    facets: dict[str, dict[str, int]]
    cards: dict[str, Card] | None = None
    """The recordings, if several ways were merged."""
    by_way: Sequence[frozenset[str]] = ()
    """Those that each way finds."""
    seen: Sequence[Passage] = ()
    """The best passages of the one way …"""
    complete: bool = False
    """… or all of them."""
    least: int = 0
    """Parts that must match."""


class MeiliPage:
    def __init__(self, ask: Ask, index: str, query: Query, parsed: ParsedQuery, scorer: Scorer, marker: Marker) -> None:
        self._ask, self._index, self._query = ask, index, query
        self._parsed, self._scorer, self._marker = parsed, scorer, marker
        self._first, self._after = (query.page - 1) * query.per_page, query.page * query.per_page

    def recordings(self, level: Level) -> list[str]:
        """Those of the page, in order."""
        order = self._query.order
        if order is Order.RELEVANCE:
            return self._by_relevance(level)
        if level.cards is None:
            return self.listed(level.ways[0], order, conditions(self._parsed.filters))
        return [card.recording_id for card in in_order(level.cards.values(), order, {})[self._first : self._after]]

    def listed(self, way: Way | None, order: Order, within: Sequence[str]) -> list[str]:
        """As the server sorts them."""
        paging = {"page": self._query.page, "hitsPerPage": self._query.per_page}
        return self._ids(body(self._index, way, within, distinct=DISTINCT, sort=SORTS[order], **paging))

    def hits(self, level: Level, recordings: Sequence[str]) -> tuple[RecordingHit, ...]:
        """These recordings with their best passages. One that has gone in the meantime is left out."""
        queries = [(recording, way) for recording in recordings for way in _ways_of(level, recording)]
        answers = self._ask([self._inside(recording, way, hitsPerPage=LOOK) for recording, way in queries])
        scored_by_id: dict[str, dict[str, Scored]] = {recording: {} for recording in recordings}
        counts: dict[str, list[int]] = {recording: [] for recording in recordings}
        for (recording, _), answer in zip(queries, answers, strict=True):
            self._score(answer, scored_by_id[recording])
            counts[recording].append(int(answer["totalHits"]))
        titled = [
            recording
            for recording in recordings
            if max(counts[recording], default=0) > LOOK
            and not all(passage.own for passage in scored_by_id[recording].values())
        ]
        self._look_again(level, titled, scored_by_id, counts)
        hits = []
        for recording in recordings:
            scored = sorted(scored_by_id[recording].values(), key=best_first)
            own = [passage for passage in scored if passage.own]
            if scored:
                shown = own[: self._query.passages] or [min(scored, key=_first)]
                counted_by_server = max(counts[recording]) > LOOK and own
                count = max(counts[recording]) if counted_by_server else max(1, len(own))
                hits.append(recording_hit(shown, self._marker, len(self._parsed.parts), count))
        return tuple(hits)

    def firsts(self, recordings: Sequence[str]) -> tuple[RecordingHit, ...]:
        """These recordings, each with its first passage, if nothing in particular was asked for."""
        answers = self._ask(
            [self._inside(recording, None, sort=["number:asc"], hitsPerPage=1) for recording in recordings]
        )
        return tuple(
            recording_hit([self._scorer.score(passage_in(hit))], self._marker, 0, int(answer["totalHits"]))
            for answer in answers
            for hit in answer["hits"]
        )

    def _by_relevance(self, level: Level) -> list[str]:
        """The best by score, then the rest as the server has it. What is scored is the same for every page."""
        seen, complete = (level.seen, level.complete) if level.cards is None else self._seen(level)
        scored_by_recording: dict[str, list[Scored]] = {}
        for passage in {passage.id: passage for passage in seen}.values():
            scored_by_recording.setdefault(passage.recording_id, []).append(self._scorer.score(passage))
        counts = {
            recording: sum(passage.own > 0 for passage in scored) for recording, scored in scored_by_recording.items()
        }
        if not complete:
            counts |= self._counts(level, scored_by_recording)
        scores = {
            recording: recording_score(_best(scored), max(1, counts[recording]))
            for recording, scored in scored_by_recording.items()
        }
        cards = [card_of(scored[0].passage) for scored in scored_by_recording.values()]
        head = [card.recording_id for card in in_order(cards, Order.RELEVANCE, scores)]
        page = head[self._first : self._after]
        missing = self._after - max(self._first, len(head))
        if missing > 0 and level.total > len(head):
            page += self._after_scored(level, head, max(0, self._first - len(head)), missing)
        return page

    def _seen(self, level: Level) -> tuple[list[Passage], bool]:
        within = conditions(self._parsed.filters)
        queries = []
        used = _used(level)
        for way in used[:WINDOWED_WAYS]:
            queries.append(body(self._index, way, within, limit=PASSAGES, **PAYLOAD))
            queries.append(body(self._index, way, within, distinct=DISTINCT, limit=WINDOW, **PAYLOAD))
        answers = self._ask(queries)
        complete = len(used) <= WINDOWED_WAYS
        complete = complete and all(answer["estimatedTotalHits"] <= PASSAGES for answer in answers[::2])
        return [passage_in(hit) for answer in answers for hit in answer["hits"]], complete

    def _counts(self, level: Level, scored_of: Mapping[str, Sequence[Scored]]) -> dict[str, int]:
        """How many passages of each of these recordings match themselves: if titles do, by the part most have."""
        within = [*conditions(self._parsed.filters), one_of(DISTINCT, scored_of)]
        titled = {recording for recording, passages in scored_of.items() if not all(scored.own for scored in passages)}
        own = [way for number in range(len(self._parsed.parts)) for way in own_ways(self._parsed, number)]
        ways = [*_used(level)[:WINDOWED_WAYS], *(own if titled else [])]
        answers = self._ask([body(self._index, way, within, hitsPerPage=0, facets=[DISTINCT]) for way in ways])
        split = len(ways) - len(own) if titled else len(ways)
        counted = [(answer.get("facetDistribution") or {}).get(DISTINCT, {}) for answer in answers]
        return {
            recording: max(
                (counts.get(recording, 0) for counts in (counted[split:] if recording in titled else counted[:split])),
                default=0,
            )
            for recording in scored_of
        }

    def _after_scored(self, level: Level, head: Sequence[str], first: int, count: int) -> list[str]:
        """The recordings that follow after the scored ones."""
        if level.cards is not None:
            known = frozenset(head)
            rest = [card for recording, card in level.cards.items() if recording not in known]
            return [card.recording_id for card in in_order(rest, Order.NEWEST, {})[first : first + count]]
        within = [*conditions(self._parsed.filters), f"NOT {one_of('recording_id', head)}"]
        return self._ids(body(self._index, level.ways[0], within, distinct=DISTINCT, offset=first, limit=count))

    def _look_again(
        self,
        level: Level,
        recordings: Iterable[str],
        scored: dict[str, dict[str, Scored]],
        counts: dict[str, list[int]],
    ) -> None:
        """Recordings whose title matches have more passages that match than were looked at: find their own."""
        for recording in recordings:
            queries = [self._inside(recording, level.ways[0], sort=["number:asc"], hitsPerPage=1)]
            numbers = {number for way in _ways_of(level, recording) for number in way.parts}
            queries += [
                self._inside(recording, way, hitsPerPage=LOOK)
                for number in sorted(numbers)
                for way in own_ways(self._parsed, number)
            ]
            answers = self._ask(queries)
            for answer in answers:
                self._score(answer, scored[recording])
            counts[recording] = [int(answer["totalHits"]) for answer in answers[1:]]

    def _inside(self, recording: str, way: Way | None, **options: Any) -> dict[str, Any]:
        within = conditions(Filters(recording_id=recording, speakers=self._parsed.filters.speakers))
        return body(self._index, way, within, **options, **PAYLOAD)

    def _score(self, answer: dict[str, Any], scored: dict[str, Scored]) -> None:
        for hit in answer["hits"]:
            passage = passage_in(hit)
            scored[passage.id] = self._scorer.score(passage)

    def _ids(self, query: dict[str, Any]) -> list[str]:
        (answer,) = self._ask([query | {"attributesToRetrieve": ["recording_id"]}])
        return [str(hit["recording_id"]) for hit in answer["hits"]]


def _best(scored: Sequence[Scored]) -> float:
    """What the passage is worth that stands for its recording: the best that matches itself, else the first."""
    own = [passage.score for passage in scored if passage.own]
    return max(own) if own else min(scored, key=_first).score


def _first(scored: Scored) -> int:
    return scored.passage.number


def _ways_of(level: Level, recording: str) -> list[Way]:
    """Those that find this recording."""
    if level.cards is None:
        return list(level.ways)
    return [way for way, recordings in zip(level.ways, level.by_way, strict=True) if recording in recordings]


def _used(level: Level) -> list[Way]:
    """Those that find anything."""
    if level.cards is None:
        return list(level.ways)
    return [way for way, recordings in zip(level.ways, level.by_way, strict=True) if recordings]
