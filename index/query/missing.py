"""What a search did not find: said with its results, never left out in silence. The same for every engine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from index.facets.cards import KINDS
from index.port import Lack, Missing, Results
from index.query.parser import ParsedQuery, Part, Phrase, QueryWord
from index.text.analysis import tokens


def nothing_searchable(parsed: ParsedQuery) -> Results:
    """The answer to a search in which there is nothing to search for."""
    return with_signs(Results((), 0, {kind: {} for kind in KINDS}), parsed)


def with_signs(results: Results, parsed: ParsedQuery) -> Results:
    """The same, saying what cannot be searched for."""
    if not parsed.signs:
        return results
    missing = tuple(Missing(sign, Lack.SIGN) for sign in parsed.signs)
    about = results.about or (_texts(parsed.parts) if results.total else ())
    return replace(results, missing=results.missing + missing, about=about)


def possibly_missing(parsed: ParsedQuery) -> tuple[Part, ...]:
    """What may be missing: the parts of a query, and the words of those in quotes."""
    return (*parsed.parts, *(word for part in parsed.parts for word in _words(part)))


def with_missing(
    results: Results, parsed: ParsedQuery, least: int, here: Collection[Part], anywhere: Collection[Part]
) -> Results:
    """The same, saying what is missing and what they are for. `least`: parts that each passage found has.

    Of the parts that are `possibly_missing`, `here` has those that occur within the filters, `anywhere` those in the
    archive.
    """
    present = [part for part in parsed.parts if part in here]
    lacks: dict[str, Lack] = {}
    for part in parsed.parts:
        if part not in here:
            words = [word for word in _words(part) if word not in anywhere]
            lacks |= {
                lacking.text: Lack.ELSEWHERE if lacking in anywhere else Lack.NOWHERE for lacking in words or [part]
            }
    hits = [
        replace(hit, without=tuple(text for text in hit.without if text in _texts(present))) for hit in results.hits
    ]
    return replace(
        results,
        hits=tuple(hits),
        missing=tuple(Missing(text, lack) for text, lack in lacks.items()),
        about=_texts(present),
        together=least >= len(present),
    )


def _texts(parts: Collection[Part]) -> tuple[str, ...]:
    return tuple(part.text for part in parts)


def _words(part: Part) -> list[Part]:
    """The words of a quotation of several, each in whatever form it stands."""
    if not isinstance(part, Phrase) or len(part.folded) < 2:
        return []
    return [
        QueryWord(part.text[token.start : token.end], token.start, token.end, (token.forms,))
        for token in tokens(part.text, "")
    ]
