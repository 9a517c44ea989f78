"""Searching the embedded index: one search over one state of it.

Tantivy finds passages; people see recordings. So the recordings that match are counted first: from them follow total
and facets. The engine's best passages give candidates, which index/ranking/scoring.py puts in order; and one query more
fetches the passages of the recordings on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Query as Condition

from index.embedded.filters import filter_conditions, in_attachments, in_recordings
from index.embedded.generations import engine_errors
from index.embedded.queries import TantivyQueries
from index.embedded.schema import passage_in
from index.embedded.snapshot import View
from index.facets.columns import Rows
from index.port import Filters, Order, Query, RecordingHit, Results
from index.query.engine import EngineAnswer
from index.query.missing import possibly_missing, with_missing
from index.query.parser import ParsedQuery, Part
from index.ranking.highlight import recording_hit
from index.ranking.matches import Marker
from index.ranking.scoring import Scored, Scorer, best_first, idf_weights, recording_score

WINDOW = 20
"""Recordings, the engine's best, that are put in order by score; those behind them stay in the engine's order."""
_BEST = 2
"""Passages of each of them, again the engine's best, that are looked at for that: if so few match that the engine
gave all; else one."""
_SPARE = 1
"""Passages of a recording that are looked at beside those that are shown."""
_VOCABULARY = 5000


@dataclass(frozen=True, slots=True)
class _Level:
    """What is found when `least` parts must match; `rows`: before the filters that facets count beside."""

    least: int
    rows: Rows
    passing: Rows


@dataclass(frozen=True, slots=True)
class TantivyEngine:
    """One view, as searches see it. What Tantivy raises becomes SearchDown."""

    view: View

    def find(self, query: Query, parsed: ParsedQuery) -> EngineAnswer:
        with engine_errors():
            return TantivySearch(self.view, query, parsed).run()

    def words(self, beginning: str) -> list[str]:
        with engine_errors():
            return self.view.searcher.terms("words", beginning, _VOCABULARY)


class TantivySearch:
    """One search over one view."""

    def __init__(self, view: View, query: Query, parsed: ParsedQuery) -> None:
        self._schema = view.schema
        self._searcher, self._has_attachments = view.searcher, view.has_attachments
        self._columns = view.columns
        self._query = query
        self._queries = TantivyQueries(view.schema, view.searcher, parsed, view.completions)
        self._parsed = self._queries.parsed
        self._filters = self._parsed.filters
        self._marker = Marker((*self._parsed.parts, *self._parsed.optional))
        self._looked_at: dict[tuple[int, int], Scored] = {}
        self._counted: dict[int, int] = {}
        self._first, self._after = (query.page - 1) * query.per_page, query.page * query.per_page

    def run(self) -> EngineAnswer:
        level = self._highest_level() if self._parsed.parts else self._everything()
        facets = self._columns.facets(level.rows, self._filters)
        hits: tuple[RecordingHit, ...] = ()
        if len(level.passing) > self._first:
            scorer = self._scorer(level)
            hits = self._hits(level, self._page(level, scorer), scorer)
        results = Results(hits, len(level.passing), facets)
        if level.least < len(self._parsed.parts) or not len(level.passing):
            results = with_missing(results, self._parsed, level.least, *self._occurring())
        return EngineAnswer(results, self._parsed)

    def _occurring(self) -> tuple[set[Part], set[Part]]:
        """Of the parts that may be missing: those that occur within the filters, and those that occur anywhere."""
        parts, within = possibly_missing(self._parsed), filter_conditions(self._schema, self._filters)
        here = {part for part in parts if self._queries.occurs_within(part, *within)}
        return here, here | {part for part in parts if part not in here and self._queries.frequency(part)}

    def _page(self, level: _Level, scorer: Scorer) -> list[int]:
        """The recordings of the page, in order."""
        order = self._parsed.order(self._query.order)
        if order is Order.RELEVANCE:
            return self._by_relevance(level, scorer)[self._first : self._after]
        rows = level.passing if order is Order.NEWEST else self._columns.oldest(level.passing)
        return [int(self._columns.recs[row]) for row in rows[self._first : self._after]]

    def _everything(self) -> _Level:
        rows = self._columns.all()
        if self._filters.speakers:
            rows = self._rows(self._queries.by_speakers())
        return _Level(0, rows, self._columns.passing(rows, self._filters))

    def _highest_level(self) -> _Level:
        """All parts, or as many as any passage that passes the filters has: halving, since fewer match more."""
        low, high = 1, len(self._parsed.parts)
        least = high
        while True:
            level = self._level(least)
            if len(level.passing):
                best, low = level, least + 1
            elif least == 1:
                return level
            else:
                high = least - 1
            if low > high:
                return best
            least = (low + high + 1) // 2

    def _level(self, least: int) -> _Level:
        if self._queries.is_single_word:
            rows = self._rows(self._queries.recordings())
        else:
            within = filter_conditions(self._schema, Filters(recording_id=self._filters.recording_id))
            rows = self._rows(self._queries.passages(least, *within))
        return _Level(least, rows, self._columns.passing(rows, self._filters))

    def _rows(self, query: Condition) -> Rows:
        """The recordings of what matches."""
        return self._columns.rows(self._searcher.passages_by_recording(query, len(self._columns.cards)))

    def _by_relevance(self, level: _Level, scorer: Scorer) -> list[int]:
        """Recordings, as many as the page needs: the engine's best by score, then the rest as the engine has them."""
        need = max(self._after, WINDOW)
        within = filter_conditions(self._schema, self._filters)
        is_prefix = self._queries.is_short_prefix
        query = self._queries.whole_word(*within) if is_prefix else self._queries.ranked(level.least, *within)
        limit = 3 * need
        while True:
            hits = self._searcher.best(query, limit)
            best: dict[int, list[tantivy.DocAddress]] = {}
            for rec, (_, at) in zip(self._searcher.values("rec", [at for _, at in hits]), hits, strict=True):
                best.setdefault(rec, []).append(at)
            if len(hits) < limit or len(best) >= need:
                break
            limit *= 4
        look = _BEST if len(hits) < limit else 1
        window = list(best)[:WINDOW]
        counts = self._counts(level, window)
        scores = {
            rec: recording_score(max(self._scored(at, scorer).score for at in best[rec][:look]), counts.get(rec, 1))
            for rec in window
        }
        row_of = dict(zip(window, self._columns.places(window), strict=True))
        window.sort(key=lambda rec: (-scores[rec], row_of[rec]))
        ranked = window + list(best)[WINDOW:]
        if is_prefix:
            ranked += [
                rec for rec in self._columns.recs[level.passing[: need + len(ranked)]].tolist() if rec not in best
            ]
        return ranked

    def _counts(self, level: _Level, recs: Sequence[int]) -> dict[int, int]:
        """Recording → its passages that match themselves, if there are any. Those of a page were mostly candidates
        for it, and are not counted again."""
        others = [rec for rec in recs if rec not in self._counted]
        if others:
            query = self._queries.ranked_own(level.least, in_recordings(self._schema, others))
            counted = self._searcher.passages_by_recording(query, len(others))
            self._counted |= {rec: counted.get(rec, 0) for rec in others}
        return {rec: self._counted[rec] for rec in recs if self._counted[rec]}

    def _scorer(self, level: _Level) -> Scorer:
        required = len(self._parsed.parts)
        if level.least == required:
            return Scorer(self._marker, required)
        frequencies = [self._queries.frequency(part) for part in self._parsed.parts]
        return Scorer(
            self._marker, required, idf_weights(frequencies, self._searcher.num_docs - len(self._columns.cards))
        )

    def _hits(self, level: _Level, page: Sequence[int], scorer: Scorer) -> tuple[RecordingHit, ...]:
        """The recordings of the page with their best passages, or the first that matches if only the title does."""
        here = in_recordings(self._schema, page)
        best: dict[int, list[tantivy.DocAddress]] = {}
        if self._parsed.parts:
            look = self._query.passages + (0 if self._queries.is_short_prefix else _SPARE)
            counts = self._counts(level, page)
            best = self._own_passages(level, here, counts, look)
        else:
            counts = self._searcher.passages_by_recording(self._query_of_passages(level, here), len(page))
        hits = []
        for rec in page:
            places = best[rec] if rec in best else [self._first_of(level, rec)]
            shown = sorted((self._scored(at, scorer) for at in places), key=best_first)[: self._query.passages]
            hits.append(recording_hit(shown, self._marker, len(self._parsed.parts), counts.get(rec, 1)))
        return tuple(hits)

    def _query_of_passages(self, level: _Level, here: Condition) -> Condition:
        if self._parsed.parts:
            return self._queries.passages(level.least, here)
        passage = Condition.term_query(self._schema, "passage", True)
        return self._queries.by_speakers(here, passage)

    def _first_of(self, level: _Level, rec: int) -> tantivy.DocAddress:
        """The recording's first passage of those that match."""
        query = self._query_of_passages(level, in_recordings(self._schema, [rec]))
        (hit, *_) = self._searcher.best(query, 1, order_by_field="number", order=tantivy.Order.Asc)
        return hit[1]

    def _own_passages(
        self, level: _Level, here: Condition, counts: dict[int, int], look: int
    ) -> dict[int, list[tantivy.DocAddress]]:
        """The engine's best passages of each recording that match themselves: so many of what is said, and so many of
        what is written, since neither may hide the other."""
        if not self._has_attachments:
            query = self._queries.ranked_own(level.least, here)
            return self._best_of(query, {rec: min(count, look) for rec, count in counts.items()})
        spoken, read = (
            self._queries.ranked_own(level.least, here, in_attachments(self._schema, which)) for which in (False, True)
        )
        pages = self._searcher.passages_by_recording(read, len(counts))
        best_spoken = self._best_of(
            spoken, {rec: min(count - pages.get(rec, 0), look) for rec, count in counts.items()}
        )
        best_written = self._best_of(read, {rec: min(count, look) for rec, count in pages.items()})
        return {rec: [*places, *best_written.get(rec, ())] for rec, places in best_spoken.items()}

    def _best_of(self, query: Condition, limits: dict[int, int]) -> dict[int, list[tantivy.DocAddress]]:
        """The engine's best passages of each recording, as many as `limits` says."""
        size = 2 * sum(limits.values()) + 1
        while True:
            hits = self._searcher.best(query, size)
            best: dict[int, list[tantivy.DocAddress]] = {rec: [] for rec in limits}
            for rec, (_, at) in zip(self._searcher.values("rec", [at for _, at in hits]), hits, strict=True):
                if len(best[rec]) < limits[rec]:
                    best[rec].append(at)
            if len(hits) < size or all(len(best[rec]) == count for rec, count in limits.items()):
                return best
            size *= 4

    def _scored(self, at: tantivy.DocAddress, scorer: Scorer) -> Scored:
        """Each is looked at once, though candidates for the order stand on the page too."""
        place = (at.segment_ord, at.doc)
        scored = self._looked_at.get(place)
        if scored is None:
            scored = self._looked_at[place] = scorer.score(passage_in(self._searcher.doc(at)))
        return scored
