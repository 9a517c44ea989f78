"""What a query asks for, before any engine: words and phrases, and when a token is one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from index.analysis import Forms, Token, query_stems, tokens
from kring.errors import BadQuery

MAX_CHARACTERS = 1000
MAX_WORDS = 32
_QUOTED = re.compile(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»')


class Match(IntEnum):
    """How well a token matches a word; higher is better."""

    NONE = 0
    PREFIX = 1
    STEM = 2
    FOLDED = 3
    EXACT = 4


@dataclass(frozen=True, slots=True)
class Word:
    exact: str
    folded: str
    stems: frozenset[str]
    prefix: bool = False
    """Still being written: longer words that begin so match too."""

    def match(self, forms: Forms) -> Match:
        if forms.exact == self.exact:
            return Match.EXACT
        if forms.folded == self.folded:
            return Match.FOLDED
        if forms.stem in self.stems:
            return Match.STEM
        return Match.PREFIX if self.prefix and forms.folded.startswith(self.folded) else Match.NONE


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more words in quotes: these, in this order, in these forms (accents aside)."""

    folded: tuple[str, ...]


Part = Word | Phrase


@dataclass(frozen=True, slots=True)
class Found:
    """Where a part was found: indexes of the first token and of the one after the last."""

    first: int
    after: int
    match: Match


def parse(text: str, *, typing: bool = False) -> tuple[Part, ...]:
    """The different words and quoted phrases of `text`; empty where it holds neither letter nor digit.

    With `typing` the last word is a prefix, unless something (a space, say) already follows it.
    Raises BadQuery where the text is too long to be meant as a search.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadQuery(f"The search text is longer than {MAX_CHARACTERS} characters; search for a few words of it.")
    parts: dict[Part, None] = {}
    count = 0
    cursor = 0
    for quoted in _QUOTED.finditer(text):
        for part in _words(text[cursor : quoted.start()]):
            parts[part] = None
        inside = [token.forms for token in tokens(next(group for group in quoted.groups() if group is not None), "")]
        count += len(inside)
        if len(inside) == 1:
            parts[Word(inside[0].exact, inside[0].folded, frozenset())] = None
        elif inside:
            parts[Phrase(tuple(forms.folded for forms in inside))] = None
        cursor = quoted.end()
    for part in _words(text[cursor:], typing=typing):
        parts[part] = None
    if count + len(parts) > MAX_WORDS:
        raise BadQuery(f"The search has more than {MAX_WORDS} words; search for a few of them.")
    return _without_repeats(tuple(parts))


def find(part: Part, text: Sequence[Token]) -> list[Found]:
    """Every place in `text` where `part` is found, in order."""
    if isinstance(part, Word):
        return [
            Found(i, i + 1, match)
            for i, token in enumerate(text)
            if (match := part.match(token.forms)) is not Match.NONE
        ]
    size = len(part.folded)
    folded = tuple(token.forms.folded for token in text)
    return [Found(i, i + size, Match.EXACT) for i in range(len(text) - size + 1) if folded[i : i + size] == part.folded]


def _words(text: str, *, typing: bool = False) -> list[Word]:
    found = list(tokens(text, ""))
    words = [Word(token.forms.exact, token.forms.folded, query_stems(token.forms)) for token in found]
    if typing and found and found[-1].end == len(text):
        last = words[-1]
        words[-1] = Word(last.exact, last.folded, last.stems, prefix=True)
    return words


def _without_repeats(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Without words that an earlier or later, wider one (the prefix being typed) asks for already."""
    wider = {part.exact for part in parts if isinstance(part, Word) and part.prefix}
    return tuple(part for part in parts if not (isinstance(part, Word) and not part.prefix and part.exact in wider))
