"""The corrections of every recording: one object each, only ever added to. They are small, so those read once are
remembered. One that reaches into a passage that was cut is written over, once, by one that says nothing."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from kring.corrections.changes import Correction, ErasedChange
from kring.errors import Conflict, Damaged, NotFound
from storage.documents import JSON, DamagedDocument, read_document, write_document
from storage.keys import CORRECTIONS, correction_key, correction_named, corrections_of
from storage.port import ObjectStore

REMEMBERED = 5000
"""Corrections kept in memory, those asked for last; about 2 KB each."""
ATTEMPTS = 100
"""Times a number is tried for: every time another process was first, so this is how many may correct at once."""
_READERS = 8  # requests to the object store at a time

log = logging.getLogger(__name__)

Make = Callable[[tuple[Correction, ...]], Correction]
"""The next correction, given the earlier ones; its number is given to it when it is stored."""


class _Read(NamedTuple):
    etag: str
    correction: Correction


class Corrections:
    """Safe to share between threads."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: OrderedDict[str, _Read] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, recording_id: str) -> tuple[Correction, ...]:
        """All there are that can be read, in order."""
        etags = self._etags(recording_id)
        return self._read(list(etags), etags)

    def first(self, recording_id: str, count: int) -> tuple[Correction, ...]:
        """Those with numbers up to `count`, without looking for others.

        One that has gone or is damaged is left out; the log says so, as `kring verify` does. The others still count.
        One that was erased by another process may still be as it was.
        """
        return self._read([correction_key(recording_id, number) for number in range(1, count + 1)])

    def forget(self) -> None:
        """Those that are remembered."""
        with self._lock:
            self._known.clear()

    def last(self) -> dict[str, int]:
        """Recording → the number of its last correction; all that have any, in one listing."""
        last: dict[str, int] = {}
        for info in self._store.list(CORRECTIONS):
            if named := correction_named(info.key):
                last[named[0]] = max(named[1], last.get(named[0], 0))
        return last

    def append(self, recording_id: str, make: Make, *, after: int = 0) -> tuple[Correction, ...]:
        """Store what `make` makes of the corrections so far as the next one; returns all of them.

        `make` is called again if another process was first. The number is above `after`, so that the
        number of a lost correction is not used again. Raises what `make` does, and Conflict if others never stop.
        """
        for attempt in range(ATTEMPTS):
            etags = self._etags(recording_id)
            earlier = self._read(list(etags), etags)
            number = max(after, *map(_number, etags), 0) + 1
            correction = make(earlier).model_copy(update={"recording_id": recording_id, "number": number})
            key = correction_key(recording_id, number)
            try:
                etag = self._store.put_bytes(key, write_document(correction), media_type=JSON, if_absent=True)
            except Conflict:
                time.sleep(random.uniform(0, min(0.5, 0.01 * (attempt + 1))))  # noqa: S311  so that all take turns
                continue
            self._remember(key, _Read(etag, correction))
            return (*earlier, correction)
        raise Conflict("Others are correcting this recording all the time; try again in a moment.")

    def erase(self, correction: Correction) -> None:
        """Of what it changed nothing is known any more; that there was one is."""
        key = correction_key(correction.recording_id, correction.number)
        erased = correction.model_copy(update={"change": ErasedChange()})
        etag = self._store.put_bytes(key, write_document(erased), media_type=JSON)
        self._remember(key, _Read(etag, erased))

    def _etags(self, recording_id: str) -> dict[str, str]:
        """Key of every correction there is, also of those that cannot be read, in order → its etag."""
        listed = self._store.list(corrections_of(recording_id))
        return {info.key: info.etag for info in listed if correction_named(info.key)}

    def _read(self, keys: list[str], etags: Mapping[str, str] | None = None) -> tuple[Correction, ...]:
        """`etags`: what they are now; None: those that are remembered will do."""
        with self._lock:
            known = {
                key: self._known[key].correction
                for key in keys
                if key in self._known and (etags is None or self._known[key].etag == etags[key])
            }
            for key in known:
                self._known.move_to_end(key)
        unknown = [key for key in keys if key not in known]
        if len(unknown) > 1:
            with ThreadPoolExecutor(min(_READERS, len(unknown))) as pool:
                fetched = list(pool.map(self._fetch, unknown))
        else:
            fetched = [self._fetch(key) for key in unknown]
        known |= {key: correction for key, correction in zip(unknown, fetched, strict=True) if correction is not None}
        return tuple(known[key] for key in keys if key in known)

    def _fetch(self, key: str) -> Correction | None:
        try:
            fetched = self._store.get_bytes(key)
            correction = read_correction(key, fetched.data)
        except NotFound:
            log.warning("%s has gone; restore it from a backup", key)
            return None
        except Damaged as error:
            log.warning("%s Restore it from a backup.", error)
            return None
        self._remember(key, _Read(fetched.etag, correction))
        return correction

    def _remember(self, key: str, known: _Read) -> None:
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _number(key: str) -> int:
    named = correction_named(key)
    return named[1] if named else 0


def read_correction(key: str, data: bytes) -> Correction:
    """Raises DamagedDocument if it is none, or another than its key says."""
    correction = read_document(Correction, key, data)
    if correction_named(key) != (correction.recording_id, correction.number):
        raise DamagedDocument(f"{key} in the object store is damaged (it is another's).")
    return correction


def gaps(listed: Iterable[str], expected: dict[str, int]) -> list[tuple[str, str]]:
    """(recording, key) of every correction that has gone: numbers have no gaps, and reach to what is `expected` of a
    recording at least."""
    numbers_of: dict[str, set[int]] = {}
    for key in listed:
        if named := correction_named(key):
            numbers_of.setdefault(named[0], set()).add(named[1])
    missing = []
    for recording_id, least in expected.items():
        numbers = numbers_of.get(recording_id, set())
        missing += [
            (recording_id, correction_key(recording_id, number))
            for number in range(1, max(least, *numbers, 0) + 1)
            if number not in numbers
        ]
    return missing
