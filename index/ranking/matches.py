"""Which words of a text answer a query, and how well: for ranking and for highlights, the same for every engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from index.port import Passage
from index.query.parser import Part, Phrase, QueryWord
from index.query.typos import distance
from index.text.analysis import TOKEN, Forms, FormsCache, folded, forms_in, labels
from index.text.glossary import terms_of
from index.text.stemming import stem

_LINKS = ("", "s", "e", "en")  # letters between the parts of a compound
_MOST_TOGETHER = 4  # words that may be written for one
_EVEN = {"e": "a?e", "f": "[fv]", "i": "[iyj]", "k": "[kc]", "s": "[sz]"}
"""Letter of a stem → what it may be in a folded word."""


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
    member: int = 0
    """Which word of a term of several words."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Every match in a passage, in order; several may share a place. Those in names count words over all names."""

    text: list[Mark]
    title: list[Mark]
    names: list[Mark]
    labels: list[Mark]
    """In the names of topics and organisations."""

    def __iter__(self) -> Iterator[list[Mark]]:
        return iter((self.text, self.title, self.names, self.labels))


class _Hit(NamedTuple):
    """`member` of `term` of `part`: a term of several words is found if all its members are."""

    part: int
    term: int
    member: int
    match: Match


_Raw: TypeAlias = tuple[_Hit, int, int]
"""A hit, from one word to another."""


class Marker:
    """Finds the parts of one query in texts."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        asked_for = [(number, variant) for number, part in enumerate(self.parts) for variant in (part, *part.variants)]
        self._words = [(number, part) for number, part in asked_for if isinstance(part, QueryWord)]
        self._phrases = [(number, part) for number, part in asked_for if isinstance(part, Phrase)]
        self._terms = [_terms(part) if isinstance(part, QueryWord) else () for part in self.parts]
        forms = [form for _, part in self._words for form in part.forms]
        asked = {form.folded for form in forms}
        self._searched = asked.union(form.stem for form in forms if form.stem)
        self._searched |= {key for terms in self._terms for stems in terms for key in stems}
        self._literal = {form.folded for form in forms if not form.stem or len(form.folded) == 1}
        """Stop words and single letters: nothing else has them for a key."""
        self._may_match = _any_key_pattern(self._searched - self._literal)
        self._prefixes = {word[:end] for word in asked for end in range(1, len(word))}
        self._searched |= self._prefixes
        self._beginnings = tuple(part.beginning for _, part in self._words if part.prefix)
        self._misspelt = [(part.forms[0].folded, part.typos) for _, part in self._words if part.typos]
        self._hits_by_word: dict[str, dict[str, tuple[_Hit, ...]]] = {}
        """Language → what words answer, as far as they were looked at."""
        self._titles: dict[str, tuple[list[_Raw], list[_Raw]]] = {}
        """Recording → what was found in its title and in the names of its topics and organisations."""

    def marks(self, passage: Passage) -> Marks:
        """A term of several words is found if all of them are, some in the text perhaps, others in the title."""
        text = self._find(passage.text, passage.language)
        names = self._find(" ".join(passage.speakers), "") if passage.speakers else []
        titles = self._titles.get(passage.recording_id)
        if titles is None:
            title, named = self._find(passage.title, passage.language), self._find(labels(passage), passage.language)
            titles = self._titles[passage.recording_id] = (title, named)
        fields = (text, titles[0], names, titles[1])
        seen = {(hit.part, hit.term, hit.member) for raw in fields for hit, _, _ in raw}
        return Marks(*(self._complete(raw, seen) for raw in fields))

    def _find(self, text: str, language: str) -> list[_Raw]:
        words = TOKEN.findall(text)
        hits = self._matching_words(words, language)
        raw: list[_Raw] = []
        for place in [place for place, word in enumerate(words) if word in hits] if hits else ():
            for hit in hits[words[place]]:
                if hit.match is not Match.BEGINS:
                    raw.append((hit, place, place))
                elif last := self._last_joined(hit.part, words, place, language):
                    raw.append((hit._replace(match=Match.PART), place, last))
        if self._phrases:
            raw += self._phrase_hits(words)
        return raw

    def _matching_words(self, words: Sequence[str], language: str) -> dict[str, tuple[_Hit, ...]]:
        """Those of these words that answer the query: nearly none does."""
        known = forms_in(language)
        distinct = set(words)
        unknown = [word for word in distinct if word not in known and self._may_match(_folded_quickly(word))]
        unknown += [word for word in distinct if word not in known and _folded_quickly(word) in self._prefixes]
        if self._literal:
            unknown += [word for word in distinct if word not in known and folded(word) in self._literal]
        forms = {word: known[word] for word in unknown}
        answering = distinct.intersection(set().union(*(known.words_with.get(key, ()) for key in self._searched)))
        answering.update(word for word in unknown if word not in known)  # more than are remembered
        answers = self._hits_by_word.setdefault(language, {})
        for word in answering - answers.keys():
            answers[word] = self._word_hits(forms.get(word) or known[word])
        hits = {word: answers[word] for word in answering if answers[word]}
        return hits | self._loose_matches(distinct, known) if self._beginnings or self._misspelt else hits

    def _loose_matches(self, words: set[str], known: FormsCache) -> dict[str, tuple[_Hit, ...]]:
        """The words that begin as asked for, or nearly match: these must be compared one by one."""
        loose = [word for word in words if self._beginnings and folded(word).startswith(self._beginnings)]
        for asked, typos in self._misspelt:
            loose += [word for word in words if distance(folded(word), asked) <= typos]
        return {word: self._word_hits(known[word]) for word in loose}

    def _word_hits(self, forms: Forms | None) -> tuple[_Hit, ...]:
        """What one word says, whatever stands around it."""
        if forms is None:
            return ()
        return tuple(hit for number, part in self._words for hit in self._variant_hits(number, part, forms))

    def _variant_hits(self, number: int, part: QueryWord, forms: Forms) -> Iterator[_Hit]:
        """What is written otherwise than it was asked for is worth no more than another form of the word."""
        for hit in self._part_hits(number, part, forms):
            yield hit if part is self.parts[number] else hit._replace(match=min(hit.match, Match.STEM))

    def _part_hits(self, number: int, part: QueryWord, forms: Forms) -> Iterator[_Hit]:
        for member, asked in enumerate(part.forms):
            if match := _match(part, asked, forms):
                yield _Hit(number, 0, member, match)
            elif len(part.forms) == 1 and _may_begin(asked, forms):
                yield _Hit(number, 0, 0, Match.BEGINS)
        for term, stems in enumerate(self._terms[number] if part is self.parts[number] else (), start=1):
            for member, key in enumerate(stems):
                if key in forms.keys:
                    yield _Hit(number, term, member, Match.TRANSLATION)

    def _complete(self, raw: Sequence[_Raw], seen: set[tuple[int, int, int]]) -> list[Mark]:
        """The matches of terms of which every word was seen."""
        return sorted(
            Mark(first, last, hit.part, hit.match, hit.member)
            for hit, first, last in raw
            if all((hit.part, hit.term, member) in seen for member in range(self._size(hit)))
        )

    def _size(self, hit: _Hit) -> int:
        part = self.parts[hit.part]
        if not isinstance(part, QueryWord):
            return 0
        return len(self._terms[hit.part][hit.term - 1]) if hit.term else len(part.forms)

    def _last_joined(self, number: int, words: Sequence[str], first: int, language: str) -> int | None:
        """The place of the last of the words, from `first` on, that make a word of this part together."""
        known = forms_in(language)
        stems = {part.forms[0].stem for other, part in self._words if other == number}
        links: tuple[str, ...] = _LINKS  # letters stand between two words, and none between more
        joined = folded(words[first])
        for last in range(first + 1, min(first + _MOST_TOGETHER, len(words))):
            form = known[words[last]]
            if form is None or not form.stem:
                return None
            if any(stem(joined + link + form.folded) in stems for link in links):
                return last
            joined, links = joined + form.folded, ("",)
        return None

    def _phrase_hits(self, words: Sequence[str]) -> Iterator[_Raw]:
        spoken = [(place, form) for place, word in enumerate(words) if (form := folded(word))]
        folded_words = tuple(form for _, form in spoken)
        for number, phrase in self._phrases:
            size = len(phrase.folded)
            for at in range(len(folded_words) - size + 1):
                if folded_words[at] == phrase.folded[0] and folded_words[at : at + size] == phrase.folded:
                    match = Match.EXACT if phrase is self.parts[number] else Match.STEM
                    yield _Hit(number, 0, 0, match), spoken[at][0], spoken[at + size - 1][0]


def _folded_quickly(word: str) -> str:
    return word.casefold() if word.isascii() else folded(word)


def _any_key_pattern(keys: Iterable[str]) -> Callable[[str], object]:
    """Whether a folded word may have one of these keys: whether the first letters of one stand in it somewhere.

    It costs a hundredth of an analysis. Letters that stems even out (aa, ae, c, doubled ones) are taken for each other;
    half of a key's letters count, from two to four, since stems change what follows.
    """
    beginnings = {key[: min(4, max(2, len(key) // 2))] for key in keys}
    patterns = (
        "".join(_EVEN.get(letter, re.escape(letter)) + "{1,2}" for letter in beginning)
        for beginning in sorted(beginnings)
    )
    return re.compile("|".join(patterns) or "(?!)").search


def _terms(part: QueryWord) -> tuple[tuple[str, ...], ...]:
    """The other terms for what it means."""
    if not part.concept:
        return ()
    own = tuple(form.stem for form in part.forms)
    return tuple(stems for stems in terms_of(part.concept) if stems != own)


def _match(part: QueryWord, asked: Forms, forms: Forms) -> Match | None:
    matches = (
        (Match.EXACT, forms.exact == asked.exact),
        (Match.FOLDED, forms.folded == asked.folded and (bool(forms.stem) or not asked.stem)),  # an as is no Ås
        (Match.STEM, bool(asked.stem) and forms.stem == asked.stem),
        (Match.PART, bool(asked.stem) and asked.stem in forms.keys),
        (Match.PREFIX, part.prefix and forms.folded.startswith(part.beginning)),
        (Match.SPELLING, part.typos > 0 and distance(forms.folded, asked.folded) <= part.typos),
    )
    return next((match for match, holds in matches if holds), None)


def _may_begin(asked: Forms, forms: Forms) -> bool:
    return bool(forms.stem) and forms.folded != asked.folded and asked.folded.startswith(forms.folded)
