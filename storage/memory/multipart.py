"""Objects that arrive in parts, in memory, for tests; they keep the same promise as the real ones."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from urllib.parse import quote

from kring.errors import Conflict, NotFound
from storage.memory.store import MemoryStore
from storage.parts import MIN_PART, UploadPart


class MemoryParts:
    """Keeps the promise of `storage.parts.PartStore`; the parts lie in `store` until they are complete."""

    def __init__(self, store: MemoryStore, reached_at: str = "") -> None:
        self._store = store
        self._reached_at = reached_at.rstrip("/") or "memory://"

    def begin(self, key: str, *, media_type: str) -> str:
        parts_id = secrets.token_hex(16)
        with self._store.lock:
            self._store.unfinished[parts_id] = (key, media_type, {})
        return parts_id

    def put_part(self, key: str, parts_id: str, number: int, data: bytes | bytearray) -> str:
        with self._store.lock:
            self._sent(key, parts_id)[number] = bytes(data)
        return _etag(data)

    def parts(self, key: str, parts_id: str) -> list[UploadPart]:
        with self._store.lock:
            return [
                UploadPart(number, len(data), _etag(data)) for number, data in sorted(self._sent(key, parts_id).items())
            ]

    def complete(self, key: str, parts_id: str, parts: Sequence[tuple[int, str]]) -> None:
        with self._store.lock:
            sent, media_type = self._sent(key, parts_id), self._store.unfinished[parts_id][1]
            named = sorted(parts)
            if not named or any(number not in sent or _etag(sent[number]) != etag for number, etag in named):
                raise Conflict(f"A part of {key} is not there, or is another by now; send it again.")
            if any(len(sent[number]) < MIN_PART for number, _ in named[:-1]):
                raise Conflict(f"A part of {key} is too small; send it again.")
            content = b"".join(sent[number] for number, _ in named)
            del self._store.unfinished[parts_id]
        self._store.put_bytes(key, content, media_type=media_type)

    def abort(self, key: str, parts_id: str) -> None:
        with self._store.lock:
            if self._store.unfinished.get(parts_id, ("",))[0] == key:
                del self._store.unfinished[parts_id]

    def presign_part(self, key: str, parts_id: str, number: int, *, expires: int) -> str:
        return f"{self._reached_at}/{quote(key)}?uploadId={parts_id}&partNumber={number}&expires={expires}"

    def _sent(self, key: str, parts_id: str) -> dict[int, bytes]:
        parts = self._store.unfinished.get(parts_id)
        if parts is None or parts[0] != key:
            raise NotFound(f"The parts of {key} are gone; begin again.")
        return parts[2]


def _etag(data: bytes | bytearray) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
