"""From a parsed query to Tantivy queries. What matches is told in index/memory.py; this says it to the engine.

A word is one term of `keys`, so that passages are found, and the best of them, without looking at all. The other
fields only lift what is said as it was asked for, and what the title says: candidates for index/ranking/scoring.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA
from tantivy import Occur, Query

from index.embedded.filters import any_of
from index.embedded.schema import BEGINS, SHORT
from index.embedded.searcher import MOST_REMEMBERED, Searcher
from index.query.parser import ParsedQuery, Part, Phrase, QueryWord
from index.query.typos import tolerate_typos
from index.query.word_variants import with_variants

_COMPLETIONS = {"text": 30, "title": 10, "speakers": 10}
"""Field → words that a beginning stands for there, the most frequent first."""
_NEIGHBOURS = 20
"""Words a misspelt one may stand for, the nearest first."""
_SAME, _EXACT, _TITLE = 1.0, 1.5, 2.0  # on top of what the key alone is worth
_FIELDS = ("text", "title", "speakers")
_OWN = ("text", "speakers", "starts")
_STARTS = ("starts", "title_starts")


Completions: TypeAlias = dict[str, tuple[tuple[str, str], ...]]
"""Beginning → (field, word): remembered for one state of the index."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms one part of the query is found by: any of them will do. None at all: it is a phrase."""

    keys: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    """(field, folded word)."""


class TantivyQueries:
    """Builds the queries for one search over one state of the index."""

    def __init__(
        self, schema: tantivy.Schema, searcher: Searcher, parsed: ParsedQuery, completions: Completions
    ) -> None:
        self._schema = schema
        self._searcher = searcher
        self._completions = completions
        self._terms: dict[Part, _Terms] = {}
        parsed = with_variants(parsed, lambda parts: [part for part in parts if self._occurs(part)])
        self.parsed = tolerate_typos(parsed, self._is_nowhere)
        self._terms = {part: self._terms_of(part) for part in self.parsed.parts}

    @property
    def is_single_word(self) -> bool:
        """Whether recordings themselves can be asked: for one word and nothing else."""
        parsed = self.parsed
        return (
            len(parsed.parts) == 1
            and isinstance(parsed.parts[0], QueryWord)
            and not parsed.parts[0].variants
            and not parsed.excluded
            and not parsed.filters.speakers
        )

    @property
    def is_short_prefix(self) -> bool:
        """Whether one or two letters are all that is asked for."""
        (part, *more) = self.parsed.parts
        return not more and isinstance(part, QueryWord) and part.prefix and len(part.beginning) in SHORT

    def whole_word(self, *conditions: Query) -> Query:
        """Passages with the one word as it is, scored: if very many words begin so, these come first."""
        words = [part for part in self.parsed.parts if isinstance(part, QueryWord)]
        any_word = any_of(self._term(field, word.beginning) for word in words for field in _FIELDS)
        limits = self._conditions(conditions)
        return Query.boolean_query([(Occur.Must, any_word), *limits]) if limits else any_word

    def recordings(self) -> Query:
        """The recordings that match, each once, if `is_single_word`."""
        (terms,) = self._terms.values()
        words = dict.fromkeys(BEGINS + word if field in _STARTS else word for field, word in terms.words)
        return any_of(
            [
                *(self._term("whole", key, "basic") for key in terms.keys),
                *(self._term("words", word, "basic") for word in words),
            ]
        )

    def passages(self, least: int, *conditions: Query) -> Query:
        """The passages with at least `least` parts; no score."""
        query = Query.boolean_query([*self._at_least(least), *self._conditions(conditions)])
        return Query.const_score_query(query, 0.0)

    def ranked(self, least: int, *conditions: Query) -> Query:
        """The same, scored."""
        more = [query for part in self.parsed.parts for query in self._boosts(part)]
        limits = self._conditions(conditions)
        (part, *others) = self.parsed.parts
        if not others and not limits and _single(part):
            # What lifts a passage has the key too, so any of these will do: plain terms, which Tantivy skips through.
            return any_of([*self._alternatives(part), *more])
        return Query.boolean_query([*self._at_least(least), *((Occur.Should, query) for query in more), *limits])

    def ranked_own(self, least: int, *conditions: Query) -> Query:
        """Matching passages with a part in their own text or speakers, scored."""
        own = any_of(map(self._in_own_text, self.parsed.parts))
        return Query.boolean_query(
            [(Occur.Must, self.ranked(least, *conditions)), (Occur.Must, Query.const_score_query(own, 0.0))]
        )

    def by_speakers(self, *conditions: Query) -> Query:
        """The passages of the speakers that are asked for."""
        return Query.boolean_query(self._conditions(conditions))

    def frequency(self, part: Part) -> int:
        """Passages that have this part."""
        return self._searcher.count(any_of(self._alternatives(part)))

    def occurs_within(self, part: Part, *conditions: Query) -> bool:
        """Whether it stands in a passage that passes these conditions, those of the speakers, and what is left out."""
        query = Query.boolean_query([(Occur.Must, any_of(self._alternatives(part))), *self._conditions(conditions)])
        return bool(self._searcher.best(query, 1))

    def _occurs(self, part: Part) -> bool:
        if isinstance(part, Phrase) and not all(self._searcher.has("words", word) for word in part.folded):
            return False
        if isinstance(part, QueryWord) and not part.prefix:
            return self._searcher.has("keys", part.key)
        return bool(self._searcher.best(any_of(self._alternatives(part)), 1))

    def _is_nowhere(self, word: QueryWord) -> bool:
        if word.prefix and (len(word.beginning) in SHORT or self._prefix_terms(word.beginning)):
            return False
        return not self._searcher.has("keys", word.key)

    def _prefix_terms(self, beginning: str) -> tuple[tuple[str, str], ...]:
        """(field, term) for the words that begin so: these words, or the beginning itself if it is indexed."""
        if len(beginning) in SHORT:
            return tuple((field, beginning) for field in _STARTS)
        terms = self._completions.get(beginning)
        if terms is None:
            if len(self._completions) >= MOST_REMEMBERED:
                self._completions.clear()
            terms = self._completions[beginning] = tuple(
                (field, term)
                for field, most in _COMPLETIONS.items()
                for term in self._searcher.terms(field, beginning, most)
            )
        return terms

    def _terms_of(self, part: Part) -> _Terms:
        if isinstance(part, Phrase):
            return _Terms()
        if part.typos:
            return _Terms((), tuple((field, word) for word in self._neighbours(part) for field in _FIELDS))
        keys = (part.key,) if part.key else ()
        if part.prefix:
            return _Terms(keys, self._prefix_terms(part.beginning))
        return _Terms(keys, () if keys else tuple((field, part.forms[0].folded) for field in _FIELDS))

    def _neighbours(self, word: QueryWord) -> list[str]:
        """Words that differ in no more letters than may be wrong, the nearest first, with the same first letter."""
        asked = word.forms[0].folded
        vocabulary = self._searcher.terms_of_all("words", asked[0])
        near = process.extract(asked, vocabulary, scorer=OSA.distance, score_cutoff=word.typos, limit=None)
        nearest = sorted((distance, term) for term, distance, _ in near)
        return list(islice((term for _, term in nearest if self._searcher.has("words", term)), _NEIGHBOURS))

    def _alternatives(self, part: Part, fields: Sequence[str] = (*_FIELDS, *_STARTS)) -> list[Query]:
        """The ways a part is found in, by key or in these fields."""
        return [way for variant in (part, *part.variants) for way in self._terms_as_queries(variant, fields)]

    def _terms_as_queries(self, part: Part, fields: Sequence[str]) -> list[Query]:
        if isinstance(part, Phrase):
            return [self._phrase(field, part) for field in fields if field not in _STARTS]
        terms = self._terms.get(part) or self._terms_of(part)
        return [
            *(self._term("keys", key) for key in terms.keys),
            *(
                self._term(field, word, "basic" if field in _STARTS else "freq")
                for field, word in terms.words
                if field in fields
            ),
        ]

    def _in_own_text(self, part: Part) -> Query:
        """Found in the passage's own text or speakers, not only in the title."""
        terms = self._terms.get(part) or self._terms_of(part)
        ways = [
            Query.boolean_query(
                [(Occur.Must, self._term("keys", key)), (Occur.MustNot, self._term("lent", key, "basic"))]
            )
            for key in terms.keys
        ]
        named = self._terms_as_queries(part, _OWN)[len(terms.keys) :]
        return any_of([*ways, *named, *map(self._in_own_text, part.variants)])

    def _boosts(self, part: Part) -> list[Query]:
        """What adds to the score of a passage that has the part, and never finds it alone."""
        if isinstance(part, Phrase):
            return [Query.boost_query(self._phrase("title", part), _TITLE)]
        boosts = []
        for forms in part.forms:
            boosts.append(Query.boost_query(self._term("text", forms.folded), _EXACT))
            boosts.append(Query.boost_query(self._term("title", forms.folded), _TITLE))
            if part.concept and len(part.forms) == 1:
                boosts.append(Query.boost_query(self._term("keys", forms.stem), _SAME))
        return boosts

    def _conditions(self, conditions: Sequence[Query]) -> list[tuple[Occur, Query]]:
        speakers = [self._term("speakers", word) for word in sorted(self.parsed.filters.speakers)]
        clauses = [(Occur.Must, Query.const_score_query(condition, 0.0)) for condition in (*conditions, *speakers)]
        return clauses + [(Occur.MustNot, self._excluded(part)) for part in self.parsed.excluded]

    def _excluded(self, part: Part) -> Query:
        if isinstance(part, QueryWord) and part.key:
            return self._term("keys", part.key)
        phrase = part if isinstance(part, Phrase) else Phrase((part.forms[0].folded,))
        return any_of(self._phrase(field, phrase) for field in _FIELDS)

    def _at_least(self, least: int) -> list[tuple[Occur, Query]]:
        parts = [ways[0] if len(ways) == 1 else any_of(ways) for ways in map(self._alternatives, self.parsed.parts)]
        if least == len(parts):
            return [(Occur.Must, part) for part in parts]
        each = [(Occur.Should, part) for part in parts]
        return [(Occur.Must, Query.boolean_query(each, minimum_number_should_match=least))]

    def _term(self, field: str, term: str, option: str = "freq") -> Query:
        return Query.term_query(self._schema, field, term, index_option=option)

    def _phrase(self, field: str, phrase: Phrase) -> Query:
        if len(phrase.folded) == 1:
            return self._term(field, phrase.folded[0])
        return Query.phrase_query(self._schema, field, list(phrase.folded))


def _single(part: Part) -> bool:
    return isinstance(part, Phrase) or (len(part.forms) == 1 and not part.resembles_stop_word)
