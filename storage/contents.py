"""What bytes are: their SHA-256 and size, of what is in memory and of what lies in the store."""

from __future__ import annotations

import hashlib

from kring.model import Content
from storage.port import ObjectStore

READ_BYTES = 1024 * 1024


def content_of(data: bytes) -> Content:
    return Content(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def sha256_of(store: ObjectStore, key: str) -> str:
    """Read the whole object, with constant memory. Raises NotFound, Damaged, StorageDown."""
    digest = hashlib.sha256()
    with store.open(key) as stream:
        while data := stream.read(READ_BYTES):
            digest.update(data)
    return digest.hexdigest()
