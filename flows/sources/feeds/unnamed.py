"""Entries without an id. They are known by their file's address; where that is another one each time, because a token
is part of its path, by title, date and length together. Pure.

Nothing in a path says what of it is a token and what names the file. So an entry is one that was there before only if
all three are the same, nothing else in the feed has the same three, and its old address is no longer offered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from flows.sources.feeds.entries import Entry, Offer
from kring.intake.item import Item
from kring.model import SourceRef

LEAST_BYTES = 10_000
"""Shorter ones are what publishers write who do not know the length."""

Marked = tuple[Item, str | None]
"""An item with the mark of its entry."""


def mark_of(entry: Entry, offer: Offer) -> str | None:
    """The same whatever its address; None: it has an id, or too little to know it by."""
    if entry.id or not entry.title.strip() or not entry.dates or offer.bytes < LEAST_BYTES:
        return None
    return hashlib.sha256("\n".join([entry.title, entry.dates[0], f"{offer.bytes:.0f}"]).encode()).hexdigest()


def known_again(found: Sequence[Marked], before: Mapping[str, SourceRef]) -> list[Marked]:
    """Those that were there before under another address get the reference they had. `before`: by marks."""
    offered = {item.recording_id for item, _ in found}
    alone = _alone(found)

    def again(item: Item, mark: str | None) -> Item:
        known = before.get(mark) if mark is not None and mark in alone else None
        return item if known is None or known.recording_id in offered else item.model_copy(update={"ref": known})

    return [(again(item, mark), mark) for item, mark in found]


def marks_of(found: Sequence[Marked]) -> dict[str, SourceRef]:
    """What the next look is to know them by."""
    alone = _alone(found)
    return {mark: item.ref for item, mark in found if mark is not None and mark in alone}


def _alone(found: Sequence[Marked]) -> set[str | None]:
    return {mark for mark, count in Counter(mark for _, mark in found).items() if count == 1}
