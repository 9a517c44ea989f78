"""What counts as the same word: the one place where language is understood, before any engine.

A text becomes tokens. Each keeps its place in the original text (for highlights) and has these forms:

- exact: NFKC, case folded, letters and digits only ("Spørreundersøkelsen" → "spørreundersøkelsen")
- folded: the exact form as people type it who lack the letters (å→a, ä→a, æ→ae, ø→o, ö→o, é→e …)
- stem: one for all five languages, so that a query needs no language ("sporreundersok")
- keys: what it is found by: its stem and the stems of the words inside it, if it is a compound

A stop word has no stem and no keys: only a phrase, or a search for nothing else, finds it. Engines index these
forms as given, with their own language support switched off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from unicodedata import category

from index.port import Passage
from index.text.compounds import join_compound, parts
from index.text.folding import fold
from index.text.glossary import concepts
from index.text.stemming import stem
from index.text.stopwords import NO_STOP_WORDS, STOP_WORDS
from kring.text import normalized

SCHEMA = 11
"""Grows with every change of what is indexed, or how; an index of another number is rebuilt."""
CONCEPT = "kx"
"""Begins the key of a concept of the glossary; no stem of these languages begins so."""
BETWEEN = "|"
"""Stands between a title and the names of topics and organisations. No word is written so: no phrase reaches across."""
_LONGEST = 100  # characters of a form; longer "words" are debris, and engines have limits of their own
_MARKS = f"[{''.join(c for c in map(chr, range(1 << 16)) if category(c) in {'Mn', 'Mc', 'Me', 'Cf'})}]"
"""Accents, vowel signs, soft hyphens, joiners, what cannot be seen: inside words, and no letters."""
_LETTER = r"[^\W_\u02b9-\u02bf]"  # without the letters that are typed for apostrophes
_REMEMBERED = 1 << 18  # words of a language, some 100 MB: more than most archives have
TOKEN = re.compile(rf"{_LETTER}+(?:{_MARKS}+{_LETTER}*)*")
_HYPHENS = "-/\u2010\u2011"
_HYPHENED = re.compile(rf"{TOKEN.pattern}(?:[{_HYPHENS}]{TOKEN.pattern})+")
_MOST_HYPHENED = 4  # words; a longer row is an address or debris


@dataclass(frozen=True, slots=True)
class Forms:
    exact: str
    folded: str
    stem: str
    """Empty for a stop word."""
    keys: tuple[str, ...]
    """The stem first; empty for a stop word."""


class Token(NamedTuple):
    """`start` and `end` are offsets in the original text."""

    start: int
    end: int
    forms: Forms


@dataclass(frozen=True, slots=True)
class Analysed:
    """One passage as engines index it: words and keys in order, with single spaces between them."""

    text: str
    title: str
    """With the topics and organisations: like the title they speak for the whole recording."""
    speakers: str
    keys: str
    """Of the text, the speakers and the title, and the concepts they hold together."""
    lent: str
    """Those keys that the title has and neither text nor speakers have."""


def tokens(text: str, language: str) -> Iterator[Token]:
    """The words of `text` in order. `language`: the recording's; compounds of others are not taken apart."""
    known = forms_in(language)
    for match in TOKEN.finditer(text):
        forms = known[match.group()]
        if forms is not None:
            yield Token(match.start(), match.end(), forms)


def analysed(passage: Passage) -> Analysed:
    """What is indexed of a passage."""
    text = _indexed(passage.text, passage.language)
    speakers = _named(passage.speakers)
    title = _titled(passage.title, labels(passage), passage.language)
    own = set(text.keys.split())
    own.update(speakers.keys.split())
    titled = title.keys.split()
    held = own.union(titled)
    concerns = concepts(held)
    lent = {key for key in titled if key not in own} | _keys_of(concepts(titled) - concepts(own))
    return Analysed(
        text=text.words,
        title=title.words,
        speakers=speakers.words,
        keys=" ".join([text.keys, speakers.keys, title.keys, *sorted(_keys_of(concerns))]).strip(),
        lent=" ".join(sorted(lent)),
    )


class SubjectWords(NamedTuple):
    """What people call the subject of a recording, as engines index it: folded words and keys, with single spaces."""

    words: str
    keys: str


def subject_words(passage: Passage) -> SubjectWords:
    """Of its recording's title and topics, and nothing of what was said: it is the same whatever the passage says."""
    titled = _titled(passage.title, " ".join(passage.topics), passage.language)
    concerns = _keys_of(concepts(titled.keys.split()))
    return SubjectWords(titled.words, " ".join([titled.keys, *sorted(concerns)]).strip())


def _keys_of(slugs: Iterable[str]) -> set[str]:
    return {CONCEPT + slug for slug in slugs}


class FormsCache(dict[str, "Forms | None"]):
    """Word → forms, remembered: a text repeats its words, and a look-up costs a tenth of an analysis."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language
        self.words_with: defaultdict[str, set[str]] = defaultdict(set)
        """Key or folded form → the words known so far that have it."""

    def __missing__(self, word: str) -> Forms | None:
        forms = _forms(word, self._language)
        if len(self) < _REMEMBERED:  # others are not remembered: the frequent ones have come by then
            if forms is not None:
                for form in {forms.folded, *forms.keys}:
                    self.words_with[form].add(word)
            self[word] = forms  # last, so that a word that is known to one thread can be found by all
        return forms


@cache
def forms_in(language: str) -> FormsCache:
    """The forms of every word of this language; None for what holds neither letter nor digit."""
    return FormsCache(language)


@lru_cache(maxsize=_REMEMBERED)
def folded(word: str) -> str:
    """The folded form of a word; empty for what holds neither letter nor digit."""
    return fold(_exact(word))


def _exact(word: str) -> str:
    if word.isascii() and word.isalnum():
        return word.lower()[:_LONGEST]
    return "".join(c for c in normalized("NFKC", word).casefold() if c.isalnum())[:_LONGEST]


def _forms(word: str, language: str) -> Forms | None:
    exact = _exact(word)
    if not exact:
        return None
    plain = fold(exact)
    if plain in STOP_WORDS and exact not in NO_STOP_WORDS:
        return Forms(exact, plain, "", ())
    keys = dict.fromkeys([stem(plain), *map(stem, parts(plain, language))])
    return Forms(exact, plain, next(iter(keys)), tuple(keys))


class _Indexed(NamedTuple):
    """The folded words of a text, and its keys: each a string, since that is what engines take."""

    words: str
    keys: str


class _Columns(dict[str, tuple[str, str]]):
    """Word → its folded form, and its keys in one string: a look-up each, the most of what indexing costs."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._known = forms_in(language)

    def __missing__(self, word: str) -> tuple[str, str]:
        if len(self) >= _REMEMBERED:
            self.clear()
        forms = self._known[word]
        self[word] = column = (forms.folded, " ".join(forms.keys)) if forms else ("", "")
        return column


@cache
def _columns(language: str) -> _Columns:
    return _Columns(language)


def _indexed(text: str, language: str) -> _Indexed:
    known = _columns(language)
    forms = [known[word] for word in TOKEN.findall(text)]
    keys = [key for _, key in forms if key]
    keys += _apart(forms, language) + list(_hyphened(text))
    return _Indexed(" ".join([folded for folded, _ in forms if folded]), " ".join(keys))


def _hyphened(text: str) -> Iterator[str]:
    """The keys of what hyphens and slashes join, as one word: FIKS-plattformen, COVID-19."""
    if not any(sign in text for sign in _HYPHENS):
        return
    joined = [piece for piece in text.split() if any(sign in piece for sign in _HYPHENS)]
    for row in _HYPHENED.findall(" ".join(joined)):
        words = [folded(word) for word in TOKEN.findall(row)]
        if len(words) <= _MOST_HYPHENED:
            yield from (stem("".join(words[a:b])) for a in range(len(words)) for b in range(a + 2, len(words) + 1))


def _apart(forms: Sequence[tuple[str, str]], language: str) -> list[str]:
    """The keys of compounds whose parts are written as words of their own ("sky løsning", "covid 19")."""
    pairs = [(left[0], right[0]) for left, right in pairwise(forms) if left[1] and right[1]]
    return [key for left, right in pairs if (key := _joined(left, right, language))]


@lru_cache(maxsize=_REMEMBERED)
def _joined(left: str, right: str, language: str) -> str:
    if left.isdigit() != right.isdigit():
        return left + right
    compound = join_compound(left, right, language)
    return stem(compound) if compound else ""


def labels(passage: Passage) -> str:
    """The names of topics and organisations, as one text."""
    return " ".join((*passage.topics, *passage.organisations))


@lru_cache(maxsize=1 << 12)
def _titled(title: str, labels: str, language: str) -> _Indexed:
    titled, labelled = _indexed(title, language), _indexed(labels, language)
    if not labelled.words:
        return titled
    return _Indexed(f"{titled.words} {BETWEEN} {labelled.words}", f"{titled.keys} {labelled.keys}")


@lru_cache(maxsize=1 << 12)
def _named(names: tuple[str, ...]) -> _Indexed:
    return _indexed(" ".join(names), "")
