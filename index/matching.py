"""From a parsed query to Tantivy queries. What matches is told in index/memory.py; this says it to the engine.

Ranking is BM25 over the form that fits best: exact above folded above stem above prefix, in the text or the
speakers' names; what the title holds is added, twice as heavy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import tantivy
from tantivy import Occur, Query

from index.documents import rec_of
from index.port import Filters
from index.wanted import Part, Phrase

_COMPLETIONS = 50
"""Longer words a prefix stands for, the most frequent first."""
_EXACT, _FOLDED, _STEM, _PREFIX = 1.0, 0.8, 0.6, 0.3
_TITLE = 2.0


class Matching:
    """Builds the queries for one search over one state of the index."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher, parts: Sequence[Part]) -> None:
        self._schema = schema
        self._searcher = searcher
        self._own = [self._in_own(part) for part in parts]
        self._title = [self._in_title(part) for part in parts]

    def query(self, least: int, *conditions: Query, own_only: bool = False) -> Query:
        """Passages with at least `least` parts, one of them their own (or, unless `own_only`, the first passage)."""
        each = [
            Query.boolean_query([(Occur.Should, own), (Occur.Should, title)])
            for own, title in zip(self._own, self._title, strict=True)
        ]
        words = Query.boolean_query([(Occur.Should, part) for part in each], minimum_number_should_match=least)
        standing = list(self._own)
        if not own_only:
            standing.append(self.first())
        present = Query.const_score_query(any_of(standing), 0.0)
        return Query.boolean_query([(Occur.Must, one) for one in (words, present, *conditions)])

    def first(self) -> Query:
        return Query.term_query(self._schema, "first", True)

    def _in_own(self, part: Part) -> Query:
        if isinstance(part, Phrase):
            return _best([self._phrase("folded", part), self._phrase("speakers", part)])
        forms = [
            self._term("exact", part.exact, _EXACT),
            self._term("folded", part.folded, _FOLDED),
            self._term("speakers", part.folded, _EXACT),
            *(self._term("stems", stem, _STEM) for stem in sorted(part.stems)),
        ]
        if part.prefix:
            forms += self._completions("folded", part.folded) + self._completions("speakers", part.folded)
        return _best(forms)

    def _in_title(self, part: Part) -> Query:
        if isinstance(part, Phrase):
            return Query.boost_query(self._phrase("title", part), _TITLE)
        forms = [
            self._term("title", part.folded, _EXACT),
            *(self._term("title_stems", stem, _STEM) for stem in sorted(part.stems)),
        ]
        if part.prefix:
            forms += self._completions("title", part.folded)
        return Query.boost_query(_best(forms), _TITLE)

    def _term(self, field: str, term: str, boost: float) -> Query:
        return Query.boost_query(Query.term_query(self._schema, field, term, index_option="freq"), boost)

    def _phrase(self, field: str, phrase: Phrase) -> Query:
        return Query.phrase_query(self._schema, field, list(phrase.folded))

    def _completions(self, field: str, prefix: str) -> list[Query]:
        """Words that begin with `prefix`; a rarer one weighs no more than the prefix would as a word of its own."""
        whole = self._searcher.doc_freq(field, prefix)
        completions = []
        for term, frequency in self._searcher.terms_with_prefix(field, prefix, limit=_COMPLETIONS):
            if term != prefix:
                share = min(1.0, self._rarity(whole) / self._rarity(frequency)) if whole else 1.0
                completions.append(self._term(field, term, _PREFIX * share))
        return completions

    def _rarity(self, frequency: int) -> float:
        """BM25's inverse document frequency."""
        total = max(self._searcher.num_docs, frequency)
        return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def filtering(schema: tantivy.Schema, filters: Filters) -> list[Query]:
    """The filters as conditions that do not touch the score."""
    conditions = [
        any_of(Query.term_query(schema, field, value, index_option="basic") for value in sorted(values))
        for field, values in (
            ("circle", filters.circles),
            ("network", filters.networks),
            ("language", filters.languages),
        )
        if values
    ]
    if filters.after is not None or filters.before is not None:
        after = filters.after.toordinal() if filters.after else None
        before = filters.before.toordinal() if filters.before else None
        conditions.append(Query.range_query(schema, "day", tantivy.FieldType.Integer, after, before))
    if filters.recording_id is not None:
        known = re.fullmatch("[0-9a-f]{16}", filters.recording_id)
        conditions.append(in_recordings(schema, [rec_of(filters.recording_id)] if known else []))
    return [Query.const_score_query(condition, 0.0) for condition in conditions]


def in_recordings(schema: tantivy.Schema, recs: Iterable[int]) -> Query:
    """The passages of these recordings; no score."""
    return Query.const_score_query(any_of(Query.term_query(schema, "rec", rec) for rec in recs), 0.0)


def any_of(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _best(queries: Sequence[Query]) -> Query:
    return Query.disjunction_max_query(list(queries), tie_breaker=0.1)
