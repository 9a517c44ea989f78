"""Recordings as cards: what filters and facets need to know of each, for every engine that counts in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from index.port import Filters, Order, Passage, Results

KINDS = ("circle", "network", "language", "year")
_Cell = tuple[str, str, str, str]


def nothing() -> Results:
    """What is found where there is nothing to find."""
    return Results(hits=(), total=0, facets={kind: {} for kind in KINDS})


@dataclass(frozen=True, slots=True)
class Card:
    recording_id: str
    version: int
    date: date
    cell: _Cell
    """Circle, network, language and year: recordings in one cell count alike."""


def card_of(passage: Passage) -> Card:
    cell = (passage.circle, passage.network, passage.language, str(passage.date.year))
    return Card(passage.recording_id, passage.version, passage.date, cell)


def newest_first(card: Card) -> tuple[int, str]:
    """Sort key: newest first, then by id. It also settles ties of relevance."""
    return (-card.date.toordinal(), card.recording_id)


def in_order(cards: Iterable[Card], order: Order, scores: Mapping[str, float]) -> list[Card]:
    """`scores`: recording id → how well it matches, where the order is relevance."""
    if order is Order.OLDEST:
        return sorted(cards, key=lambda card: (card.date, card.recording_id))
    if order is Order.NEWEST:
        return sorted(cards, key=newest_first)
    return sorted(cards, key=lambda card: (-scores[card.recording_id], newest_first(card)))


def admitted(cards: Iterable[Card], filters: Filters) -> list[Card]:
    """The cards that pass every filter, in the order given."""
    allowed = values_of(filters)
    return [
        card
        for card in cards
        if (filters.recording_id is None or card.recording_id == filters.recording_id)
        and _in_time(card, filters)
        and _passes(card.cell, allowed)
    ]


def facet_counts(cards: Collection[Card], filters: Filters) -> dict[str, dict[str, int]]:
    """Kind → value → recordings, the most frequent first; each kind ignores its own filter (a year: the dates)."""
    allowed = values_of(filters)
    if filters.recording_id is not None:
        cards = [card for card in cards if card.recording_id == filters.recording_id]
    cells = Counter([card.cell for card in cards])
    dated = cells
    if filters.after is not None or filters.before is not None:
        dated = Counter([card.cell for card in cards if _in_time(card, filters)])
    facets = {}
    for position, kind in enumerate(KINDS):
        counts: Counter[str] = Counter()
        for cell, count in (cells if kind == "year" else dated).items():
            if _passes(cell, allowed, but=position):
                counts[cell[position]] += count
        facets[kind] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return facets


def values_of(filters: Filters) -> tuple[frozenset[str], ...]:
    """The values wanted of each of `KINDS` but the year."""
    return (filters.circles, filters.networks, filters.languages)


def _passes(cell: _Cell, allowed: tuple[frozenset[str], ...], but: int = -1) -> bool:
    return all(i == but or not values or cell[i] in values for i, values in enumerate(allowed))


def _in_time(card: Card, filters: Filters) -> bool:
    return (filters.after is None or card.date >= filters.after) and (
        filters.before is None or card.date <= filters.before
    )
