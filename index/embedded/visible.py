"""A searcher that knows only the recordings of some audiences, as if the index held no others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import tantivy
from tantivy import Occur, Query

from index.embedded.filters import any_of

_OF_RECORDINGS = {"keys": "whole", "words": "words"}
"""Field → the one in which a recording's document has what all its passages have there."""
_MOST_TERMS = 1 << 20
_FEW = 0.2
"""Share of the recordings below which Tantivy looks for the visible ones; else they are picked out of what it finds
among all, which keeps its way of skipping what cannot be among the best. Measured with `python -m bench.search`."""
_SPARE = 16
"""Documents that are fetched beyond those that should hold enough visible ones."""

Hit = tuple[float, tantivy.DocAddress]


@dataclass(frozen=True, slots=True)
class VisibleHits:
    """As `tantivy.SearchResult`."""

    hits: list[Hit]


class VisibleSearcher:
    """What searches use of `tantivy.Searcher`, with the same meaning over fewer documents.

    Documents come out of it by number only (`doc`, `fast_field_values`): those that its searches have found. `whole`
    knows them all.
    """

    def __init__(
        self,
        schema: tantivy.Schema,
        whole: tantivy.Searcher,
        recs: Collection[int],
        hidden: Collection[int],
        audiences: Iterable[str],
    ) -> None:
        """`recs`: the recordings that are there; `hidden`: those that are not. `audiences`: of whichever are fewer."""
        self._schema = schema
        self.whole = whole
        self._recs = frozenset(recs)
        self._all = len(recs) + len(hidden)
        self._share = len(recs) / self._all
        self._frequencies: dict[tuple[str, str], int] = {}
        """Of the terms that were asked for, as this state of the index has them."""
        terms = any_of(
            Query.term_query(schema, "audience", audience, index_option="basic") for audience in sorted(audiences)
        )
        everything = [(Occur.Must, Query.all_query()), (Occur.MustNot, terms)]
        of_hidden = len(hidden) < len(recs)
        self._visible = Query.boolean_query(everything) if of_hidden else terms
        self._condition = (Occur.MustNot, terms) if of_hidden else (Occur.Must, Query.const_score_query(terms, 0.0))
        self.num_docs = _counted(whole, self._visible)

    def search(
        self, query: Query, limit: int, *, count: Literal[False], **order: Any
    ) -> tantivy.SearchResult | VisibleHits:
        if not order and self._share >= _FEW:
            most = int(limit / self._share) + _SPARE
            some: list[Hit] = self.whole.search(query, most, count=False).hits
            recs = self.whole.fast_field_values("rec", [at for _, at in some])
            hits = [hit for hit, rec in zip(some, recs, strict=True) if rec in self._recs]
            if len(hits) >= limit or len(some) < most:
                return VisibleHits(hits[:limit])
        return self.whole.search(self._within(query), limit, count=count, **order)

    def count(self, query: Query) -> int:
        """How many documents match."""
        return _counted(self.whole, self._within(query))

    def passages_by_recording(self, query: Query) -> dict[int, int]:
        """Each visible recording among what matches → its passages that do."""
        few = self._share < _FEW
        counting = {"of": {"terms": {"field": "rec", "size": self._all}}}
        counted = self.whole.aggregate(self._within(query) if few else query, counting)
        return {
            bucket["key"]: bucket["doc_count"] for bucket in counted["of"]["buckets"] if bucket["key"] in self._recs
        }

    def doc_freq(self, field: str, term: str) -> int:
        """Whether any document has the term, as 1 or 0: no search asks for more than that.

        `field`: `keys` or `words`. The documents of recordings are asked, which are far fewer than passages.
        """
        if not self.whole.doc_freq(field, term):
            return 0
        frequency = self._frequencies.get((field, term))
        if frequency is None:
            query = Query.term_query(self._schema, _OF_RECORDINGS[field], term, index_option="basic")
            frequency = self._frequencies[field, term] = len(self.search(query, 1, count=False).hits)
        return frequency

    def terms_with_prefix(self, field: str, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        return self.whole.terms_with_prefix(field, prefix, self._visible, limit)

    def doc(self, address: tantivy.DocAddress) -> tantivy.Document:
        return self.whole.doc(address)

    def fast_field_values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int | float | bool | None]:
        return self.whole.fast_field_values(field, addresses)

    def _within(self, query: Query) -> Query:
        return Query.boolean_query([(Occur.Must, query), self._condition])


def count_passages(searcher: tantivy.Searcher | VisibleSearcher, query: Query) -> int:
    return searcher.count(query) if isinstance(searcher, VisibleSearcher) else _counted(searcher, query)


def _counted(searcher: tantivy.Searcher, query: Query) -> int:
    return int(searcher.search(query, 1, count=True).count)  # type: ignore[attr-defined]


def terms_of_all(searcher: tantivy.Searcher | VisibleSearcher, field: str, prefix: str) -> list[str]:
    """All terms of the field that begin so, those included that only others may see: which of them are visible,
    `doc_freq` says. Ten times as fast as asking for the visible ones, if few are needed of very many."""
    whole = searcher.whole if isinstance(searcher, VisibleSearcher) else searcher
    return [term for term, _ in whole.terms_with_prefix(field, prefix, limit=_MOST_TERMS)]
