"""What each source offers and could not be taken in, in the bucket: so that every machine can show it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from kring.errors import Damaged, NotFound, SetupError
from kring.left_out import LeftOuts, as_found
from storage.documents import JSON, read_document, read_replaceable, write_document
from storage.keys import LEFT_OUT, left_out_key
from storage.port import ObjectStore


def keep_left_out(store: ObjectStore, source: str, says: Sequence[str], moment: datetime) -> None:
    """What the last look at a source left out: a sentence each. Nothing is written where that is as it was."""
    key = _key(source)
    before, _ = read_replaceable(store, LeftOuts, key)
    after = as_found(before or LeftOuts(source=source), list(says), moment)
    if after.items and after != before:
        store.put_bytes(key, write_document(after), media_type=JSON)
    elif before is not None and not after.items:
        store.delete(key)


def forget_other_sources(store: ObjectStore, sources: Iterable[str]) -> None:
    """Nothing is known of a source that is no longer looked at."""
    kept = {_key(source) for source in sources}
    for info in store.list(LEFT_OUT):
        if info.key not in kept:
            store.delete(info.key)


def all_left_out(store: ObjectStore) -> list[LeftOuts]:
    """By the names of the sources. One that cannot be read is written anew by the next look, and left out here."""
    found = []
    for info in store.list(LEFT_OUT):
        try:
            found.append(read_document(LeftOuts, info.key, store.get_bytes(info.key).data))
        except (NotFound, Damaged, SetupError):
            continue
    return sorted(found, key=lambda one: one.source)


def _key(source: str) -> str:
    return left_out_key(hashlib.sha256(source.encode()).hexdigest()[:16])
