"""Terms of the field that mean the same across languages: read from glossary.toml, looked up by stems."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from index.text.folding import fold
from index.text.stemming import stem
from index.text.stopwords import STOP_WORDS

LANGUAGES = ("nb", "nn", "da", "nl", "en")
_FILE = Path(__file__).with_name("glossary.toml")
_SLUG = re.compile(r"[a-z]+(?:-[a-z]+)*")
_WORD = re.compile(r"[^\W_]+")
_Term = tuple[str, ...]
"""The stems of a term's words that are not stop words."""


@dataclass(frozen=True, slots=True)
class Glossary:
    words: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Slug → language → terms as they are written."""
    terms: Mapping[str, tuple[_Term, ...]]
    """Slug → terms."""
    slugs: Mapping[_Term, str]
    by_first: Mapping[str, tuple[tuple[_Term, str], ...]]
    """The first stem of a term → its other stems and its concept."""


def concepts(keys: Collection[str]) -> frozenset[str]:
    """The concepts of which at least one term has the stems of all its words among `keys`."""
    by_first = glossary().by_first
    held = frozenset(keys)
    return frozenset(
        slug for key in held if key in by_first for others, slug in by_first[key] if held.issuperset(others)
    )


def concept_of(stems: Sequence[str]) -> str | None:
    """The concept that exactly these stems, in this order, are a term of."""
    return glossary().slugs.get(tuple(stems))


def terms_of(slug: str) -> tuple[_Term, ...]:
    """The stems of each of its terms."""
    return glossary().terms[slug]


def term_words(term: str) -> tuple[str, ...]:
    """The words of a term, folded, without stop words."""
    folded = (fold(word) for word in _WORD.findall(term.casefold()))
    return tuple(word for word in folded if word not in STOP_WORDS)


@lru_cache(maxsize=1)
def glossary() -> Glossary:
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> Glossary:
    """Raises ValueError if `text` is no glossary: a term that two concepts share, a language without terms …"""
    words = {slug: _languages(slug, given) for slug, given in tomllib.loads(text).items()}
    slugs: dict[_Term, str] = {}
    terms: dict[str, tuple[_Term, ...]] = {}
    for slug, of_language in words.items():
        terms_of_concept: dict[_Term, None] = {}
        for written in chain.from_iterable(of_language.values()):
            term = tuple(stem(word) for word in term_words(written))
            if not term:
                raise ValueError(f"The glossary's term {written!r} of {slug} has no words but stop words; drop it.")
            other = slugs.setdefault(term, slug)
            if other != slug:
                raise ValueError(f"The glossary's term {written!r} stands in {other} and in {slug}; keep one of them.")
            terms_of_concept[term] = None
        terms[slug] = tuple(terms_of_concept)
    by_first: dict[str, tuple[tuple[_Term, str], ...]] = {}
    for term, slug in slugs.items():
        by_first[term[0]] = (*by_first.get(term[0], ()), (term[1:], slug))
    return Glossary(words, terms, slugs, by_first)


def _languages(slug: str, given: object) -> Mapping[str, tuple[str, ...]]:
    if _SLUG.fullmatch(slug) is None:
        raise ValueError(f"The glossary's name {slug!r} is not made of small letters and hyphens; rename it.")
    if not isinstance(given, dict) or set(given) != set(LANGUAGES):
        raise ValueError(
            f"The glossary's concept {slug} needs terms in each of {', '.join(LANGUAGES)} and in no other."
        )
    for language, terms in given.items():
        if not (isinstance(terms, list) and terms and all(isinstance(term, str) for term in terms)):
            raise ValueError(f"The glossary's concept {slug} needs a list of terms for {language}.")
    return MappingProxyType({language: tuple(given[language]) for language in LANGUAGES})
