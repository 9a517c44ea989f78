"""Remembers what a feed offered, so that an unchanged feed is not read again and still offers the same items.

The memory is in the bucket. It is valid only while each recording of the feed has either been received or is offered
again, so a "not modified" never hides a run that failed or a manifest that was deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from flows.sources.feeds.pages import Document
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.model import SourceRef, now
from kring.settings import FeedSource
from services.secret_addresses import without_its_secrets
from storage.archive.addresses import find_address
from storage.archive.erasures import is_settled
from storage.archive.feeds import FeedLook, find_look, keep_look
from storage.port import ObjectStore

MOST_UNNAMED = 10_000
_VALIDATOR = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,299}")


class FeedMemory:
    """What one feed offered at its last complete look. All methods raise StorageDown and DiskFull, like the store."""

    def __init__(self, store: ObjectStore, source: FeedSource) -> None:
        self._store, self._source = store, source
        self._settings_hash = _sha256(source.model_dump_json())

    def has(self, recording_id: str) -> bool:
        """Whether the recording was received, or erased since."""
        return is_settled(self._store, recording_id)

    def last(self) -> FeedLook | None:
        """The last complete look; None if there is none or it is no longer valid."""
        look = find_look(self._store, self._source.name)
        if look is None or look.read_as != self._settings_hash or now() >= look.good_until:
            return None
        waiting = {item.recording_id: item for item in self.waiting(look)}
        fetchable = (
            not item.hidden or find_address(self._store, item.recording_id) is not None for item in waiting.values()
        )
        received = (recording_id in waiting or self.has(recording_id) for recording_id in look.recordings)
        return look if all(fetchable) and all(received) else None

    def waiting(self, look: FeedLook) -> Iterator[Item]:
        """The items of the look that have not been received yet."""
        for item in map(Item.model_validate, look.waiting):
            if not self.has(item.recording_id):
                yield item

    def unnamed(self) -> dict[str, SourceRef]:
        """Mark → reference of entries without an id, from all looks (`flows.sources.feeds.unnamed`)."""
        look = find_look(self._store, self._source.name)
        return look.unnamed if look is not None else {}

    def keep(
        self,
        first: Document,
        items: Iterable[Item],
        problems: Iterable[LeftOutReason],
        *,
        unnamed: dict[str, SourceRef],
        good_for: timedelta,
    ) -> None:
        """Store a complete look. Called after its items have been offered."""
        offered = {item.recording_id: item for item in items}
        waiting = [without_its_secrets(item) for item in offered.values() if not self.has(item.recording_id)]
        look = FeedLook(
            source=self._source.name,
            read_as=self._settings_hash,
            good_until=now() + good_for,
            answered_by=_sha256(first.url),
            etag=_sendable(first.etag),
            last_modified=_sendable(first.last_modified),
            first_document=_fingerprint(first),
            recordings=tuple(offered),
            waiting=tuple(item.model_dump(mode="json") for item in waiting),
            problems=tuple(problems),
            unnamed=dict([*unnamed.items()][-MOST_UNNAMED:]),
        )
        keep_look(self._store, look)


def conditions(look: FeedLook | None) -> dict[str, str]:
    """The headers that request a feed only if it has changed. A weak ETag is enough (RFC 9110, 13.1.2)."""
    headers = {"If-None-Match": look.etag, "If-Modified-Since": look.last_modified} if look is not None else {}
    return {name: value for name, value in headers.items() if value}


def is_same(first: Document, look: FeedLook) -> bool:
    """Whether the feed is unchanged, as its server says or as the contents of its first document show."""
    if not first.modified:
        return _sha256(first.url) == look.answered_by
    return _fingerprint(first) == look.first_document


def _fingerprint(first: Document) -> str:
    return _sha256(f"{first.url}\n{first.page.model_dump_json()}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sendable(validator: str) -> str:
    """The validator; empty if it cannot be sent back in a header."""
    return validator if _VALIDATOR.fullmatch(validator) else ""
