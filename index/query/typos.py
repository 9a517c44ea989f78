"""Mistakes in what was typed: words that are nowhere in the archive, and what they may be meant for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from rapidfuzz.distance import OSA

from index.query.parser import ParsedQuery, Part, QueryWord, terms_in, without_repeats, words_in
from index.text.analysis import tokens
from index.text.glossary import concept_of, glossary, term_words


def distance(one: str, other: str) -> int:
    """Wrong, missing, surplus or swapped letters; 99 if the first letters differ, which typing seldom gets wrong."""
    return OSA.distance(one, other, score_cutoff=2) if one[:1] == other[:1] else 99


def tolerate_typos(parsed: ParsedQuery, nowhere: Callable[[QueryWord], bool]) -> ParsedQuery:
    """The same query, in which words that are nowhere may be misspelt: one letter from 5, two from 9 letters.

    Such a word stands for the word of the glossary that it nearly is, if the archive has that; else any word of
    the archive that it nearly is will do. A term of several words that is nowhere is taken for words like others.
    """
    parts: list[Part] = []
    for part in parsed.parts:
        alone = _split_term(part) if isinstance(part, QueryWord) and len(part.forms) > 1 and nowhere(part) else [part]
        parts += [_tolerate(piece, nowhere) if isinstance(piece, QueryWord) else piece for piece in alone]
    if any(isinstance(part, QueryWord) and part.misspelt for part in parts):
        parts = _join_terms(parts)
    return replace(parsed, parts=tuple(without_repeats(parts)))


def _tolerate(word: QueryWord, nowhere: Callable[[QueryWord], bool]) -> QueryWord:
    asked = word.forms[0].folded
    if (
        word.variants
        or len(word.forms) > 1
        or not word.forms[0].stem
        or not asked.isalpha()
        or len(asked) < 5
        or not nowhere(word)
    ):
        return word
    typos = 2 if len(asked) >= 9 else 1
    near = [(distance(known, asked), known) for known in _glossary_words()]
    for _, known in sorted(pair for pair in near if pair[0] <= typos):
        meant = next(tokens(known, "")).forms
        corrected = replace(word, forms=(meant,), concept=concept_of([meant.stem]) or "", prefix=False, misspelt=True)
        if not nowhere(corrected):
            return corrected
    return replace(word, typos=typos)


@cache
def _glossary_words() -> tuple[str, ...]:
    """Every word, folded, of every term."""
    terms = (term for languages in glossary().words.values() for each in languages.values() for term in each)
    return tuple(sorted({word for term in terms for word in term_words(term)}))


def _split_term(term: QueryWord) -> list[QueryWord]:
    """The words of a term, each by itself."""
    return [word for word in words_in(term.text, term.start) if word.forms[0].stem]


def _join_terms(parts: Sequence[Part]) -> list[Part]:
    """Terms made of neighbouring words, now that these are spelt right."""
    joined: list[Part] = []
    run: list[QueryWord] = []
    for part in parts:
        if not isinstance(part, QueryWord) or (run and part.start > run[-1].end + 1):
            joined += terms_in(run)
            run = []
        if isinstance(part, QueryWord):
            run.append(part)
        else:
            joined.append(part)
    return [*joined, *terms_in(run)]
