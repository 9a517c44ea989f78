"""Which words of a text answer a query, and how well: for ranking and for highlights, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from index.analysis import TOKEN, Forms, Known, forms_in
from index.glossary import terms_of
from index.port import Passage
from index.stemming import stem
from index.wanted import Part, Phrase, Word, distance

_LINKS = ("", "s", "e", "en")  # letters between the parts of a compound
_SHORTEST = 3  # letters of such a part


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
    """A match, from one word of a text to another; words are numbered from 0."""

    first: int
    last: int
    part: int
    """Which part of the query."""
    match: Match


class _Hit(NamedTuple):
    """`member` of `term` of `part`: a term of several words is found where all its members are."""

    part: int
    term: int
    member: int
    match: Match


class Marker:
    """Finds the parts of one query in texts."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._words = [(number, part) for number, part in enumerate(self.parts) if isinstance(part, Word)]
        self._phrases = [(number, part) for number, part in enumerate(self.parts) if isinstance(part, Phrase)]
        self._terms = [_terms(part) if isinstance(part, Word) else () for part in self.parts]
        self._keys = {form.stem for _, part in self._words for form in part.forms}
        self._keys.update(key for terms in self._terms for stems in terms for key in stems)
        self._folded = {form.folded for _, part in self._words for form in part.forms}
        self._folded |= {one[:end] for one in self._folded for end in range(_SHORTEST, len(one) - _SHORTEST + 1)}
        self._beginnings = tuple(part.beginning for _, part in self._words if part.prefix)
        self._misspelt = [(part.forms[0].folded, part.typos) for _, part in self._words if part.typos]
        self._hits: dict[str, tuple[int, dict[str, tuple[_Hit, ...]]]] = {}
        """Language → what answers of the so many words that were known then."""
        self._titles: dict[str, list[Mark]] = {}

    def marks(self, text: str, language: str) -> list[Mark]:
        """Every match in `text`, in order; several may share a place."""
        words = TOKEN.findall(text)
        hits = self._answers(words, language)
        places = [place for place, word in enumerate(words) if word in hits] if hits else []
        if not places and not self._phrases:
            return []
        raw: list[tuple[_Hit, int, int]] = []
        for place in places:
            for hit in hits[words[place]]:
                if hit.match is not Match.BEGINS:
                    raw.append((hit, place, place))
                elif place + 1 < len(words) and self._together(hit.part, words[place], words[place + 1], language):
                    raw.append((hit._replace(match=Match.PART), place, place + 1))
        seen = {(hit.part, hit.term, hit.member) for hit, _, _ in raw}
        found = [Mark(first, last, hit.part, hit.match) for hit, first, last in raw if self._complete(hit, seen)]
        if self._phrases:
            found += self._phrase_marks(words, language)
        return sorted(found)

    def _answers(self, words: Sequence[str], language: str) -> dict[str, tuple[_Hit, ...]]:
        """The words that answer the query, of all that are known in this language: nearly none does."""
        known = forms_in(language)
        distinct = set(words)
        for word in [word for word in distinct if word not in known]:
            known[word]
        size, hits = self._hits.get(language, (-1, {}))
        if size != len(known):
            having = {word for one in (*self._keys, *self._folded) for word in known.having.get(one, ())}
            hits = {word: answers for word in having if (answers := self._of_word(known[word]))}
            self._hits[language] = (len(known), hits)
        return hits | self._loose(distinct, known) if self._beginnings or self._misspelt else hits

    def _loose(self, words: set[str], known: Known) -> dict[str, tuple[_Hit, ...]]:
        """The words that begin as wanted, or are nearly what was: these must be asked one by one."""
        there = [(word, forms) for word in words if (forms := known[word]) is not None]
        found = [word for word, forms in there if self._beginnings and forms.folded.startswith(self._beginnings)]
        for asked, typos in self._misspelt:
            found += [word for word, forms in there if distance(forms.folded, asked) <= typos]
        return {word: self._of_word(known[word]) for word in found}

    def title(self, passage: Passage) -> list[Mark]:
        """The matches in the title of this passage's recording."""
        marks = self._titles.get(passage.recording_id)
        if marks is None:
            marks = self._titles[passage.recording_id] = self.marks(passage.title, passage.language)
        return marks

    def _of_word(self, forms: Forms | None) -> tuple[_Hit, ...]:
        """What one word says, whatever stands around it."""
        if forms is None:
            return ()
        return tuple(hit for number, part in self._words for hit in self._of(number, part, forms))

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

    def _together(self, number: int, left: str, right: str, language: str) -> bool:
        part = self.parts[number]
        known = forms_in(language)
        one, other = known[left], known[right]
        if one is None or other is None or not other.stem or not isinstance(part, Word):
            return False
        return any(stem(one.folded + link + other.folded) == part.forms[0].stem for link in _LINKS)

    def _phrase_marks(self, words: Sequence[str], language: str) -> Iterator[Mark]:
        known = forms_in(language)
        spoken = [(place, forms.folded) for place, word in enumerate(words) if (forms := known[word]) is not None]
        folded = tuple(form for _, form in spoken)
        for number, phrase in self._phrases:
            size = len(phrase.folded)
            for at in range(len(folded) - size + 1):
                if folded[at] == phrase.folded[0] and folded[at : at + size] == phrase.folded:
                    yield Mark(spoken[at][0], spoken[at + size - 1][0], number, Match.EXACT)


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
    if part.typos and distance(forms.folded, wanted.folded) <= part.typos:
        return Match.SPELLING
    return None


def _may_begin(wanted: Forms, forms: Forms) -> bool:
    size = len(forms.folded)
    return (
        bool(forms.stem)
        and _SHORTEST <= size <= len(wanted.folded) - _SHORTEST
        and wanted.folded.startswith(forms.folded)
    )
