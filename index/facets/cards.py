"""Recordings as cards: what filters and facets need to know of each, for every engine that counts in Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from index.port import Filters, Order, Passage
from index.text.folding import label_key

KINDS = ("circle", "network", "language", "year", "topic", "organisation")
LABELS = KINDS[4:]
"""Kinds of which a recording may have several values, in any case of letters."""
_Cell = tuple[str, str, str, str]
Spellings: TypeAlias = tuple[Mapping[str, str], Mapping[str, str]]
"""For each of `LABELS`: what a value is known by → how the archive spells it."""
UNSPELT: Spellings = ({}, {})


@dataclass(frozen=True, slots=True)
class Card:
    recording_id: str
    version: int
    date: date
    cell: _Cell
    """Circle, network, language and year: recordings in one cell count alike."""
    topics: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    audience: str = ""

    def values(self, place: int) -> tuple[str, ...]:
        """Of the kind that stands at this place of `KINDS`: each once, and labels as they are known."""
        if place < len(self.cell):
            return (self.cell[place],)
        return tuple(dict.fromkeys(map(label_key, self.labels[place - len(self.cell)])))

    @property
    def labels(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of each of `LABELS`, as they are spelt."""
        return self.topics, self.organisations


def card_of(passage: Passage) -> Card:
    cell = (passage.circle, passage.network, passage.language, str(passage.date.year))
    labels = passage.topics, passage.organisations
    return Card(passage.recording_id, passage.version, passage.date, cell, *labels, passage.audience)


def newest_first(card: Card) -> tuple[int, str]:
    """Sort key: newest first, then by id. It also settles ties of relevance."""
    return (-card.date.toordinal(), card.recording_id)


def in_order(cards: Iterable[Card], order: Order, scores: Mapping[str, float]) -> list[Card]:
    """`scores`: recording id → how well it matches, if the order is relevance."""
    if order is Order.OLDEST:
        return sorted(cards, key=lambda card: (card.date, card.recording_id))
    if order is Order.NEWEST:
        return sorted(cards, key=newest_first)
    return sorted(cards, key=lambda card: (-scores[card.recording_id], newest_first(card)))


def passing(cards: Iterable[Card], filters: Filters) -> list[Card]:
    """The cards that pass every filter, in the order given."""
    allowed = values_of(filters)
    return [
        card
        for card in cards
        if (filters.recording_id is None or card.recording_id == filters.recording_id)
        and _in_time(card, filters)
        and _passes(card, allowed)
    ]


def facet_counts(cards: Collection[Card], filters: Filters, spelling: Spellings) -> dict[str, dict[str, int]]:
    """Kind → value → recordings, the most frequent first; each kind ignores its own filter (a year: the dates)."""
    allowed = values_of(filters)
    if filters.recording_id is not None:
        cards = [card for card in cards if card.recording_id == filters.recording_id]
    facets = {}
    for place, kind in enumerate(KINDS):
        counted = [
            card for card in cards if (kind == "year" or _in_time(card, filters)) and _passes(card, allowed, but=place)
        ]
        counts = Counter(value for card in counted for value in card.values(place))
        facets[kind] = by_count(counts, kind, spelling)
    return facets


def by_count(counts: Mapping[str, int], kind: str, spelling: Spellings) -> dict[str, int]:
    """The most frequent first, then by name; labels as the archive spells them."""
    known = spelling[LABELS.index(kind)] if kind in LABELS else {}
    named = [(known.get(value, value), count) for value, count in counts.items()]
    return dict(sorted(named, key=lambda item: (-item[1], item[0])))


def spellings(cards: Iterable[Card]) -> Spellings:
    """How all these recordings spell their topics and organisations."""
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for card in cards:
        for labels, counted in zip(card.labels, counts, strict=True):
            counted.update(set(labels))
    return label_spellings(counts[0]), label_spellings(counts[1])


def label_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """What a value is known by → how it is written: as in most recordings, of several such as comes first by alphabet.

    `counts`: spelling → recordings.
    """
    ways: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for spelling, count in counts.items():
        ways[label_key(spelling)].append((-count, spelling))
    return {known: min(written)[1] for known, written in ways.items()}


def values_of(filters: Filters) -> tuple[frozenset[str], ...]:
    """The values asked for of each of `KINDS`; a year is asked for by its dates."""
    labels = (frozenset(map(label_key, labels_of_kind)) for labels_of_kind in (filters.topics, filters.organisations))
    return (filters.circles, filters.networks, filters.languages, frozenset(), *labels)


def _passes(card: Card, allowed: tuple[frozenset[str], ...], but: int = -1) -> bool:
    return all(
        place == but or not values or not values.isdisjoint(card.values(place)) for place, values in enumerate(allowed)
    )


def _in_time(card: Card, filters: Filters) -> bool:
    return (filters.after is None or card.date >= filters.after) and (
        filters.before is None or card.date <= filters.before
    )
