"""All recordings of an archive as columns, newest first: filters and facets for many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.facets.cards import KINDS, Card, by_count, newest_first, spellings, values_of
from index.port import Filters

Rows: TypeAlias = NDArray[np.intp]
"""Places among the recordings; smaller is newer."""


@dataclass(frozen=True)
class _Kind:
    """The values of all recordings in two columns: `codes`, places in `values`, and the recording each belongs to.

    `single`: each recording has one, so that the recordings count up from 0.
    """

    values: list[str]
    codes: NDArray[np.intp]
    rows: Rows
    size: int
    single: bool

    def allows(self, allowed: Collection[str]) -> NDArray[np.bool_]:
        allowed_rows = np.array([value in allowed for value in self.values], dtype=bool)[self.codes]
        if self.single:
            return allowed_rows
        passes = np.zeros(self.size, dtype=bool)
        passes[self.rows[allowed_rows]] = True
        return passes

    def counts(self, rows: Rows) -> dict[str, int]:
        """Value → recordings, of these."""
        if self.single:
            codes = self.codes[rows]
        else:
            counted = np.zeros(self.size, dtype=bool)
            counted[rows] = True
            codes = self.codes[counted[self.rows]]
        counts = np.bincount(codes, minlength=len(self.values)).tolist()
        return {value: count for value, count in zip(self.values, counts, strict=True) if count}


class FacetColumns:
    """`recs`: the number an engine knows each recording by, in the order of `cards`."""

    def __init__(self, cards: Iterable[tuple[int, Card]]) -> None:
        ordered = sorted(cards, key=lambda numbered: newest_first(numbered[1]))
        self.cards = [card for _, card in ordered]
        self.recs = np.array([rec for rec, _ in ordered], dtype=np.int64)
        self._days = np.array([card.date.toordinal() for card in self.cards], dtype=np.int64)
        self._by_rec = np.argsort(self.recs)
        self._sorted = self.recs[self._by_rec]
        self._kinds = [_kind([card.values(place) for card in self.cards]) for place in range(len(KINDS))]
        self._spelt = spellings(self.cards)

    def without(self, audiences: Container[str]) -> FacetColumns:
        """Those of the recordings that are for none of these audiences."""
        recordings = zip(self.recs.tolist(), self.cards, strict=True)
        return FacetColumns((rec, card) for rec, card in recordings if card.audience not in audiences)

    def all(self) -> Rows:
        return np.arange(len(self.cards))

    def rows(self, recs: Collection[int]) -> Rows:
        """Where these recordings stand, newest first. All must be there."""
        return np.sort(self._at(recs))

    def places(self, recs: Collection[int]) -> list[int]:
        """Where each of these recordings stands."""
        places: list[int] = self._at(recs).tolist()
        return places

    def _at(self, recs: Collection[int]) -> Rows:
        sought = np.fromiter(recs, dtype=np.int64, count=len(recs))
        return self._by_rec[np.searchsorted(self._sorted, sought)]

    def oldest(self, rows: Rows) -> Rows:
        """The same, oldest first; those of one day by id, as ever."""
        return rows[np.argsort(self._days[rows], kind="stable")]

    def passing(self, rows: Rows, filters: Filters) -> Rows:
        """Those of `rows` that pass every filter."""
        passes = self._in_time(filters)[rows]
        for place, values in enumerate(values_of(filters)):
            if values:
                passes &= self._kinds[place].allows(values)[rows]
        if filters.recording_id is not None:
            passes &= np.array([self.cards[row].recording_id == filters.recording_id for row in rows], dtype=bool)
        return rows[passes]

    def facets(self, rows: Rows, filters: Filters) -> dict[str, dict[str, int]]:
        """Kind → value → recordings, the most frequent first; each kind ignores its own filter (a year: the dates)."""
        if filters.recording_id is not None:
            rows = self.passing(rows, Filters(recording_id=filters.recording_id))
        in_time = self._in_time(filters)[rows]
        passing = {
            place: self._kinds[place].allows(values)[rows] for place, values in enumerate(values_of(filters)) if values
        }
        facets = {}
        for place, name in enumerate(KINDS):
            counted = np.ones(len(rows), dtype=bool) if name == "year" else in_time.copy()
            for other, passes in passing.items():
                if other != place:
                    counted &= passes
            facets[name] = by_count(self._kinds[place].counts(rows[counted]), name, self._spelt)
        return facets

    def _in_time(self, filters: Filters) -> NDArray[np.bool_]:
        passes = np.ones(len(self.cards), dtype=bool)
        if filters.after is not None:
            passes &= self._days >= filters.after.toordinal()
        if filters.before is not None:
            passes &= self._days <= filters.before.toordinal()
        return passes


def _kind(of_each: list[tuple[str, ...]]) -> _Kind:
    known = sorted({value for values in of_each for value in values})
    codes = {value: code for code, value in enumerate(known)}
    pairs = [(codes[value], row) for row, values in enumerate(of_each) for value in values]
    columns = np.array(pairs, dtype=np.intp).reshape(-1, 2).T.copy()
    single = all(len(values) == 1 for values in of_each)
    return _Kind(known, columns[0], columns[1], len(of_each), single)
