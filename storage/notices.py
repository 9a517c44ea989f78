"""Since when the facilitators can read that a recording is to be erased: one small document, `retention.json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from kring.errors import Conflict
from kring.model import SCHEMA_VERSION, Frozen, RecordingId
from storage.documents import JSON, read_replaceable, write_document
from storage.keys import NOTICES
from storage.port import ObjectStore


class GivenNotices(Frozen):
    schema_version: int = SCHEMA_VERSION
    since: dict[RecordingId, date] = Field(default_factory=dict)


class Notices:
    """Methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def all(self) -> dict[str, date]:
        """Recording → since when; nothing if the document cannot be read: then notice is given anew."""
        given = read_replaceable(self._store, GivenNotices, NOTICES)[0]
        return dict(given.since) if given is not None else {}

    def keep(self, since: Mapping[str, date]) -> None:
        """From now on it is these; nothing is written if they are the same."""
        given, etag = read_replaceable(self._store, GivenNotices, NOTICES)
        new = GivenNotices(since=dict(sorted(since.items())))
        if new == (given or GivenNotices()):
            return
        try:
            self._store.put_bytes(NOTICES, write_document(new), media_type=JSON, if_match=etag, if_absent=etag is None)
        except Conflict:  # another process has given notice in between, which counts as well
            return
