"""What searches use of a Tantivy searcher: over all recordings, or over those of some audiences.

A search that is limited to audiences finds, counts and suggests as if the index held no other recordings. Only the
engine's own order of candidates still follows how frequent words are in the whole index.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import tantivy
from tantivy import Occur, Query

from index.embedded.filters import any_of

_OF_RECORDINGS = {"keys": "whole", "words": "words"}
"""Field → the one in which a recording's document has what all its passages have there."""
MOST_REMEMBERED = 20_000
"""Words, or beginnings of words, of which a state of the index remembers what was looked up; some MB."""
_MOST_TERMS = 1 << 20
_FEW = 0.2
"""Share of the recordings below which Tantivy looks for the visible ones; else they are picked out of what it finds
among all, which keeps its way of skipping what cannot be among the best. Measured with `python -m bench.search`."""
_SPARE = 16
"""Documents that are fetched beyond those that should hold enough visible ones."""

Hit: TypeAlias = tuple[float, tantivy.DocAddress]


class Searcher:
    """Over all recordings."""

    def __init__(self, whole: tantivy.Searcher) -> None:
        self._whole = whole

    @property
    def num_docs(self) -> int:
        return self._whole.num_docs

    def best(self, query: Query, limit: int, **order: Any) -> list[Hit]:
        """The best that match, at most `limit`. `order`: by which field instead of the score, as Tantivy takes it."""
        hits: list[Hit] = self._whole.search(query, limit, count=False, **order).hits
        return hits

    def count(self, query: Query) -> int:
        """How many documents match."""
        return int(self._whole.search(query, 1, count=True).count)  # type: ignore[attr-defined]

    def passages_by_recording(self, query: Query, most: int) -> dict[int, int]:
        """Each recording among what matches → its passages that do; exact if there are no more than `most`."""
        return buckets(self._whole, query, "rec", most)

    def has(self, field: str, term: str) -> bool:
        """Whether any document has the term in this field, `keys` or `words`."""
        return self._whole.doc_freq(field, term) > 0

    def terms(self, field: str, prefix: str, limit: int) -> list[str]:
        """The terms of the field that begin so, the most frequent first."""
        return [term for term, _ in self._whole.terms_with_prefix(field, prefix, limit=limit)]

    def terms_of_all(self, field: str, prefix: str) -> list[str]:
        """All of them, also those that only hidden recordings have: which of them are visible, `has` says. Ten times as
        fast as `terms`, if few are needed of very many."""
        return [term for term, _ in self._whole.terms_with_prefix(field, prefix, limit=_MOST_TERMS)]

    def doc(self, address: tantivy.DocAddress) -> tantivy.Document:
        """One that was found."""
        return self._whole.doc(address)

    def values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        """The value of a fast field in each document; 0 if it has none."""
        return [int(value or 0) for value in self._whole.fast_field_values(field, addresses)]


class VisibleSearcher(Searcher):
    """Over the recordings of some audiences."""

    def __init__(
        self,
        schema: tantivy.Schema,
        whole: tantivy.Searcher,
        visible: Collection[str],
        hidden: Collection[str],
        recs: Collection[int],
        total: int,
    ) -> None:
        """`visible`, `hidden`: the audiences of the index; `recs`: the recordings of `visible`; `total`: how many there
        are of both."""
        super().__init__(whole)
        self._schema = schema
        self._recs = frozenset(recs)
        self._total = total
        self._share = len(recs) / total
        self._known: dict[tuple[str, str], bool] = {}
        """Whether there are the terms that were asked for, as this state of the index has them."""
        if 2 * len(recs) > total:  # the condition is the one on fewer recordings
            terms = self._of_audiences(hidden)
            self._visible = Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, terms)])
            self._condition = (Occur.MustNot, terms)
        else:
            self._visible = self._of_audiences(visible)
            self._condition = (Occur.Must, Query.const_score_query(self._visible, 0.0))
        self._num_docs = super().count(self._visible)

    @property
    def num_docs(self) -> int:
        return self._num_docs

    def best(self, query: Query, limit: int, **order: Any) -> list[Hit]:
        if not order and self._share >= _FEW:
            most = int(limit / self._share) + _SPARE
            some = super().best(query, most)
            recs = self.values("rec", [at for _, at in some])
            hits = [hit for hit, rec in zip(some, recs, strict=True) if rec in self._recs]
            if len(hits) >= limit or len(some) < most:
                return hits[:limit]
        return super().best(self._within(query), limit, **order)

    def count(self, query: Query) -> int:
        return super().count(self._within(query))

    def passages_by_recording(self, query: Query, most: int) -> dict[int, int]:
        if self._share < _FEW:
            return super().passages_by_recording(self._within(query), most)
        counts = super().passages_by_recording(query, self._total)
        return {rec: count for rec, count in counts.items() if rec in self._recs}

    def has(self, field: str, term: str) -> bool:
        """The documents of recordings are asked, which are far fewer than passages."""
        if not super().has(field, term):
            return False
        if (field, term) not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            query = Query.term_query(self._schema, _OF_RECORDINGS[field], term, index_option="basic")
            self._known[field, term] = bool(self.best(query, 1))
        return self._known[field, term]

    def terms(self, field: str, prefix: str, limit: int) -> list[str]:
        return [term for term, _ in self._whole.terms_with_prefix(field, prefix, self._visible, limit)]

    def _of_audiences(self, audiences: Collection[str]) -> Query:
        return any_of(
            Query.term_query(self._schema, "audience", audience, index_option="basic") for audience in sorted(audiences)
        )

    def _within(self, query: Query) -> Query:
        return Query.boolean_query([(Occur.Must, query), self._condition])


def buckets(searcher: tantivy.Searcher, query: Query, field: str, most: int) -> dict[Any, int]:
    """Each value of `field` among what matches → its passages; exact if there are no more than `most` values."""
    counted = searcher.aggregate(query, {"of": {"terms": {"field": field, "size": max(1, most)}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["of"]["buckets"]}
