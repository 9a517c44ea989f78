"""What was erased and what is to be: one document for each recording, at `erased/<recording-id>.json`. What was erased
stays away, whatever a source offers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from kring.errors import Damaged, Gone, NotFound
from kring.model import now
from kring.model.erased import EmptiedPlace, Erasure
from storage.archive.reading import all_documents, fetch_document
from storage.documents import JSON, change_document, create_document
from storage.keys import ERASED, ERASING, erasing_key, erasure_key, manifest_key
from storage.port import ObjectStore

WAS_ERASED = (
    "This recording was erased, and stays away. If it is to come back, the operator of Kring allows it with "
    "`kring erase --allow-again {id}`."
)
LOST = timedelta(minutes=5)
_log = logging.getLogger(__name__)


class Erasures:
    """Methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def find(self, recording_id: str) -> Erasure | None:
        """None: nobody wants it erased. Raises Damaged if the document cannot be read."""
        try:
            return self._fetch(recording_id)[0]
        except NotFound:
            return None

    def has(self, recording_id: str) -> bool:
        """Whether the recording was erased or is to be, also if its document cannot be read."""
        return self._store.exists(erasure_key(recording_id))

    def ids(self) -> frozenset[str]:
        """The recordings that were erased or are to be, in one listing."""
        listed = (info.key.removeprefix(ERASED).removesuffix(".json") for info in self._store.list(ERASED))
        return frozenset(listed)

    def ask(self, erasure: Erasure) -> Erasure:
        """Write it down; of one that is there already, that one, unless the recording has come back since: from a
        backup, for one."""
        if erasure.done_at is None:
            self._store.put_bytes(erasing_key(erasure.id), b"", media_type=JSON)  # first: it leads to the document
        if create_document(self._store, erasure_key(erasure.id), erasure) or erasure.done_at is not None:
            return self._fetch(erasure.id)[0]
        is_back = self._store.exists(manifest_key(erasure.id))
        return self.change(erasure.id, lambda old: erasure if is_back and old.done_at is not None else old)

    def finish(self, recording_id: str, places: tuple[EmptiedPlace, ...]) -> Erasure:
        """It has come to its end; the receipt."""
        done = {"done_at": now(), "places": places}
        receipt = self.change(recording_id, lambda old: old.model_copy(update=done))
        self._store.delete(erasing_key(recording_id))
        return receipt

    def change(self, recording_id: str, change: Callable[[Erasure], Erasure]) -> Erasure:
        """Raises NotFound."""
        key = erasure_key(recording_id)
        name = f"The erasure of {recording_id}"
        return change_document(self._store, key, lambda: self._fetch(recording_id), change, name=name)

    def pending(self) -> Iterator[Erasure]:
        """Those that have not come to their end, without looking at the others."""
        for info in self._store.list(ERASING):
            recording_id = info.key.removeprefix(ERASING)
            try:
                erasure = self.find(recording_id)
            except Damaged as error:
                _log.warning("An erasure waits: %s", error)
                continue
            if erasure is not None and erasure.done_at is None:
                yield erasure
            elif now() - info.modified > LOST:  # its process was killed before or after the document was written
                self._store.delete(info.key)

    def newest(self) -> Iterator[Erasure]:
        """All that can be read, those changed last first; each is read when it is come to."""
        for info in sorted(self._store.list(ERASED), key=lambda info: info.modified, reverse=True):
            yield from all_documents(self._store, Erasure, info.key, None)

    def forget(self, recording_id: str) -> bool:
        """From now on the recording may come in again; whether it was erased before."""
        known = self.has(recording_id)
        self._store.delete(erasure_key(recording_id))
        return known

    def _fetch(self, recording_id: str) -> tuple[Erasure, str]:
        try:
            return fetch_document(self._store, Erasure, erasure_key, recording_id)
        except NotFound:
            raise NotFound("The recording {id} was not erased.", id=recording_id) from None


def check_not_erased(store: ObjectStore, recording_id: str) -> None:
    """Raises Gone if the recording was erased, or is to be."""
    if Erasures(store).has(recording_id):
        raise Gone(WAS_ERASED, id=recording_id)


def is_settled(store: ObjectStore, recording_id: str) -> bool:
    """Whether nothing has to be fetched for a recording: it was received, or it was erased."""
    return store.exists(manifest_key(recording_id)) or Erasures(store).has(recording_id)
