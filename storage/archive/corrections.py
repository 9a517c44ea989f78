"""The corrections of every recording: one object each, only ever added to. They are small and never change, so those
read once are remembered."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from kring.corrections.changes import Correction
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


class Corrections:
    """Safe to share between threads."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: OrderedDict[str, Correction] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, recording_id: str) -> tuple[Correction, ...]:
        """All there are that can be read, in order."""
        return self._read([key for key, _ in self._named(recording_id)])

    def first(self, recording_id: str, count: int) -> tuple[Correction, ...]:
        """Those with numbers up to `count`, without looking for others.

        One that has gone or is damaged is left out; the log says so, as `kring verify` does. The others still count.
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
            named = self._named(recording_id)
            earlier = self._read([key for key, _ in named])
            number = max(after, *(number for _, number in named), 0) + 1
            correction = make(earlier).model_copy(update={"recording_id": recording_id, "number": number})
            key = correction_key(recording_id, number)
            try:
                self._store.put_bytes(key, write_document(correction), media_type=JSON, if_absent=True)
            except Conflict:
                time.sleep(random.uniform(0, min(0.5, 0.01 * (attempt + 1))))  # noqa: S311  so that all take turns
                continue
            self._remember(key, correction)
            return (*earlier, correction)
        raise Conflict("Others are correcting this recording all the time; try again in a moment.")

    def _named(self, recording_id: str) -> list[tuple[str, int]]:
        """Key and number of every correction there is, also of those that cannot be read."""
        listed = (info.key for info in self._store.list(corrections_of(recording_id)))
        return [(key, named[1]) for key in listed if (named := correction_named(key))]

    def _read(self, keys: list[str]) -> tuple[Correction, ...]:
        with self._lock:
            known = {key: self._known[key] for key in keys if key in self._known}
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
            correction = read_correction(key, self._store.get_bytes(key).data)
        except NotFound:
            log.warning("%s has gone; restore it from a backup", key)
            return None
        except Damaged as error:
            log.warning("%s Restore it from a backup.", error)
            return None
        self._remember(key, correction)
        return correction

    def _remember(self, key: str, correction: Correction) -> None:
        with self._lock:
            self._known[key] = correction
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


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
