"""An RSS, Atom or podcast feed: every enclosure is a recording, known by its guid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from flows.sources.address import Address, file_name_of
from flows.sources.feed_process import read_feed
from flows.sources.pace import Deadline
from flows.sources.port import Item, Progress
from flows.sources.web import checked, get
from kring.errors import InputError, SourceError
from kring.model import SourceRef
from kring.settings import FeedSource, Settings
from transcribe.details import make_details
from transcribe.kinds import may_be_recording
from transcribe.plain import unescaped

MAX_FEED_BYTES = 20_000_000
MAX_ENTRIES = 10_000
MAX_PROBLEMS = 20
"""Entries that could not be understood and are named; of further ones only their number is."""
FEED_SECONDS = 120.0
"""For all of it, from looking up the name to the last byte."""


class Feed:
    """Reads the feed at each `list`; an episode is the same recording as long as its guid stays the same."""

    def __init__(self, source: FeedSource, settings: Settings, *, seconds: float = FEED_SECONDS) -> None:
        self.name = source.name
        self._source, self._seconds = source, seconds
        self._address = Address(settings, allow_private=source.allow_private)
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        named = self._problems[:MAX_PROBLEMS]
        more = len(self._problems) - len(named)
        return (*named, f"{self.name}: and {more} more.") if more else tuple(named)

    def list(self) -> Iterator[Item]:
        self._problems.clear()
        for entry in read_feed(self._read(), self.name, most=MAX_ENTRIES):
            try:
                item = self._item(entry)
            except (InputError, ValueError) as error:  # urlsplit's word for what is no address
                self._problems.append(f"{_plain(entry['title'])[:100] or 'An episode'}: {error}")
                continue
            if item is not None:
                yield item

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        self._address.fetch(location, dest, progress, max_bytes=max_bytes)

    def _read(self) -> bytes:
        """Raises SourceError and SourceDown."""
        data = bytearray()
        limit = Deadline(self._seconds)
        with get(self._source.url, allow_private=self._source.allow_private, limit=limit) as answer:
            for chunk in answer.body:
                data += chunk
                if len(data) > MAX_FEED_BYTES:
                    raise SourceError(
                        f"The feed of the source {self.name!r} is larger than {MAX_FEED_BYTES // 1_000_000} MB."
                    )
                if limit.left() <= 0:
                    raise limit.error(answer.host)
        return bytes(data)

    def _item(self, entry: dict[str, Any]) -> Item | None:
        """None for an entry without a recording."""
        enclosures = [href for href, kind in entry["enclosures"] if _is_media(href, kind)]
        if not enclosures:
            return None
        if entry["long"]:
            raise SourceError("its id is too long to know it by; whoever publishes the feed has to give a shorter one.")
        url = urljoin(self._source.url, enclosures[0])
        checked(url)
        name = file_name_of(url)
        details = make_details(
            title=_plain(entry["title"]) or name,
            circle=self._source.circle,
            date=_published(entry["published"]),
            language=self._source.language,
        )
        return Item(
            ref=SourceRef.of(self.name, entry["id"] or url),
            details=details,
            file_name=name,
            location=url,
            captions_location=self._transcript(entry["transcript"], details.title),
        )

    def _transcript(self, address: str | None, title: str) -> str | None:
        """None for one that can never be fetched, which is said: the recording comes in without it."""
        if address is None:
            return None
        try:
            transcript = urljoin(self._source.url, address)
            checked(transcript)
        except (SourceError, ValueError):  # ValueError: urlsplit's word for what is no address
            self._problems.append(
                f"{title[:100]}: its transcript has no address that can be fetched; it comes without."
            )
            return None
        return transcript


def _is_media(href: str, kind: str) -> bool:
    return may_be_recording(urlsplit(href).path, kind)


def _published(moment: list[int] | None) -> date:
    """Raises ValueError for a day that is none."""
    return date(*moment[:3]) if moment else datetime.now(UTC).date()


def _plain(html: str) -> str:
    """A feed's title as text: it may carry markup, which here is only data."""
    return " ".join(unescaped(re.sub(r"<[^<>]*>", " ", html)).split())[:300]
