"""What a source offers and Kring could not take in, with the reason. Stored at `left-out/<who looked>/<source>.json`,
where both are ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kring.model import SCHEMA_VERSION, Frozen, Line
from kring.sentence import Sentence, StoredSentence

MOST = 200
"""Of one source; of further ones only their number is kept."""


class LeftOutReason(Frozen):
    """Why something was left out, or what of it is doubtful."""

    says: StoredSentence
    """One sentence that names it: what is wrong, and what to do."""
    name: str | None = None
    """Of the file, or the title of the entry; None: it is about the source as a whole, or an older Kring wrote it."""


class LeftOut(LeftOutReason):
    since: datetime
    """When a look found it first."""


class LeftOuts(Frozen):
    """All that the last look at one source left out."""

    schema_version: int = SCHEMA_VERSION
    source: Line
    items: tuple[LeftOut, ...] = ()
    more: int = 0
    """So many besides."""


def with_dates(before: LeftOuts, reasons: Sequence[LeftOutReason], moment: datetime) -> LeftOuts:
    """What there is after another look: what was left out before keeps its time, what no longer is has gone."""
    since = {item.says: item.since for item in before.items}
    known = {item.says: item.says for item in before.items}
    names: dict[Sentence, str | None] = {}
    for reason in reasons:
        # The same text may have been stored with the values that can be said in other languages.
        names.setdefault(reason.says if reason.says.values else known.get(reason.says, reason.says), reason.name)
    items = tuple(LeftOut(says=says, name=name, since=since.get(says, moment)) for says, name in names.items())
    return LeftOuts(source=before.source, items=items[:MOST], more=max(0, len(items) - MOST))


def merged(lists: Sequence[LeftOuts]) -> LeftOuts:
    """One list of one source, at which several machines look; what several have found is there once."""
    if len(lists) == 1:
        return lists[0]
    items: dict[str, LeftOut] = {}
    for reason in sorted((item for each in lists for item in each.items), key=lambda item: item.since):
        items.setdefault(reason.says, reason)
    more = max(each.more for each in lists) + max(0, len(items) - MOST)
    return LeftOuts(source=lists[0].source, items=tuple(items.values())[:MOST], more=more)
