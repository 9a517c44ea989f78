"""From a parsed query to Meilisearch's requests. What matches is told in index/memory.py; this says it to the server.

A part of a query is one term: in quotes it is found as it stands, without typing mistakes and longer words; the last
one without quotes is the beginning of words; one without quotes in `spelling` may be misspelt. What can be found in
two ways (by its key, or as the beginning of a word) takes two queries, and so does each choice of fewer parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from index.facets.cards import KINDS, values_of
from index.meili.schema import FOUND_IN, OWN, SPELLING, as_key, as_value, plain, plain_words, spelt
from index.port import Filters
from index.query.parser import MAX_REQUIRED, ParsedQuery, Part, Phrase, QueryWord

DISTINCT = "recording_id"
PAYLOAD: dict[str, Any] = {"attributesToRetrieve": ["payload"]}
WINDOW = 60
"""Recordings, the best by each of several queries, that are put in order by score."""
PASSAGES = 150
"""Passages, the best by the server's order, that are looked at for that."""
MOST_PARTS = 8
"""Of a query of which nothing has all: the rarest, so that there are at most 70 choices of some of them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One way in which a part of a query is found."""

    text: str
    beginning: bool = False
    misspelt: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One query that finds passages with all of its terms."""

    q: str
    fields: tuple[str, ...]
    parts: tuple[int, ...]


def terms_of(part: Part) -> list[Term]:
    """The ways to find it: any of them will do."""
    return list(dict.fromkeys(term for variant in (part, *part.variants) for term in _as_written(variant)))


def _as_written(part: Part) -> list[Term]:
    if isinstance(part, Phrase):
        return [Term(f'"{plain_words(" ".join(part.folded))}"')]
    if part.typos:
        return [Term(spelt(part.forms[0].folded), misspelt=True)]
    key = [Term(f'"{as_key(part.key)}"')] if part.key else []
    if part.prefix:
        return [*key, Term(plain(part.beginning), beginning=True)]
    return key or [_as_it_is(part.forms[0].folded)]


def ways(parsed: ParsedQuery, least: int, among: Sequence[int]) -> list[Way]:
    """What together finds the passages that have at least `least` of the parts `among`."""
    return [
        _way(parsed, terms, chosen)
        for chosen in combinations(among, least)
        for terms in _choices([terms_of(parsed.parts[number]) for number in chosen])
    ]


def _choices(of_each: Sequence[Sequence[Term]]) -> list[tuple[Term, ...]]:
    """The ways to find all of these parts, without those that find nothing that fewer terms do not find."""
    chosen = list(dict.fromkeys(tuple(dict.fromkeys(terms)) for terms in product(*of_each)))
    sets = [frozenset(terms) for terms in chosen]
    return [terms for terms, own in zip(chosen, sets, strict=True) if not any(other < own for other in sets)]


def ways_of_part(part: Part, excluded: tuple[Part, ...] = ()) -> list[Way]:
    """What finds one part, whatever else is asked for."""
    return [_way(ParsedQuery(excluded=excluded), [term], (0,)) for term in terms_of(part)]


def overlapping_ways(part: Part) -> list[tuple[int, Way]]:
    """What finds one part in several ways at the same time, and in how many."""
    terms = terms_of(part)
    some = (chosen for size in range(2, len(terms) + 1) for chosen in combinations(terms, size))
    return [(len(chosen), _way(ParsedQuery(), chosen, (0,))) for chosen in some]


def own_ways(parsed: ParsedQuery, number: int) -> list[Way]:
    """What finds one part in passages' own text and speakers, if nothing excluded is there."""
    own = ParsedQuery(excluded=parsed.excluded)
    ways = [_way(own, [term], (number,)) for term in terms_of(parsed.parts[number])]
    return [Way(way.q, (SPELLING,) if SPELLING in way.fields else OWN, way.parts) for way in ways]


def as_typed(parsed: ParsedQuery, fields: tuple[str, ...]) -> Way | None:
    """The parts as they were typed, all in these fields: what should stand above other forms.

    None if the server would not look at all of it (at most ten words, and what is excluded in these fields only),
    and if it would take other words for them.
    """
    terms: list[Term] = []
    for part in parsed.parts:
        if isinstance(part, Phrase):
            terms += _as_written(part)
        else:
            terms += [_as_it_is(forms.folded) for forms in part.forms]
    mistakable = any(isinstance(part, QueryWord) and part.resembles_stop_word for part in parsed.parts)
    if parsed.excluded or mistakable or len(terms) > MAX_REQUIRED:
        return None
    way = _way(parsed, terms, range(len(parsed.parts)))
    return Way(way.q, fields, way.parts)


def best_queries(index: str, way: Way, parsed: ParsedQuery) -> list[dict[str, Any]]:
    """Queries for its best recordings, for those that have all as it was typed in text or title, and, last, for its
    best passages."""
    within = conditions(parsed.filters)
    asked = [way, as_typed(parsed, ("text",)), as_typed(parsed, ("title",))]
    best = [
        body(index, variant, within, distinct=DISTINCT, limit=WINDOW, **PAYLOAD)
        for variant in asked
        if variant is not None
    ]
    return [*best, body(index, way, within, limit=PASSAGES, **PAYLOAD)]


def with_prefix(text: str) -> Way:
    """Words that begin so, in what is said and shown."""
    return Way(plain(text), ("title", "speakers", "text"), ())


def body(index: str, way: Way | None, conditions: Sequence[str], **options: Any) -> dict[str, Any]:
    """One query of a multi-search. `options`: further parameters, under Meilisearch's names."""
    asked: dict[str, Any] = {"indexUid": index, "filter": list(conditions), **options}
    if way is not None:
        asked |= {"q": way.q, "matchingStrategy": "all", "attributesToSearchOn": list(way.fields)}
    return asked


def conditions(filters: Filters, *, but: str = "") -> list[str]:
    """The filters as conditions that must all hold; `but`: the kind of facet whose own filter is left out."""
    clauses = ["number >= 0"]  # passages, not the document about the index
    for kind, values in zip(KINDS, values_of(filters), strict=True):
        if values and kind != but:
            clauses.append(one_of(kind, values))
    if but != "year":
        if filters.after is not None:
            clauses.append(f"day >= {filters.after.toordinal()}")
        if filters.before is not None:
            clauses.append(f"day <= {filters.before.toordinal()}")
    if filters.recording_id is not None:
        clauses.append(one_of("recording_id", [filters.recording_id]))
    return clauses + [f'speakers_words = "{plain(word)}"' for word in sorted(filters.speakers)]


def one_of(field: str, values: Iterable[str]) -> str:
    quoted = [f'"{as_value(value)}"' for value in sorted(values)]
    return f"{field} IN [{', '.join(quoted)}]"


def filtered_kinds(filters: Filters) -> list[str]:
    """The kinds of facets that ignore a filter of their own."""
    dated = filters.after is not None or filters.before is not None
    return [
        kind for kind, values in zip(KINDS, values_of(filters), strict=True) if values or (kind == "year" and dated)
    ]


def _way(parsed: ParsedQuery, terms: Iterable[Term], parts: Iterable[int]) -> Way:
    """What is excluded comes first: Meilisearch reads nothing after the tenth term."""
    ordered = sorted(terms, key=lambda term: (term.beginning, not term.misspelt))
    excluded = [f"-{_excluding(part)}" for part in parsed.excluded]
    misspelt = any(term.misspelt for term in ordered)
    q = " ".join([*excluded, *(term.text for term in ordered)])
    if not any(term.beginning for term in ordered):
        q += " "  # the last word is a whole one
    return Way(q, (*FOUND_IN, SPELLING) if misspelt else FOUND_IN, tuple(parts))


def _excluding(part: Part) -> str:
    if isinstance(part, QueryWord) and part.key:
        return f'"{as_key(part.key)}"'
    folded = part.folded if isinstance(part, Phrase) else (part.forms[0].folded,)
    return f'"{plain_words(" ".join(folded))}"'


def _as_it_is(folded: str) -> Term:
    return Term(f'"{plain(folded)}"')
