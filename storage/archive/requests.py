"""What was asked for and not received yet, in the bucket: so that no other database has to be kept for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress

from kring.errors import Damaged, NotFound
from kring.intake.requests import Request
from storage.documents import NewerDocument, change_document, create_document, read_document
from storage.keys import REQUESTS, request_key
from storage.port import ObjectStore

_log = logging.getLogger(__name__)


class Requests:
    """All methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def all(self) -> dict[str, Request]:
        """Recording → what was asked for. Requests that are damaged, or that a newer Kring made, are left out."""
        requests: dict[str, Request] = {}
        for info in self._store.list(REQUESTS):
            try:
                request = read_document(Request, info.key, self._store.get_bytes(info.key).data)
            except NotFound:
                continue  # received since it was listed
            except (Damaged, NewerDocument) as error:
                _log.warning("left out: %s", error)
            else:
                requests[request.id] = request
        return requests

    def keep(self, request: Request) -> None:
        """Write it down; of one that is there already its place in the queue stays, and only `request` says more."""
        if create_document(self._store, request_key(request.id), request):
            return
        self._change(
            request.id, lambda old: request.model_copy(update={"asked_at": min(old.asked_at, request.asked_at)})
        )

    def take_up(self, recording_id: str) -> None:
        """It has been started: that it was cancelled before no longer counts. Nothing happens if there is none."""
        self._change(recording_id, lambda old: old.model_copy(update={"cancelled_at": None}))

    def forget(self, recording_id: str) -> None:
        """Once it was received."""
        self._store.delete(request_key(recording_id))

    def _change(self, recording_id: str, change: Callable[[Request], Request]) -> None:
        key = request_key(recording_id)

        def fetch() -> tuple[Request, str]:
            fetched = self._store.get_bytes(key)
            return read_document(Request, key, fetched.data), fetched.etag

        with suppress(NotFound, Damaged):  # one that cannot be read says nothing
            change_document(self._store, key, fetch, change, name=f"The request for {recording_id}")
