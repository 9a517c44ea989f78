"""Searching Meilisearch: one search, in as few round trips as there are questions that depend on each other.

Meilisearch finds passages; people see recordings. Each query asks for distinct recordings, so its total and its facets
count them. Its best recordings, and its best passages, are put in order by index/ranking/scoring.py; what lies behind
them follows as the server has it. If several queries find what one search asks for, their recordings are put together
here, as long as they are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from index.facets.cards import KINDS, LABELS, UNSPELT, by_count, label_spellings
from index.meili.query import (
    DISTINCT,
    MOST_PARTS,
    PASSAGES,
    Way,
    best_queries,
    body,
    conditions,
    filtered_kinds,
    overlapping_ways,
    ways,
    ways_of_part,
    with_prefix,
)
from index.meili.result_page import WINDOWED_WAYS, Ask, Level, MeiliPage
from index.meili.schema import CARD_FIELDS, SPELT, card_in, from_plain, from_value, passage_in
from index.port import Filters, Order, Query, RecordingHit, Results
from index.query.engine import EngineAnswer
from index.query.missing import possibly_missing, with_missing
from index.query.parser import MAX_REQUIRED, ParsedQuery, Part, QueryWord
from index.query.typos import tolerate_typos
from index.query.word_variants import with_variants
from index.ranking.matches import Marker
from index.ranking.scoring import Scorer, idf_weights

UNITED = 4_000
"""Recordings of all queries that are put together here; beyond, the query that finds most counts alone."""
_VOCABULARY = 200  # passages in which a word to suggest is looked for


def _no_facets() -> dict[str, dict[str, int]]:
    return {kind: {} for kind in KINDS}


@dataclass(frozen=True, slots=True)
class MeiliEngine:
    """The index, as one search sees it."""

    ask: Ask
    index: str

    def find(self, query: Query, parsed: ParsedQuery) -> EngineAnswer:
        return MeiliSearch(self.ask, self.index, query, parsed).run()

    def words(self, beginning: str) -> set[str]:
        fields = ["title", "speakers", "text"]
        more = {"limit": _VOCABULARY, "attributesToRetrieve": fields}
        (answer,) = self.ask([body(self.index, with_prefix(beginning), conditions(Filters()), **more)])
        known = {from_plain(word) for hit in answer["hits"] for name in fields for word in hit[name].split()}
        return {word for word in known if word.startswith(beginning)}


class MeiliSearch:
    def __init__(self, ask: Ask, index: str, query: Query, parsed: ParsedQuery) -> None:
        self._ask, self._index = ask, index
        self._query = replace(query, order=parsed.order(query.order))
        self._set_query(parsed)

    def run(self) -> EngineAnswer:
        if not self._parsed.parts:
            return EngineAnswer(self._everything(), self._parsed)
        self._set_query(with_variants(self._parsed, self._anywhere))
        level = self._level(len(self._parsed.parts))
        if not level.total:
            level = self._fewer(level)
        hits: tuple[RecordingHit, ...] = ()
        if level.total > (self._query.page - 1) * self._query.per_page:
            page = self._page()
            hits = page.hits(level, page.recordings(level))
        results = Results(hits, level.total, self._spelt(level.facets))
        if level.least < len(self._parsed.parts) or not level.total:
            results = with_missing(results, self._parsed, level.least, *self._occurring())
        return EngineAnswer(results, self._parsed)

    def _occurring(self) -> tuple[set[Part], set[Part]]:
        """Of the parts that may be missing: those that occur within the filters, and those that occur anywhere."""
        asked = [(part, way) for part in possibly_missing(self._parsed) for way in ways_of_part(part)]
        limited = [way for part in possibly_missing(self._parsed) for way in ways_of_part(part, self._parsed.excluded)]
        queries = [body(self._index, way, conditions(self._parsed.filters), hitsPerPage=0) for way in limited]
        queries += [body(self._index, way, conditions(Filters()), hitsPerPage=0) for _, way in asked]
        occurs = [bool(answer["totalHits"]) for answer in self._ask(queries)]
        here, anywhere = (
            {part for (part, _), stands in zip(asked, some, strict=True) if stands}
            for some in (occurs[: len(asked)], occurs[len(asked) :])
        )
        return here, anywhere

    def _anywhere(self, parts: Sequence[Part]) -> set[Part]:
        asked = [(part, way) for part in parts for way in ways_of_part(part)]
        answers = self._ask([body(self._index, way, conditions(Filters()), limit=0) for _, way in asked])
        return {part for (part, _), answer in zip(asked, answers, strict=True) if answer["estimatedTotalHits"]}

    def _set_query(self, parsed: ParsedQuery, weights: Sequence[float] = ()) -> None:
        self._parsed = parsed
        self._marker = Marker((*parsed.parts, *parsed.optional))
        self._scorer = Scorer(self._marker, len(parsed.parts), weights)

    def _page(self) -> MeiliPage:
        return MeiliPage(self._ask, self._index, self._query, self._parsed, self._scorer, self._marker)

    def _everything(self) -> Results:
        """All that pass the filters, without words: each recording counts, and shows, its first passage."""
        narrowed = [] if self._parsed.filters.speakers else ["number = 0"]
        answers = self._ask(self._counting(None, *narrowed))
        page = self._page()
        within = [*conditions(self._parsed.filters), *narrowed]
        listed = page.listed(None, self._query.order, within)
        return Results(page.firsts(listed), int(answers[0]["totalHits"]), self._spelt(_facets(answers)))

    def _spelt(self, facets: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """The same with labels as the archive spells them, which is asked for only if there are any."""
        if not any(facets[kind] for kind in LABELS):
            return facets
        each_recording = body(self._index, None, ["number = 0"], hitsPerPage=0, facets=list(SPELT.values()))
        (answer,) = self._ask([each_recording])
        counted = answer.get("facetDistribution") or {}
        topics, organisations = (
            label_spellings({from_value(value): count for value, count in counted.get(SPELT[kind], {}).items()})
            for kind in LABELS
        )
        return {kind: by_count(counts, kind, (topics, organisations)) for kind, counts in facets.items()}

    def _level(self, least: int, among: Sequence[int] | None = None) -> Level:
        several = ways(self._parsed, least, range(len(self._parsed.parts)) if among is None else among)
        level = self._counted(several[0]) if len(several) == 1 else self._united(several)
        return replace(level, least=least)

    def _counted(self, way: Way) -> Level:
        """The server counts; its best passages come along."""
        counting = self._counting(way)
        windows = best_queries(self._index, way, self._parsed) if self._query.order is Order.RELEVANCE else []
        answers = self._ask(counting + windows)
        total, facets = int(answers[0]["totalHits"]), _facets(answers[: len(counting)])
        seen = [passage_in(hit) for answer in answers[len(counting) :] for hit in answer["hits"]]
        complete = bool(windows) and answers[-1]["estimatedTotalHits"] <= PASSAGES
        return Level([way], total, facets, seen=seen, complete=complete)

    def _counting(self, way: Way | None, *more: str) -> list[dict[str, Any]]:
        """Queries for the total and all facets."""
        filters = self._parsed.filters
        ignoring = filtered_kinds(filters)
        others = [kind for kind in KINDS if kind not in ignoring]
        kinds = [([*conditions(filters), *more], others)]
        kinds += [([*conditions(filters, but=kind), *more], [kind]) for kind in ignoring]
        return [
            body(self._index, way, which, distinct=DISTINCT, hitsPerPage=0, facets=counted) for which, counted in kinds
        ]

    def _united(self, several: Sequence[Way]) -> Level:
        """The recordings of several ways, each once; in any order, which is the quickest."""
        filters = self._parsed.filters
        kinds = ["", *filtered_kinds(filters)]
        most = max(UNITED // len(several), UNITED // 8)
        answers = self._ask(
            [
                body(
                    self._index,
                    way,
                    conditions(filters, but=kind),
                    distinct=DISTINCT,
                    limit=most,
                    attributesToRetrieve=list(CARD_FIELDS),
                )
                for kind in kinds
                for way in several
            ]
        )
        if any(len(answer["hits"]) == most for answer in answers):
            sizes = [int(answer["estimatedTotalHits"]) for answer in answers[: len(several)]]
            return self._largest([way for _, way in sorted(zip(sizes, several, strict=True), key=_size, reverse=True)])
        of_answers = [[card_in(hit) for hit in answer["hits"]] for answer in answers]
        size = len(several)
        by_kind = {
            kind: {card.recording_id: card for cards in of_answers[at * size : (at + 1) * size] for card in cards}
            for at, kind in enumerate(kinds)
        }
        facets = {
            kind: by_count(
                Counter(value for card in by_kind.get(kind, by_kind[""]).values() for value in card.values(place)),
                kind,
                UNSPELT,
            )
            for place, kind in enumerate(KINDS)
        }
        by_way = [frozenset(card.recording_id for card in cards) for cards in of_answers[:size]]
        return Level(several, len(by_kind[""]), facets, cards=by_kind[""], by_way=by_way)

    def _largest(self, several: Sequence[Way]) -> Level:
        """Too many to put together: the way that finds most counts, which is too low; the others lend their best."""
        level = self._counted(several[0])
        if self._query.order is not Order.RELEVANCE:
            return level
        windows = [query for way in several[1:WINDOWED_WAYS] for query in best_queries(self._index, way, self._parsed)]
        seen = [passage_in(hit) for answer in self._ask(windows) for hit in answer["hits"]]
        return replace(level, ways=several, seen=[*level.seen, *seen], complete=False)

    def _fewer(self, level: Level) -> Level:
        """Nothing has all parts: words that are nowhere may be misspelt, and then as many parts as any passage has."""
        total, counts = self._frequencies(self._parsed.parts)

        def nowhere(word: QueryWord) -> bool:
            if word not in counts:
                counts.update(self._frequencies([word])[1])
            return not counts[word]

        tolerant = tolerate_typos(self._parsed, nowhere)
        if tolerant != self._parsed:
            self._set_query(tolerant)
            if len(tolerant.parts) <= MAX_REQUIRED:  # a term may have fallen apart; the server reads no more than these
                level = self._level(len(tolerant.parts))
            if level.total:
                return level
            counts |= self._frequencies([part for part in tolerant.parts if part not in counts])[1]
        parts = self._parsed.parts
        rarest = sorted((at for at, part in enumerate(parts) if counts[part]), key=lambda at: counts[parts[at]])
        if not rarest:
            return level
        among = sorted(rarest[:MOST_PARTS])
        self._set_query(self._parsed, idf_weights([counts[part] for part in parts], total))
        for least in range(min(len(parts) - 1, len(among)), 0, -1):
            level = self._level(least, among)
            if level.total:
                break
        return level

    def _frequencies(self, parts: Sequence[Part]) -> tuple[int, dict[Part, int]]:
        """The number of all passages, and of those that have each of these parts."""
        asked = [(part, way, 1) for part in parts for way in ways_of_part(part)]
        asked += [
            (part, way, (-1) ** (many + 1)) for part in parts for many, way in overlapping_ways(part)
        ]  # counted again
        everywhere = conditions(Filters())
        queries = [body(self._index, way, everywhere, hitsPerPage=0) for way in (None, *(way for _, way, _ in asked))]
        totals = [int(answer["totalHits"]) for answer in self._ask(queries)]
        counts: dict[Part, int] = {}
        for (part, _, sign), count in zip(asked, totals[1:], strict=True):
            counts[part] = counts.get(part, 0) + sign * count
        return totals[0], counts


def _facets(answers: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Kind → value → recordings, from the answers that counted some kind each."""
    facets = _no_facets()
    for answer in answers:
        for kind, counts in (answer.get("facetDistribution") or {}).items():
            facets[kind] = by_count({from_value(value): count for value, count in counts.items()}, kind, UNSPELT)
    return facets


def _size(sized: tuple[int, Way]) -> int:
    return sized[0]
