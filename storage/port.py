"""The object store as Kring sees it. `storage.s3.store` and `storage.memory.store` keep this promise; one suite tests
both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

TransferProgress = Callable[[int], None]
"""Called with the bytes moved since the last call; may come from several threads."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """`etag` is opaque: it changes with the content and is fit for `if_match`, nothing else."""

    key: str
    size: int
    etag: str
    modified: datetime
    sha256: str | None = None
    """Of the bytes as they were stored; only `stat` knows it, and only of what `put_bytes` has stored."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A small object, whole, with the etag that a conditional write of its successor needs."""

    data: bytes
    etag: str


class ObjectStore(Protocol):
    """Every method raises StorageDown when the server does not answer, DiskFull when it has no room.

    Reading raises Damaged if the store answers but cannot give back these bytes, also the second time.
    Writes are atomic: a reader sees the whole object or none, also after a crash half-way.
    """

    def put_file(self, key: str, path: Path, *, media_type: str, progress: TransferProgress | None = None) -> None:
        """Store the file at `path` with constant memory, whatever its size. Overwrites."""

    def put_bytes(
        self, key: str, data: bytes, *, media_type: str, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        """Store `data` and return its etag.

        `if_match`: only if the object still has this etag; `if_absent`: only if there is none.
        Raises Conflict when that does not hold (also where `if_match` meets no object).
        """
        ...

    def get_bytes(self, key: str) -> Fetched:
        """A small object, whole. Raises NotFound."""
        ...

    def get_file(self, key: str, path: Path, *, progress: TransferProgress | None = None) -> None:
        """Write the object to `path` with constant memory; `path` appears only when complete. Raises NotFound."""

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """A stream over bytes `start` to `end` (exclusive; None: to the end); close it. Raises NotFound."""
        ...

    def stat(self, key: str) -> ObjectInfo | None:
        """None if there is no such object."""
        ...

    def exists(self, key: str) -> bool: ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects under `prefix`, in order of their keys."""
        ...

    def delete(self, key: str) -> None:
        """Gone afterwards; no error if it never was."""

    def presign(self, key: str, *, expires: int, download_name: str | None = None) -> str:
        """A URL that reads the object without credentials for `expires` seconds."""
        ...
