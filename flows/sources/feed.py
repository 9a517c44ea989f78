"""An RSS, Atom or podcast feed: every enclosure is a recording, known by its guid."""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from flows.sources.address import Address, file_name_of
from flows.sources.download import check_address, get
from flows.sources.podcast import transcripts
from flows.sources.port import Item, Progress
from kring.errors import InputError, SourceDown, SourceError
from kring.model import SourceRef
from kring.settings import FeedSource, Settings
from transcribe.details import MEDIA_SUFFIXES, make_details

MAX_FEED_BYTES = 20_000_000
MAX_ENTRIES = 10_000
FEED_SECONDS = 120.0


class Feed:
    """Reads the feed at each `list`; an episode is the same recording as long as its guid stays the same."""

    def __init__(self, source: FeedSource, settings: Settings) -> None:
        self.name = source.name
        self._source = source
        self._address = Address(settings, allow_private=source.allow_private)
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def list(self) -> Iterator[Item]:
        self._problems.clear()
        feed = self._read()
        parsed = feedparser.parse(io.BytesIO(feed))  # bytes alone it may take for a file's name
        if not parsed.version:
            raise SourceError(
                f"The address of the source {self.name!r} is not an RSS or Atom feed; check it in kring.toml."
            )
        offered = transcripts(feed)
        for entry in parsed.entries[:MAX_ENTRIES]:
            try:
                item = self._item(entry, offered.get(entry.get("id", "")))
            except (InputError, ValueError) as error:  # urlsplit's word for what is no address
                self._problems.append(f"{entry.get('title', 'an episode')}: {error}")
                continue
            if item is not None:
                yield item

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        self._address.fetch(location, dest, progress, max_bytes=max_bytes)

    def _read(self) -> bytes:
        data, deadline = b"", time.monotonic() + FEED_SECONDS
        with get(self._source.url, allow_private=self._source.allow_private) as response:
            for chunk in response.iter_bytes():
                data += chunk
                if time.monotonic() > deadline:
                    raise SourceDown(f"The feed of the source {self.name!r} takes longer than {FEED_SECONDS:.0f} s.")
                if len(data) > MAX_FEED_BYTES:
                    raise SourceError(
                        f"The feed of the source {self.name!r} is larger than {MAX_FEED_BYTES // 1_000_000} MB."
                    )
        return data

    def _item(self, entry: Any, transcript: str | None) -> Item | None:
        """None for an entry without a recording."""
        enclosures = [link for link in entry.get("enclosures", []) if _is_media(link)]
        if not enclosures:
            return None
        url = urljoin(self._source.url, enclosures[0]["href"])
        check_address(url)
        name = file_name_of(url)
        details = make_details(
            title=_plain(entry.get("title", "")) or name,
            circle=self._source.circle,
            date=_published(entry),
            language=self._source.language,
        )
        return Item(
            ref=SourceRef(source=self.name, external_id=entry.get("id") or url),
            details=details,
            file_name=name,
            location=url,
            captions_location=urljoin(self._source.url, transcript) if transcript else None,
        )


def _is_media(link: Any) -> bool:
    kind = str(link.get("type", ""))
    suffix = PurePosixPath(urlsplit(str(link.get("href", ""))).path).suffix.lower()
    return bool(link.get("href")) and (kind.startswith(("audio/", "video/")) or suffix in MEDIA_SUFFIXES)


def _published(entry: Any) -> Any:
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    stamp = calendar.timegm(moment) if moment else datetime.now(UTC).timestamp()
    return datetime.fromtimestamp(stamp, UTC).date()


def _plain(html: str) -> str:
    """A feed's title as text: it may carry markup, which here is only data."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())[:300]
