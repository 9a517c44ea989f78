"""Recognises entries without an id. Pure.

Such an entry is known by the address of its file. If a token is part of the path, the address changes each time, and
nothing tells the token from the name of the file. Then the entry counts as an earlier one if title, date and length
are the same, no other entry of the feed has the same three, and the old address is no longer offered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from flows.sources.feeds.entries import Entry, Offer
from kring.intake.item import Item
from kring.model import SourceRef

LEAST_BYTES = 10_000
"""Publishers who do not know the length write a smaller one."""

Marked = tuple[Item, str | None]
"""An item and the mark of its entry, if it has one."""


def mark_of(entry: Entry, offer: Offer) -> str | None:
    """A hash of title, date and length; None if the entry has an id, or lacks one of the three."""
    if entry.id or not entry.title.strip() or not entry.dates or offer.bytes < LEAST_BYTES:
        return None
    return hashlib.sha256("\n".join([entry.title, entry.dates[0], f"{offer.bytes:.0f}"]).encode()).hexdigest()


def recognised(marked_items: Sequence[Marked], before: Mapping[str, SourceRef]) -> list[Marked]:
    """The items; those offered before at another address get the reference they had. `before`: mark → reference."""
    offered = {item.recording_id for item, _ in marked_items}
    unique = _unique_marks(marked_items)

    def restore(item: Item, mark: str | None) -> Item:
        known = before.get(mark) if mark is not None and mark in unique else None
        return item if known is None or known.recording_id in offered else item.model_copy(update={"ref": known})

    return [(restore(item, mark), mark) for item, mark in marked_items]


def marks_of(marked_items: Sequence[Marked]) -> dict[str, SourceRef]:
    """Mark → reference, by which the next look recognises the items."""
    unique = _unique_marks(marked_items)
    return {mark: item.ref for item, mark in marked_items if mark is not None and mark in unique}


def _unique_marks(marked_items: Sequence[Marked]) -> set[str | None]:
    return {mark for mark, count in Counter(mark for _, mark in marked_items).items() if count == 1}
