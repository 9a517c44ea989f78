"""Which versions of `schema_version` the documents of a bucket are of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kring.errors import Conflict, Damaged, NotFound, SetupError
from kring.model import SCHEMA_VERSION
from storage.documents import plain_document
from storage.keys import (
    API_KEYS,
    CIRCLES,
    CORRECTIONS,
    ERASED,
    FEED_TOKENS,
    INVITATIONS,
    LOGINS,
    PEOPLE,
    RECORDINGS,
    REQUESTS,
    SESSIONS,
    TRANSCRIPTS,
    UPLOADS,
)
from storage.migrations import version_of
from storage.port import ObjectInfo, ObjectStore

COUNTED = {
    RECORDINGS: "manifests",
    TRANSCRIPTS: "transcripts",
    CORRECTIONS: "corrections",
    CIRCLES: "circles",
    UPLOADS: "uploads",
    REQUESTS: "requests",
    PEOPLE: "people",
    INVITATIONS: "invitations",
    LOGINS: "logins",
    API_KEYS: "keys",
    FEED_TOKENS: "private feeds",
    SESSIONS: "sessions",
    ERASED: "erasures",
}
"""Prefix → what the documents under it are called."""
_HEAD_BYTES = 256
_FIRST_FIELD = re.compile(rb'\s*\{\s*"schema_version"\s*:\s*([0-9]{1,6})\s*[,}]')
"""As Kring writes every document; only of others the whole is read."""

Versions = dict[str, dict[int, int]]
"""What they are called → version → how many."""


def count_versions(store: ObjectStore, objects: Iterable[ObjectInfo]) -> tuple[Versions, tuple[str, ...]]:
    """How many documents are of which version, and the keys of those that a newer Kring made.

    Reads the first bytes of each. Those that cannot be read, or are not JSON, are left out: they are damaged. Raises
    StorageDown.
    """
    versions: Versions = {}
    newer: list[str] = []
    for info in objects:
        called = next((called for prefix, called in COUNTED.items() if info.key.startswith(prefix)), None)
        version = document_version(store, info) if called is not None else None
        if called is None or version is None:
            continue
        counts = versions.setdefault(called, {})
        counts[version] = counts.get(version, 0) + 1
        if version > SCHEMA_VERSION:
            newer.append(info.key)
    return {called: dict(sorted(counts.items())) for called, counts in sorted(versions.items())}, tuple(newer)


def document_version(store: ObjectStore, info: ObjectInfo) -> int | None:
    """The version of a stored document; None if it has gone, was written anew just now, is damaged, or the
    store refuses it, which verify itself says of it. Raises StorageDown."""
    try:
        with store.open(info.key, 0, _HEAD_BYTES) as file:
            first = _FIRST_FIELD.match(file.read())
        if first is not None:
            return int(first[1]) or 1
        return version_of(plain_document(info.key, store.get_bytes(info.key).data))
    except (NotFound, Conflict, Damaged, SetupError):
        return None
