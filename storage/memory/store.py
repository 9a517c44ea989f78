"""An object store in memory, for tests; it keeps the same promise as the real one."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from kring.errors import Conflict, NotFound
from kring.model import now
from storage.partial_files import atomic_file
from storage.port import Fetched, ObjectInfo, TransferProgress


@dataclass(frozen=True, slots=True)
class _Object:
    data: bytes
    etag: str
    media_type: str
    modified: datetime
    sha256: str | None

    def info(self, key: str) -> ObjectInfo:
        return ObjectInfo(key, len(self.data), self.etag, self.modified, self.sha256)


class MemoryStore:
    """Thread-safe; keeps whole objects, so it is not for large files."""

    def __init__(self) -> None:
        self._objects: dict[str, _Object] = {}
        self.unfinished: dict[str, tuple[str, str, dict[int, bytes]]] = {}
        """Key, media type and parts by the name of what arrives in parts (`storage.memory.multipart`)."""
        self.lock = threading.Lock()

    def put_file(self, key: str, path: Path, *, media_type: str, progress: TransferProgress | None = None) -> None:
        data = path.read_bytes()
        self._put(key, data, media_type, sha256=None)
        if progress is not None:
            progress(len(data))

    def put_bytes(
        self, key: str, data: bytes, *, media_type: str, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        return self._put(
            key, data, media_type, hashlib.sha256(data).hexdigest(), if_match=if_match, if_absent=if_absent
        )

    def _put(
        self,
        key: str,
        data: bytes,
        media_type: str,
        sha256: str | None,
        *,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        with self.lock:
            stored = self._objects.get(key)
            if (if_absent and stored is not None) or (
                if_match is not None and (stored is None or stored.etag != if_match)
            ):
                raise Conflict(f"Somebody else changed {key} first; read it again and try again.")
            self._objects[key] = _Object(bytes(data), etag, media_type, now(), sha256)
        return etag

    def get_bytes(self, key: str) -> Fetched:
        stored = self._get(key)
        return Fetched(stored.data, stored.etag)

    def get_file(self, key: str, path: Path, *, progress: TransferProgress | None = None) -> None:
        data = self._get(key).data
        with atomic_file(path) as file:
            file.write(data)
        if progress is not None:
            progress(len(data))

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        return io.BytesIO(self._get(key).data[start:end])

    def stat(self, key: str) -> ObjectInfo | None:
        with self.lock:
            stored = self._objects.get(key)
        return stored.info(key) if stored else None

    def exists(self, key: str) -> bool:
        return self.stat(key) is not None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self.lock:
            infos = [entry.info(key) for key, entry in self._objects.items() if key.startswith(prefix)]
        yield from sorted(infos, key=lambda info: info.key)

    def delete(self, key: str) -> None:
        with self.lock:
            self._objects.pop(key, None)

    def presign(self, key: str, *, expires: int, download_name: str | None = None) -> str:
        return f"memory:///{quote(key)}?expires={expires}&name={quote(download_name or '', safe='')}"

    def _get(self, key: str) -> _Object:
        with self.lock:
            stored = self._objects.get(key)
        if stored is None:
            raise NotFound(f"There is no object {key}.")
        return stored
