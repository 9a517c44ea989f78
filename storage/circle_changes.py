"""Making and changing a circle: written down before it is done, and never over what somebody else has just written."""

from __future__ import annotations

from collections.abc import Callable

from kring.circles.circle_fields import differing
from kring.model import Circle
from storage.archive.archive import Archive
from storage.keys import circle_key

MADE = "made"
Note = Callable[[str], object]
"""Writes down, in a few words, what is about to be done with a circle. Raises StorageDown."""


def make_circle(archive: Archive, circle: Circle, note: Note) -> bool:
    """Whether it was made; False: there is one of this slug already, which stays as it is. Raises StorageDown."""
    if archive.store.exists(circle_key(circle.slug)):
        return False
    note(MADE)
    return archive.create_circle(circle)


def change_circle(archive: Archive, slug: str, change: Callable[[Circle], Circle], note: Note) -> tuple[Circle, Circle]:
    """The circle before and after `change`, which is called again if another process wrote in between; where it changes
    nothing, nothing is written. Which fields it changes is noted, not what stands in them.

    Raises UnknownCircle, StorageDown, Conflict if others never stop writing, and what `change` raises.
    """
    before = archive.circle(slug)
    fields = differing(before, change(before))
    if not fields:
        return before, before
    note(", ".join(field.replace("_", " ") for field in fields))
    return before, archive.change_circle(slug, change)
