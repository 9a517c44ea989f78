"""Which words of a text answer a query, and how well: for ranking and for highlights, the same for every engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from index.analysis import TOKEN, Forms, forms_in
from index.glossary import terms_of
from index.port import Passage
from index.stemming import stem
from index.wanted import Part, Phrase, Word, distance

_LINKS = ("", "s", "e", "en")  # letters between the parts of a compound


class Match(IntEnum):
    """How well a word matches what was asked; higher is better."""

    BEGINS = 0
    """A compound that was asked for begins so: the next word decides."""
    SPELLING = 1
    TRANSLATION = 2
    PREFIX = 3
    PART = 4
    STEM = 5
    FOLDED = 6
    EXACT = 7


class Mark(NamedTuple):
    """A match in the original text."""

    start: int
    end: int
    part: int
    """Which part of the query."""
    match: Match
    place: int
    """Number of its (first) word in the text."""


class _Hit(NamedTuple):
    """`member` of `term` of `part`: a term of several words is found where all its members are."""

    part: int
    term: int
    member: int
    match: Match


class Marker:
    """Finds the parts of one query in texts. Remembers what it has seen, so keep it for one search only."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._terms = [_terms(part) if isinstance(part, Word) else () for part in self.parts]
        self._phrases = [(number, part) for number, part in enumerate(self.parts) if isinstance(part, Phrase)]
        self._known: dict[str, _Hits] = {}
        self._titles: dict[str, list[Mark]] = {}

    def marks(self, text: str, language: str) -> list[Mark]:
        """Every match in `text`, in order; several may share a place."""
        hits = self._known.get(language)
        if hits is None:
            hits = self._known[language] = _Hits(self, language)
        words = list(TOKEN.finditer(text))
        answers = [hits[word.group()] for word in words]
        raw: list[tuple[_Hit, int, int]] = []
        for place, answer in enumerate(answers):
            for hit in answer:
                if hit.match is not Match.BEGINS:
                    raw.append((hit, place, place))
                elif place + 1 < len(words) and self._together(hit.part, words[place], words[place + 1], language):
                    raw.append((hit._replace(match=Match.PART), place, place + 1))
        seen = {(hit.part, hit.term, hit.member) for hit, _, _ in raw}
        found = [
            Mark(words[first].start(), words[last].end(), hit.part, hit.match, first)
            for hit, first, last in raw
            if self._complete(hit, seen)
        ]
        if self._phrases:
            found += self._phrase_marks(words, language)
        return sorted(found)

    def title(self, passage: Passage) -> list[Mark]:
        """The matches in the title of this passage's recording."""
        marks = self._titles.get(passage.recording_id)
        if marks is None:
            marks = self._titles[passage.recording_id] = self.marks(passage.title, passage.language)
        return marks

    def hits(self, forms: Forms) -> tuple[_Hit, ...]:
        """What one word says, whatever stands around it."""
        return tuple(
            hit for number, part in enumerate(self.parts) if isinstance(part, Word) for hit in self._of(number, part, forms)
        )

    def _of(self, number: int, part: Word, forms: Forms) -> Iterator[_Hit]:
        for member, wanted in enumerate(part.forms):
            if match := _match(part, wanted, forms):
                yield _Hit(number, 0, member, match)
            elif len(part.forms) == 1 and _may_begin(wanted, forms):
                yield _Hit(number, 0, 0, Match.BEGINS)
        for term, stems in enumerate(self._terms[number], start=1):
            for member, key in enumerate(stems):
                if key in forms.keys:
                    yield _Hit(number, term, member, Match.TRANSLATION)

    def _complete(self, hit: _Hit, seen: set[tuple[int, int, int]]) -> bool:
        part = self.parts[hit.part]
        if not isinstance(part, Word):
            return True
        size = len(self._terms[hit.part][hit.term - 1]) if hit.term else len(part.forms)
        return size == 1 or all((hit.part, hit.term, member) in seen for member in range(size))

    def _together(self, number: int, left: re.Match[str], right: re.Match[str], language: str) -> bool:
        part = self.parts[number]
        known = forms_in(language)
        one, other = known[left.group()], known[right.group()]
        if one is None or other is None or not other.stem or not isinstance(part, Word):
            return False
        return any(stem(one.folded + link + other.folded) == part.forms[0].stem for link in _LINKS)

    def _phrase_marks(self, words: Sequence[re.Match[str]], language: str) -> Iterator[Mark]:
        known = forms_in(language)
        spoken = [(word, forms.folded) for word in words if (forms := known[word.group()]) is not None]
        folded = tuple(form for _, form in spoken)
        for number, phrase in self._phrases:
            size = len(phrase.folded)
            for at in range(len(folded) - size + 1):
                if folded[at] == phrase.folded[0] and folded[at : at + size] == phrase.folded:
                    yield Mark(spoken[at][0].start(), spoken[at + size - 1][0].end(), number, Match.EXACT, at)


class _Hits(dict[str, tuple[_Hit, ...]]):
    def __init__(self, marker: Marker, language: str) -> None:
        super().__init__()
        self._marker = marker
        self._forms = forms_in(language)

    def __missing__(self, word: str) -> tuple[_Hit, ...]:
        forms = self._forms[word]
        self[word] = hits = self._marker.hits(forms) if forms is not None else ()
        return hits


def _terms(part: Word) -> tuple[tuple[str, ...], ...]:
    """The other terms for what it means."""
    if not part.concept:
        return ()
    own = tuple(form.stem for form in part.forms)
    return tuple(stems for stems in terms_of(part.concept) if stems != own)


def _match(part: Word, wanted: Forms, forms: Forms) -> Match | None:
    if forms.exact == wanted.exact:
        return Match.EXACT
    if forms.folded == wanted.folded:
        return Match.FOLDED
    if wanted.stem and forms.stem == wanted.stem:
        return Match.STEM
    if wanted.stem and wanted.stem in forms.keys:
        return Match.PART
    if part.prefix and forms.folded.startswith(part.beginning):
        return Match.PREFIX
    if part.typos and any(distance(key, wanted.stem) <= part.typos for key in forms.keys):
        return Match.SPELLING
    return None


def _may_begin(wanted: Forms, forms: Forms) -> bool:
    return bool(forms.stem) and 3 <= len(forms.folded) <= len(wanted.folded) - 3 and wanted.folded.startswith(forms.folded)
