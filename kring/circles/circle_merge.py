"""Two people who change a circle at once: what one has written does not undo what the other has. Pure.

A form is filled from a circle, with a mark of each field. When it comes back, the marks tell what its reader has
changed, and what others have changed meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from kring.errors import Conflict
from kring.model import Circle

MARK_LENGTH = 12
BOTH = (
    "Somebody else has changed the same fields meanwhile. Nothing of yours was saved yet: look at what stands there "
    "now, then save again."
)


class ChangedMeanwhile(Conflict):
    """The same `fields` were changed by somebody else. `now`: the circle as it stands; `written`: with one's own
    changes."""

    def __init__(self, template: str, *, fields: Iterable[str], now: Circle, written: Circle) -> None:
        super().__init__(template)
        self.fields = frozenset(fields)
        self.now = now
        self.written = written


def marks_of(circle: Circle, fields: Iterable[str]) -> str:
    """What a form remembers of the circle it was filled from: `name:0a1b… purpose:…`."""
    return " ".join(f"{field}:{_mark(circle, field)}" for field in sorted(fields))


def merged(now: Circle, written: Circle, seen: str, fields: Iterable[str]) -> Circle:
    """The circle as it is stored `now`, with those of the `fields` that were changed in `written`.

    `seen`: the marks that the form was filled from; without that of a field nothing is overwritten there. Raises
    ChangedMeanwhile where both have changed the same field, each otherwise.
    """
    before = _read(seen)
    mine = {field for field in fields if _mark(written, field) not in {before.get(field), _mark(now, field)}}
    result = now.model_copy(update={field: getattr(written, field) for field in mine})
    if both := {field for field in mine if _mark(now, field) != before.get(field)}:
        raise ChangedMeanwhile(BOTH, fields=both, now=now, written=result)
    return result


def _read(marks: str) -> Mapping[str, str]:
    pairs = (pair.partition(":") for pair in marks.split())
    return {field: mark for field, _, mark in pairs}


def _mark(circle: Circle, field: str) -> str:
    return hashlib.sha256(circle.model_dump_json(include={field}).encode()).hexdigest()[:MARK_LENGTH]
