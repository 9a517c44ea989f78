"""What `kring verify` has found, kept in the bucket so that `kring status` and `kring repair` know of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kring.errors import Conflict, Damaged, NotFound
from kring.model import SCHEMA_VERSION, Frozen, RecordingId, now
from storage.documents import JSON, read_document, write_document
from storage.keys import FINDINGS
from storage.port import ObjectInfo, ObjectStore


class DamageKind(StrEnum):
    MISSING = "missing"
    """There is no such object."""
    ALTERED = "altered"
    """Its bytes are not those that were stored."""
    DAMAGED = "damaged"
    """It is not what its key says."""
    UNREADABLE = "unreadable"
    """The object store cannot give it back, though it works otherwise."""


class Damage(Frozen):
    """One object that is not what it should be."""

    key: str
    kind: DamageKind
    recording_id: RecordingId | None = None
    """Whose it is; None: a circle's, an upload's, or of none of them."""
    reason: str = ""
    etag: str | None = None
    modified: datetime | None = None
    """Of the object when it was looked at; None: there was none. Once it is another, this finding is out of date."""

    def concerns(self, info: ObjectInfo | None) -> bool:
        """Whether the object is still the one this was said of."""
        if info is None:
            return self.etag is None
        # Some servers list milliseconds, and say whole seconds of one object.
        same_time = self.modified is not None and int(info.modified.timestamp()) == int(self.modified.timestamp())
        return info.etag == self.etag and same_time


class Findings(Frozen):
    """Stored at `verify/findings.json`."""

    schema_version: int = SCHEMA_VERSION
    at: datetime
    damages: tuple[Damage, ...] = ()


def read_findings(store: ObjectStore) -> tuple[Damage, ...]:
    """What was found and is still so; one request to the store for each finding. A damaged list counts as none."""
    return tuple(damage for damage in _stored(store) if damage.concerns(store.stat(damage.key)))


def keep_findings(store: ObjectStore, damages: tuple[Damage, ...], *, of: str | None = None, deep: bool) -> None:
    """Write down what was found, in all of the bucket or `of` one recording.

    What an earlier, deeper look found, and this one could not see, stays if the object is still the same.
    """
    keys = {damage.key for damage in damages}
    remaining = [
        old
        for old in read_findings(store)
        if (of is not None and old.recording_id != of)
        or (not deep and old.kind is not DamageKind.MISSING and old.key not in keys)
    ]
    info = store.stat(FINDINGS)
    if info is None and not (remaining or damages):
        return
    etag = info.etag if info else None
    findings = Findings(at=now(), damages=(*remaining, *damages))
    try:
        store.put_bytes(FINDINGS, write_document(findings), media_type=JSON, if_match=etag, if_absent=etag is None)
    except Conflict:  # another look has ended in between
        keep_findings(store, damages, of=of, deep=deep)


def _stored(store: ObjectStore) -> tuple[Damage, ...]:
    try:
        return read_document(Findings, FINDINGS, store.get_bytes(FINDINGS).data).damages
    except (NotFound, Damaged):
        return ()
