"""What a feed offered when it was last read whole. At `feeds/<id>.json`; without it the feed is read whole again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from kring.intake.left_out import LeftOutReason
from kring.model import SCHEMA_VERSION, Frozen, RecordingId, SourceRef
from storage.documents import JSON, read_replaceable, write_document
from storage.keys import feed_key, id_of
from storage.port import ObjectStore


class FeedLook(Frozen):
    """As long as the feed is the same, its recordings are these, and what is wrong with it is this."""

    schema_version: int = SCHEMA_VERSION
    source: str
    read_as: str
    """SHA-256 of the settings it was read with."""
    good_until: datetime
    """Then the feed is read whole, whatever its server says."""
    answered_by: str
    """SHA-256 of the address that answered, behind all redirects."""
    etag: str = ""
    last_modified: str = ""
    first_document: str
    """SHA-256 of what stood in its first document: some servers know neither of the two."""
    recordings: tuple[RecordingId, ...]
    waiting: tuple[dict[str, Any], ...]
    """Those of its items that were not received then, without secrets."""
    problems: tuple[LeftOutReason, ...]
    unnamed: dict[str, SourceRef] = Field(default_factory=dict)
    """Entries without an id that were there once: each by what it is known by."""


def find_look(store: ObjectStore, source: str) -> FeedLook | None:
    """None if there is none, or one that cannot be read."""
    return read_replaceable(store, FeedLook, _key(source))[0]


def keep_look(store: ObjectStore, look: FeedLook) -> None:
    store.put_bytes(_key(look.source), write_document(look), media_type=JSON)


def _key(source: str) -> str:
    return feed_key(id_of(source))
