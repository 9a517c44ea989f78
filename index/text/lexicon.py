"""The words that compounds are made of, in each language.

They are those of `wordfreq`'s lists (code Apache-2.0, data CC BY-SA 4.0; there is none for Nynorsk, which has
Bokmål's), of our glossary and of words.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from index.text.folding import fold
from index.text.glossary import glossary, term_words

SHORTEST = 3
"""Letters of a part."""
_LINKS = {
    "nb": ("", "s", "e"),
    "nn": ("", "s", "e"),
    "da": ("", "s", "e"),
    "nl": ("", "s", "e", "en", "er"),
    "en": ("",),
}
_SOURCES = {"nb": ("nb",), "nn": ("nb",), "da": ("da", "nb"), "nl": ("nl",), "en": ("en",)}
_OURS_TOO = {"nn": ("nb", "nn")}  # whose words of our own a language has, if not only its own
_BY_HAND = frozenset({"en"})  # what is taken apart only as words.toml says
_WORDS = Path(__file__).with_name("words.toml")
_INFLECTED: dict[str, tuple[str, ...]] = {  # beside -s, for the last e or after the word
    **dict.fromkeys(("nb", "da"), ("a", "e", "en", "ens", "ene", "er", "erne", "ernes", "ers", "et", "ets")),
    "nn": ("a", "e", "en", "ane", "ene", "ar", "er", "et"),
    "nl": ("e", "en"),
    "en": (),
}
_KNOWN = 2.0  # Zipf (log10 of the occurrences in 10⁹ words) of the rarest words that count
OURS = 4.0  # what a word of the glossary or of words.toml counts as, at least
_SECOND = 1.0  # what a word of a second source counts less
Span = tuple[int, int]


class Lexicon(NamedTuple):
    known: dict[str, float]
    """Folded word → Zipf, of the word lists and of our own."""
    listed: dict[str, float]
    """The same for our own words, as the word lists have it."""
    forms: frozenset[str]
    """Inflected forms of our own words: they may end a compound."""
    apart: dict[str, tuple[str, ...]]
    """Word → its parts, if words.toml names them."""
    short: frozenset[str]
    links: tuple[str, ...]
    splits: bool
    """Whether words that `apart` lacks are taken apart too."""


def lexicon_of(language: str) -> Lexicon | None:
    return _load(language) if language in _LINKS else None


@lru_cache
def _load(language: str) -> Lexicon:
    first, *others = _SOURCES[language]
    known = dict(_frequent(first))
    if others:
        known = {word: weight - _SECOND for other in others for word, weight in _frequent(other).items()} | known
    own = _OURS_TOO.get(language, (language,))
    marked = {word for section in own for word in _our_words(section) if "-" in word}
    ours = {word.replace("-", "") for section in own for word in _our_words(section)}
    ours.update(word for words in glossary().words.values() for term in words[language] for word in term_words(term))
    listed = {word: known.get(word, 0.0) for word in ours}
    known |= {word: max(weight, OURS) for word, weight in listed.items()}
    forms = frozenset(form for word in ours for form in _forms(word, language) if form not in known)
    apart = {form.replace("-", ""): _by_hand(form) for word in marked for form in (word, *_forms(word, language))}
    whole = {word for section in own for word in _section(section, "whole")}
    apart |= {form: () for word in whole for form in (word, *_forms(word, language))}
    short = frozenset(word for section in own for word in _section(section, "short"))
    return Lexicon(known, listed, forms, apart, short, _LINKS[language], language not in _BY_HAND)


def _forms(word: str, language: str) -> Iterator[str]:
    """What may be a form of `word`; some are none and never occur."""
    base = word.removesuffix("e")
    yield f"{word}s"
    yield from (base + ending for ending in _INFLECTED[language] if base + ending != word)


def piece_runs(word: str, pieces: Iterable[Span]) -> tuple[str, ...]:
    """The pieces of `word`, and what several neighbours make together."""
    spans = tuple(pieces)
    runs = [(first[0], last[1]) for at, first in enumerate(spans) for last in spans[at:]]
    return tuple(dict.fromkeys(word[start:end] for start, end in runs if end - start < len(word)))


def _by_hand(word: str) -> tuple[str, ...]:
    """The parts of a word that is written with hyphens."""
    pieces: list[Span] = []
    for piece in word.split("-"):
        start = pieces[-1][1] if pieces else 0
        pieces.append((start, start + len(piece)))
    return piece_runs(word.replace("-", ""), pieces)


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, str]]:
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def _section(language: str, name: str) -> list[str]:
    return fold(_file()[language].get(name, "")).split()


def _our_words(language: str) -> list[str]:
    return [word for name in _file()[language] if name != "short" for word in _section(language, name)]


@lru_cache
def _frequent(source: str) -> dict[str, float]:
    from wordfreq import available_languages, read_cBpack  # takes its time, and not every process needs it

    weights: dict[str, float] = {}
    for centibels, words in enumerate(read_cBpack(available_languages()[source])[: 900 - int(100 * _KNOWN)]):
        for word in words:
            if len(word) >= SHORTEST and word.isalpha():
                weights.setdefault(fold(word), (900 - centibels) / 100)
    return weights
