"""The search index in memory: small, plain, and held to the same promises. It says what the others must find.

A passage matches when each part of the query (or, where no passage has all, as many of them as any passage
has) is found in its text, its speakers or its recording's title. A recording shows the passages that have a part
in their own text or speakers; where only its title matches, its first passage stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.facets.cards import Card, admitted, card_of, facet_counts, in_order, spellings
from index.passages.build import by_recording
from index.port import Passage, Prepared, Query, RecordingHit, Results, not_ready
from index.query.answer import answer
from index.query.engine import Found
from index.query.missing import explained, in_question
from index.query.parser import Part, Phrase, Wanted
from index.query.typos import distance, tolerating
from index.query.word_variants import otherwise
from index.ranking.highlight import recording_hit
from index.ranking.matches import Marker
from index.ranking.scoring import Scored, Scorer, best_first, of_recording, telling
from index.text.analysis import Analysed, analysed


@dataclass(frozen=True)
class _Entry:
    passage: Passage

    @cached_property
    def _analysed(self) -> Analysed:
        return analysed(self.passage)

    @cached_property
    def words(self) -> tuple[str, str, str]:
        """Of text, title and speakers, each with a space around every word."""
        known = self._analysed
        return f" {known.text} ", f" {known.title} ", f" {known.speakers} "

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(self._analysed.keys.split())

    @cached_property
    def own(self) -> frozenset[str]:
        """Its keys without those that only the title has."""
        return self.keys - frozenset(self._analysed.lent.split())

    @cached_property
    def speakers(self) -> frozenset[str]:
        return frozenset(self._analysed.speakers.split())

    def has(self, part: Part) -> bool:
        """Whether it, or its recording's title, has this part of a query."""
        return _has(part, self.keys, self.words)

    def has_itself(self, part: Part) -> bool:
        text, _, speakers = self.words
        return _has(part, self.own, (text, speakers))


class MemoryIndex:
    """Every entry is immutable and the dictionary is replaced whole, so searching needs no lock."""

    def __init__(self, *, built: bool = True) -> None:
        """`built`: it holds all of the (empty) archive from its start, and need not be rebuilt first."""
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self._built = built

    @property
    def needs_rebuild(self) -> bool:
        return not self._built

    def check(self, *, deep: bool = False) -> None:
        self.search(Query(per_page=1, passages=1))

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._entries = {**self._entries, recording_id: tuple(_Entry(passage) for passage in passages)}
        if not passages:
            self.remove(recording_id)

    def remove(self, recording_id: str) -> None:
        self._entries = {key: entries for key, entries in self._entries.items() if key != recording_id}

    def search(self, query: Query) -> Results:
        return answer(query, self._state)

    def rebuild(self, passages: Iterable[Passage]) -> int:
        return self.rebuild_prepared(map(self.prepare, by_recording(passages)))

    def prepare(self, passages: Sequence[Passage]) -> Prepared:
        return Prepared(len(passages), tuple(passages))

    def rebuild_prepared(self, recordings: Iterable[Prepared]) -> int:
        before = self._entries
        made = [recording.content for recording in recordings]
        built = {of[0].recording_id: tuple(map(_Entry, of)) for of in made}
        written = {key: of for key, of in self._entries.items() if before.get(key) is not of}  # in the meantime
        gone = before.keys() - self._entries.keys()
        self._entries = {key: of for key, of in built.items() if key not in gone} | written
        self._built = True
        return sum(map(len, made))

    def versions(self) -> dict[str, int]:
        return {key: entries[0].passage.version for key, entries in self._entries.items()}

    def close(self) -> None: ...

    def _state(self, _: Wanted) -> _State:
        """Raises IndexNotReady."""
        if not self._built:
            raise not_ready()
        return _State(self._entries)


@dataclass(frozen=True)
class _State:
    """All entries of one moment, by recording."""

    entries: Mapping[str, Sequence[_Entry]]

    def find(self, query: Query, wanted: Wanted) -> Found:
        wanted = otherwise(wanted, lambda parts: {part for part in parts if any(one.has(part) for one in self._all)})
        wanted = tolerating(wanted, lambda word: not any(one.has(word) for one in self._all))
        marker = Marker((*wanted.parts, *wanted.optional))
        matching: dict[str, list[_Entry]] = {}
        cards: list[Card] = []
        chosen: list[Card] = []
        least = 0
        for least in range(len(wanted.parts), 0 if wanted.parts else -1, -1):
            matching = {key: found for key, of in self.entries.items() if (found := _matching(of, wanted, least))}
            cards = [card_of(found[0].passage) for found in matching.values()]
            chosen = admitted(cards, wanted.filters)
            if chosen:
                break
        scorer = Scorer(marker, len(wanted.parts), self._telling(wanted) if least < len(wanted.parts) else ())
        scored = {card.recording_id: _scored(matching[card.recording_id], wanted, scorer) for card in chosen}
        best = {key: of_recording(found[0].score, len(found)) for key, found in scored.items()}
        ordered = in_order(chosen, wanted.order(query.order), best)
        page = ordered[(query.page - 1) * query.per_page : query.page * query.per_page]
        spelt = spellings(card_of(of[0].passage) for of in self.entries.values())
        results = Results(
            hits=tuple(_hit(scored[card.recording_id], marker, wanted, query.passages) for card in page),
            total=len(chosen),
            facets=facet_counts(cards, wanted.filters, spelt),
        )
        if least < len(wanted.parts) or not chosen:
            results = explained(results, wanted, least, *self._holding(wanted))
        return Found(results, wanted)

    def words(self, beginning: str) -> set[str]:
        said = {word for one in self._all for field in one.words for word in field.split()}
        return {word for word in said if word.startswith(beginning)}

    @cached_property
    def _all(self) -> list[_Entry]:
        return [one for of in self.entries.values() for one in of]

    def _holding(self, wanted: Wanted) -> tuple[set[Part], set[Part]]:
        """Of what is in question: what stands where results may come from, and what stands anywhere."""
        allowed = [one for one in _matching(self._all, wanted, 0) if admitted([card_of(one.passage)], wanted.filters)]
        parts = in_question(wanted)
        here, anywhere = ({part for part in parts if any(one.has(part) for one in of)} for of in (allowed, self._all))
        return here, anywhere

    def _telling(self, wanted: Wanted) -> list[float]:
        return telling([sum(one.has(part) for one in self._all) for part in wanted.parts], len(self._all))


def _has(part: Part, keys: frozenset[str], fields: Sequence[str]) -> bool:
    return any(_stands(one, keys, fields) for one in (part, *part.written))


def _stands(part: Part, keys: frozenset[str], fields: Sequence[str]) -> bool:
    if isinstance(part, Phrase):
        return any(f" {' '.join(part.folded)} " in field for field in fields)
    if part.prefix and any(f" {part.beginning}" in field for field in fields):
        return True
    if not part.key:
        return any(f" {part.forms[0].folded} " in field for field in fields)
    if part.key in keys:
        return True
    asked = part.forms[0].folded
    return part.typos > 0 and any(distance(word, asked) <= part.typos for field in fields for word in field.split())


def _matching(entries: Sequence[_Entry], wanted: Wanted, least: int) -> list[_Entry]:
    """The passages that match, in the order given."""
    return [
        entry
        for entry in entries
        if sum(entry.has(part) for part in wanted.parts) >= least
        and wanted.filters.speakers <= entry.speakers
        and not any(entry.has(part) for part in wanted.excluded)
    ]


def _scored(entries: Sequence[_Entry], wanted: Wanted, scorer: Scorer) -> list[Scored]:
    """The passages to show, best first: those that match themselves, else the first."""
    own = [entry for entry in entries if any(entry.has_itself(part) for part in wanted.parts)]
    scored = [scorer.score(entry.passage) for entry in (own or entries[:1] if wanted.parts else entries)]
    return sorted(scored, key=best_first)


def _hit(found: Sequence[Scored], marker: Marker, wanted: Wanted, limit: int) -> RecordingHit:
    shown = found[:limit] if wanted.parts else found[:1]
    return recording_hit(shown, marker, len(wanted.parts), len(found))
