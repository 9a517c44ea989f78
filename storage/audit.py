"""The record of what people did, in the bucket: one object an entry, each with the hash of the one before."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from kring.errors import Conflict, Damaged, NotFound, SetupError
from kring.model import now
from kring.people.audit import Act, AuditEntry
from storage.documents import JSON, read_document, write_document
from storage.keys import AUDIT, audit_key
from storage.port import ObjectStore

ATTEMPTS = 200
"""Numbers that are tried, each time another process was first."""
_NAMED = re.compile(rf"{AUDIT}([0-9]{{10}})\.json")


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does something. `id`: of an account or a browser, or `command`."""

    id: str
    name: str | None = None
    as_operator: bool = False


COMMAND = Doer("command", as_operator=True)
"""Somebody who types a command on a machine that has the bucket's keys."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the record is not whole: an entry that is gone or damaged, or does not follow on the one before."""

    number: int
    reason: str


class Audit:
    """Safe to share between threads. Methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._last: tuple[int, str | None] | None = None
        """Number of the last entry that is known, and its hash."""

    def record(self, by: Doer, act: Act, about: str | None = None, says: str | None = None) -> AuditEntry:
        """Write it down; what is written down before it is done is never missing here."""
        with self._lock:
            number, previous = self._last or self._find_last()
            for _ in range(ATTEMPTS):
                entry = AuditEntry(
                    number=number + 1,
                    at=now(),
                    act=act,
                    by=by.id,
                    by_name=by.name or None,
                    as_operator=by.as_operator,
                    about=about,
                    says=says[:300] if says else None,
                    previous=previous,
                )
                data = write_document(entry, compact=True)
                try:
                    self._store.put_bytes(audit_key(entry.number), data, media_type=JSON, if_absent=True)
                except Conflict:  # another process was first
                    number, previous = number + 1, self._hash_of(number + 1)
                    continue
                self._last = (entry.number, _hash(data))
                return entry
        raise Conflict("Others are writing to the record of acts all the time; try again in a moment.")

    def entries(self) -> Iterator[AuditEntry]:
        """All that can be read, the newest first."""
        for number in sorted(self._numbers(), reverse=True):
            try:
                yield self._read(number)[0]
            except (NotFound, Damaged, SetupError):  # `breaks` names it
                continue

    def matching(self, act: str, who: str) -> Iterator[AuditEntry]:
        """The entries of this act, or of any if it is empty, that have `who` in a name, an id or what they say."""
        words = who.casefold().strip()
        for entry in self.entries():
            named = (entry.by, entry.by_name, entry.about, entry.says)
            if act in ("", entry.act.value) and (not words or any(words in (name or "").casefold() for name in named)):
                yield entry

    def breaks(self) -> list[Break]:
        """Where the record is not whole. What has been deleted from its beginning, being old, is not missed."""
        found: list[Break] = []
        numbers = sorted(self._numbers())
        expected: str | None = None
        for before, number in zip([None, *numbers], numbers, strict=False):
            if before is not None and number != before + 1:
                found.append(Break(before + 1, f"{number - before - 1} entries are gone"))
                expected = None
            try:
                entry, data = self._read(number)
            except (NotFound, Damaged, SetupError) as error:
                found.append(Break(number, str(error)))
                expected = None
                continue
            if entry.number != number or (expected is not None and entry.previous != expected):
                found.append(Break(number, "it does not follow on the entry before, or that one was altered"))
            expected = _hash(data)
        return found

    def expire(self, before: datetime) -> int:
        """Delete entries older than `before`, the oldest first; how many."""
        old = list(takewhile(lambda info: self._is_older(info.key, before), self._store.list(AUDIT)))
        for info in old:
            self._store.delete(info.key)
        return len(old)

    def _is_older(self, key: str, before: datetime) -> bool:
        try:
            return read_document(AuditEntry, key, self._store.get_bytes(key).data).at < before
        except NotFound:
            return True
        except (Damaged, SetupError):  # how old it is cannot be known
            return False

    def _numbers(self) -> Iterator[int]:
        for info in list(self._store.list(AUDIT)):
            if match := _NAMED.fullmatch(info.key):
                yield int(match[1])

    def _find_last(self) -> tuple[int, str | None]:
        number = max(self._numbers(), default=0)
        return (number, self._hash_of(number)) if number else (0, None)

    def _hash_of(self, number: int) -> str | None:
        try:
            return _hash(self._store.get_bytes(audit_key(number)).data)
        except (NotFound, Damaged):
            return None

    def _read(self, number: int) -> tuple[AuditEntry, bytes]:
        data = self._store.get_bytes(audit_key(number)).data
        return read_document(AuditEntry, audit_key(number), data), data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
