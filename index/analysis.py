"""What counts as the same word: the one place where language is understood, before any engine.

A text becomes tokens. Each keeps its place in the original text (for highlights) and gets three forms:

- exact: NFKC, case folded, letters and digits only ("Spørreundersøkelsen" → "spørreundersøkelsen")
- folded: the exact form as people type it who lack the letters (å→a, ä→a, æ→ae, ø→o, ö→o, é→e …)
- stem: the exact form's Snowball stem, folded and tagged with its language ("nb|sporreundersok")

An engine indexes those forms as given, with its own language support switched off. The language of a query
is unknown, so a query word has the stems of every language.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import Stemmer

_LANGUAGES = {"nb": "nb", "nn": "nb", "da": "da", "nl": "nl", "en": "en"}
_ALGORITHMS = {"nb": "norwegian", "da": "danish", "nl": "dutch", "en": "english"}
_LONGEST = 100  # characters of a form; longer "words" are debris, and engines have limits of their own
_MARKS = "[\u0300-\u036f\u00ad\u200b-\u200d]"  # combining accents, soft hyphens, joiners: inside words
_TOKEN = re.compile(rf"[^\W_]+(?:{_MARKS}+[^\W_]*)*")
_UNFOLDABLE = str.maketrans(
    {"æ": "ae", "ø": "o", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}  # no decomposition
)
_stemmers = threading.local()  # a stemmer object must not be shared between threads


@dataclass(frozen=True, slots=True)
class Forms:
    exact: str
    folded: str
    stem: str
    """Empty where the language is unknown."""


class Token(NamedTuple):
    """`start` and `end` are offsets in the original text."""

    start: int
    end: int
    forms: Forms


@dataclass(frozen=True, slots=True)
class Columns:
    """A text as three strings of forms with single spaces between them; the n-th of each belong together."""

    exact: str
    folded: str
    stems: str


def tokens(text: str, language: str) -> Iterator[Token]:
    """The words of `text` in order. `language`: the code Whisper uses; an unknown one has no stems."""
    for match in _TOKEN.finditer(text):
        forms = _forms(match.group(), _LANGUAGES.get(language, ""))
        if forms is not None:
            yield Token(match.start(), match.end(), forms)


def columns(text: str, language: str) -> Columns:
    """The same words in the shape an engine indexes."""
    known = _LANGUAGES.get(language, "")
    found = [forms for word in _TOKEN.findall(text) if (forms := _forms(word, known)) is not None]
    return Columns(
        exact=" ".join([forms.exact for forms in found]),
        folded=" ".join([forms.folded for forms in found]),
        stems=" ".join([forms.stem for forms in found]) if known else "",
    )


def query_stems(forms: Forms) -> frozenset[str]:
    """The stems a query's word has in every language, as typed and folded."""
    return frozenset(_stem(word, language) for language in _ALGORITHMS for word in (forms.exact, forms.folded))


@lru_cache(maxsize=1 << 17)
def _forms(word: str, language: str) -> Forms | None:
    exact = "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())[:_LONGEST]
    if not exact:
        return None
    return Forms(exact, _fold(exact), _stem(exact, language) if language else "")


def _fold(word: str) -> str:
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFD", word.translate(_UNFOLDABLE))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _stem(word: str, language: str) -> str:
    stemmer: Stemmer.Stemmer | None = getattr(_stemmers, language, None)
    if stemmer is None:
        stemmer = Stemmer.Stemmer(_ALGORITHMS[language], 0)  # no cache of its own: `_forms` has one
        setattr(_stemmers, language, stemmer)
    return f"{language}|{_fold(stemmer.stemWord(word))}"
