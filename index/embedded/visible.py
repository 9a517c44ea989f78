"""A searcher that knows only the recordings of some audiences: for who searches with it, no others are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tantivy
from tantivy import Occur, Query

from index.embedded.filters import any_of


class VisibleSearcher:
    """What searches use of `tantivy.Searcher`, with the same meaning over fewer documents.

    Documents come out of it by number only (`doc`, `fast_field_values`): those that its searches have found.
    """

    def __init__(
        self, schema: tantivy.Schema, searcher: tantivy.Searcher, audiences: Iterable[str], *, hidden: bool
    ) -> None:
        """`audiences`: those whose recordings are there, or, if `hidden`, those whose recordings are not."""
        self._schema = schema
        self._searcher = searcher
        terms = any_of(
            Query.term_query(schema, "audience", audience, index_option="basic") for audience in sorted(audiences)
        )
        everything = [(Occur.Must, Query.all_query()), (Occur.MustNot, terms)]
        self._visible = Query.boolean_query(everything) if hidden else terms
        self._condition = (Occur.MustNot, terms) if hidden else (Occur.Must, Query.const_score_query(terms, 0.0))
        self.num_docs = int(searcher.search(self._visible, 1, count=True).count)  # type: ignore[attr-defined]

    def search(self, query: Query, limit: int = 10, count: bool = True, **order: Any) -> tantivy.SearchResult:
        return self._searcher.search(self._within(query), limit, count=count, **order)

    def aggregate(self, query: Query, agg: dict[str, Any]) -> dict[str, Any]:
        return self._searcher.aggregate(self._within(query), agg)

    def doc_freq(self, field: str, term: str) -> int:
        """Whether any document has the term, as 1 or 0: no search asks for more than that."""
        if not self._searcher.doc_freq(field, term):
            return 0
        query = Query.term_query(self._schema, field, term, index_option="basic")
        return len(self.search(query, 1, count=False).hits)

    def terms_with_prefix(self, field: str, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        return self._searcher.terms_with_prefix(field, prefix, self._visible, limit)

    def doc(self, address: tantivy.DocAddress) -> tantivy.Document:
        return self._searcher.doc(address)

    def fast_field_values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int | float | bool | None]:
        return self._searcher.fast_field_values(field, addresses)

    def _within(self, query: Query) -> Query:
        return Query.boolean_query([(Occur.Must, query), self._condition])
