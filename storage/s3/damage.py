"""Objects whose bytes the server has lost: told from a server or a line that fails for a moment."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kring.errors import Damaged, DiskFull, NotFound, SetupError, StorageDown
from storage.keys import PROBES
from storage.port import ObjectInfo, ObjectStore
from storage.s3.errors import broke_off

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REMEMBERED_SECONDS = 60.0
"""How long an object that could not be read is not asked for again: it may be restored from a backup."""


@dataclass(frozen=True, slots=True)
class _Break:
    """Where an object cannot be read on, and when that was seen (on the monotonic clock)."""

    info: ObjectInfo
    at: int
    seen_at: float


class DamageDetector:
    """Says of objects that cannot be read whether they are damaged. Safe to share between threads."""

    def __init__(
        self,
        store: ObjectStore,
        client: S3Client,
        bucket: str,
        translated_errors: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        """`client`: one that asks once, for SeaweedFS tries for 13 seconds by itself before it gives an object up.
        `translated_errors`: a block for a key in which every error of boto3 becomes one of ours."""
        self._store, self._client, self._bucket, self._translated_errors = store, client, bucket, translated_errors
        self._seen: dict[str, _Break] = {}
        """What could not be read, so that the next reader is told at once."""

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    @contextmanager
    def reading(self, key: str, start: int = 0, end: int | None = None) -> Iterator[None]:
        """A block that reads these bytes. Raises Damaged if they cannot be read the second time either, while the
        server keeps and gives back others."""
        if self._is_known_damaged(key, start, whole=start == 0 and end is None):
            raise _damaged(key)
        try:
            with self._translated_errors(key):
                yield
        except StorageDown as down:
            if not broke_off(down):
                raise
            place = self._breaks_off_again(key, start, end)
            if place is None or not self._works(key):
                raise
            self._seen[key] = place
            raise _damaged(key) from None

    def _is_known_damaged(self, key: str, start: int, *, whole: bool) -> bool:
        """Whether reading all of it, or from `start` on, has just been found to be in vain."""
        place = self._seen.get(key)
        if place is None or time.monotonic() - place.seen_at > REMEMBERED_SECONDS:
            return False
        return (whole or start == place.at) and place.info == self._store.stat(key)

    def _breaks_off_again(self, key: str, start: int, end: int | None) -> _Break | None:
        """Where reading stops again, twice at the same place: a server or a line that breaks off now and then does so
        anywhere. (Asked from the middle of a damaged chunk on, SeaweedFS gives it without a look at its checksum.)"""
        info = self._store.stat(key)
        if info is None:
            return None
        last = info.size if end is None else end
        try:
            got = self._readable(key, start, last)
            for_good = got < last - start and (got == 0 or self._readable(key, start, last) == got)
        except NotFound:
            return None
        return _Break(info, start + got, time.monotonic()) if for_good else None

    def _readable(self, key: str, start: int, end: int) -> int:
        """How many of these bytes one answer gives before it ends or breaks off. Raises StorageDown without one."""
        got = 0
        try:
            with self._translated_errors(key):
                answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes={start}-{end - 1}")
                with answer["Body"] as body:
                    while data := body.read(1024 * 1024):
                        got += len(data)
        except StorageDown as down:
            if not broke_off(down):
                raise
        return got

    def _works(self, key: str) -> bool:
        """Whether another object can be stored and read just now; or only read, if the server takes none."""
        probe = f"{PROBES}{secrets.token_hex(8)}"
        try:
            try:
                self._store.put_bytes(probe, probe.encode(), media_type="text/plain")
            except (DiskFull, SetupError):
                return self._reads_another(key)
            same = self._readable(probe, 0, len(probe)) == len(probe)
            self._store.delete(probe)
        except StorageDown:
            return False
        return same

    def _reads_another(self, key: str) -> bool:
        with self._translated_errors(""):
            listed = self._client.list_objects_v2(Bucket=self._bucket, MaxKeys=50).get("Contents", ())
        others = [entry for entry in listed if entry["Key"] != key and entry["Size"] > 0][:5]
        return any(self._readable(entry["Key"], 0, min(entry["Size"], 1024)) > 0 for entry in others)


def _damaged(key: str) -> Damaged:
    return Damaged(f"{key} is damaged: the object store works, but cannot read this object any more.")
