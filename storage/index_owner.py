"""Whose index an archive has: a lease in the bucket, so that two machines do not index one archive side by side.

An index that lies in a data folder, or in a Meilisearch that only its own machine reaches, is fed by one Kring. A
second one would find its own index empty for ever, and start runs for recordings that the first one indexes. A
Meilisearch that all reach may be fed by as many as there are.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from kring.errors import Conflict, SetupError
from kring.model import SCHEMA_VERSION, now
from storage.documents import JSON, read_replaceable, write_document
from storage.keys import INDEX_OWNER
from storage.port import ObjectStore

BEAT_SECONDS = 30.0
"""How often an owner says that it is there."""
LAPSED = timedelta(hours=1)
"""An owner that was not heard of for so long is replaced without being asked: longer than a machine takes to start."""
_ATTEMPTS = 5


class IndexPlace(BaseModel):
    """Where an index is. Without a host it is in a Meilisearch that all machines reach."""

    model_config = ConfigDict(frozen=True)

    host: str = ""
    folder: str = ""
    """The data folder of who feeds it."""
    meilisearch: str = ""
    """Its address, if it is in one."""

    def is_same(self, other: IndexPlace) -> bool:
        if not self.host or not other.host:
            return self.host == other.host
        here = self.folder == other.folder or self.meilisearch == other.meilisearch != ""
        return self.host == other.host and here

    def __str__(self) -> str:
        return f"on {self.host.partition('.')[0]}, data folder {self.folder}" if self.host else self.meilisearch


class IndexOwner(BaseModel):
    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA_VERSION
    place: IndexPlace
    beat_at: datetime
    released: bool = False
    """It has ended in good order: any other may be next."""


def blocks(owner: IndexOwner | None, place: IndexPlace, moment: datetime) -> bool:
    """Whether the index at `place` must not be used now."""
    if owner is None or owner.released or moment - owner.beat_at > LAPSED:
        return False
    return not owner.place.is_same(place)


class Ownership:
    """Of the index at one place. All methods raise StorageDown as the store does."""

    def __init__(self, store: ObjectStore, place: IndexPlace) -> None:
        self._store = store
        self.place = place

    def require(self) -> None:
        """Raises SetupError if the archive is indexed elsewhere."""
        owner, _ = self._look()
        if owner is not None and blocks(owner, self.place, now()):
            raise _refusal(owner)

    def claim(self, *, take_over: bool = False) -> None:
        """Own it from now on, or go on to.

        Raises SetupError if the archive is indexed elsewhere, unless it is to `take_over`.
        """
        for _ in range(_ATTEMPTS):
            owner, etag = self._look()
            if owner is not None and not take_over and blocks(owner, self.place, now()):
                raise _refusal(owner)
            try:
                self._write(IndexOwner(place=self.place, beat_at=now()), etag)
            except Conflict:  # another was quicker: look which
                continue
            return
        raise Conflict("Several others claim the search index of this archive at this moment; try again.")

    def release(self) -> None:
        """Let others be next; nothing happens if it is another's by now."""
        owner, etag = self._look()
        if owner is None or not owner.place.is_same(self.place):
            return
        try:
            self._write(owner.model_copy(update={"released": True}), etag)
        except Conflict:
            return

    def _look(self) -> tuple[IndexOwner | None, str | None]:
        return read_replaceable(self._store, IndexOwner, INDEX_OWNER)

    def _write(self, owner: IndexOwner, etag: str | None) -> None:
        self._store.put_bytes(
            INDEX_OWNER, write_document(owner), media_type=JSON, if_match=etag, if_absent=etag is None
        )


def _refusal(owner: IndexOwner) -> SetupError:
    minutes = max(0, round((now() - owner.beat_at).total_seconds() / 60))
    return SetupError(
        f"Another Kring indexes this archive ({owner.place}; heard of {minutes} min ago). Several machines can share "
        "an archive only if all use one Meilisearch server: set MEILI_URL on each of them. If the other Kring is gone "
        "for good, `kring up --take-over` makes this one its successor."
    )
