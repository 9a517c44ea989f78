"""How long recordings are kept: each circle says for how many months after the day it met, and a mark keeps one for
good. The facilitators are told 30 days before: a recording is erased only if that was said for so long.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kring.errors import Damaged, NotFound, UnknownCircle
from kring.model import Circle, Manifest
from kring.people.audit import Act
from services.ports import Ports
from services.removal.erasure import ask_erasure
from services.search_index.reindex import Reindexing
from storage.archive.erasures import Erasures
from storage.audit import Audit, Doer
from storage.notices import Notices

NOTICE = timedelta(days=30)
RETENTION = Doer("retention")
"""Who erases what a circle keeps no longer."""
REASON = "kept for {months} months, as its circle has it"


@dataclass(frozen=True, slots=True)
class Expiry:
    """A recording that its circle will keep no longer."""

    manifest: Manifest
    months: int
    on: date
    """The day on which it is erased, unless it is marked to be kept."""
    noticed: date
    """Since when its facilitators can read so."""

    def is_due(self, today: date) -> bool:
        return today >= self.on


def months_after(day: date, months: int) -> date:
    """The same day of a later month; its last day if that month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def expiry_of(manifest: Manifest, circle: Circle | None, noticed: date | None, today: date) -> Expiry | None:
    """None unless it is to be erased within `NOTICE`, or was to be. `noticed`: since when that is said; None: it is
    said from `today` on. Pure."""
    if circle is None or circle.retention_months is None or manifest.keep:
        return None
    end = months_after(manifest.details.date, circle.retention_months)
    if end - NOTICE > today:
        return None
    since = noticed or today
    return Expiry(manifest, circle.retention_months, max(end, since + NOTICE), since)


def expiries(
    manifests: Iterable[Manifest], circles: Mapping[str, Circle], noticed: Mapping[str, date], today: date
) -> Iterator[Expiry]:
    """Of all these recordings. Pure."""
    for manifest in manifests:
        found = expiry_of(manifest, circles.get(manifest.details.circle), noticed.get(manifest.id), today)
        if found is not None:
            yield found


def find_expiries(ports: Ports, today: date) -> list[Expiry]:
    """Those that expire first come first. Reads every manifest. Raises StorageDown."""
    circles = {circle.slug: circle for circle in ports.archive.circles()}
    noticed = Notices(ports.archive.store).all()
    found = expiries(ports.archive.manifests(), circles, noticed, today)
    return sorted(found, key=lambda expiry: (expiry.on, expiry.manifest.id))


def retain(ports: Ports, today: date) -> list[Expiry]:
    """Give notice of what expires soon, and have erased what is due, which is returned. Raises StorageDown."""
    erased = Erasures(ports.archive.store).ids()
    found = [expiry for expiry in find_expiries(ports, today) if expiry.manifest.id not in erased]
    Notices(ports.archive.store).keep({expiry.manifest.id: expiry.noticed for expiry in found})
    reindexing, audit = Reindexing(ports.archive, ports.index, ports.runs), Audit(ports.archive.store)
    due = []
    for expiry in found:
        now_so = _as_it_is_now(ports, expiry, today)
        if now_so is not None and now_so.is_due(today):
            reason = REASON.format(months=now_so.months)
            audit.record(RETENTION, Act.ERASE, expiry.manifest.id, reason)
            ask_erasure(ports.archive, reindexing, expiry.manifest.id, RETENTION, reason)
            due.append(now_so)
    return due


def _as_it_is_now(ports: Ports, expiry: Expiry, today: date) -> Expiry | None:
    """Somebody may have marked it to be kept since the look began, or its circle keeps recordings longer."""
    if not expiry.is_due(today):
        return None
    try:
        manifest = ports.archive.manifest(expiry.manifest.id)
        return expiry_of(manifest, ports.archive.circle(manifest.details.circle), expiry.noticed, today)
    except (NotFound, UnknownCircle, Damaged):
        return None
