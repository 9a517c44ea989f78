"""What a source offers and Kring could not take in, with the reason. Stored at `left-out/<id of the source>.json`."""

from __future__ import annotations

from datetime import datetime

from kring.model import SCHEMA_VERSION, Frozen, Line

MOST = 200
"""Of one source; of further ones only their number is kept."""


class LeftOut(Frozen):
    says: str
    """One sentence that names it: what is wrong, and what to do."""
    since: datetime
    """When a look found it first."""


class LeftOuts(Frozen):
    """All that the last look at one source left out."""

    schema_version: int = SCHEMA_VERSION
    source: Line
    items: tuple[LeftOut, ...] = ()
    more: int = 0
    """So many besides."""


def as_found(before: LeftOuts, says: list[str], moment: datetime) -> LeftOuts:
    """What there is after another look: what was left out before keeps its time, what no longer is has gone."""
    since = {one.says: one.since for one in before.items}
    sentences = list(dict.fromkeys(says))
    items = tuple(LeftOut(says=one, since=since.get(one, moment)) for one in sentences[:MOST])
    return LeftOuts(source=before.source, items=items, more=max(0, len(sentences) - MOST))
