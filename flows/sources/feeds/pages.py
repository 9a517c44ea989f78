"""Reads a feed with all its pages (RFC 5005), within limits of time, size and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import httpx

from flows.sources.feeds.entries import Entry, Page
from flows.sources.feeds.ids import stable
from flows.sources.feeds.parsing import read_feed
from flows.sources.http.pace import Deadline
from flows.sources.http.web import Answer, get
from kring.errors import Busy, Gone, SourceDown, SourceError
from kring.intake.left_out import LeftOutReason
from kring.model import now
from kring.settings import FeedSource

MAX_PAGE_BYTES = 20_000_000
MAX_BYTES = 100_000_000
"""Of all pages together."""
MAX_ENTRIES = 10_000
MAX_PAGES = 500
PAGE_SECONDS = 120.0
"""For one page, from the name lookup to the last byte …"""
PAGES_TIMES = 10
"""… and this many times as long for all pages together."""
TOO_MANY = "The feed {name} has more than {most} entries; the others are left out."
UNREAD = "Page {number} of the feed {name}, and what follows it, cannot be read: {problem}"
NOTHING = Page(version="", next_page=None, count=0)


@dataclass(frozen=True, slots=True)
class Document:
    url: str
    """The address after all redirects."""
    page: Page = NOTHING
    etag: str = ""
    last_modified: str = ""
    modified: bool = True
    """False if the server said "not modified"; `page` is empty then."""


class Reading:
    """One look at a feed."""

    def __init__(self, source: FeedSource, *, seconds: float) -> None:
        self._source, self._seconds = source, seconds
        self._all, self._bytes_left = Deadline(PAGES_TIMES * seconds), MAX_BYTES
        self.problems: list[LeftOutReason] = []
        self.good_for = timedelta(days=1)
        """How long the look stays valid if the feed does not change. It is limited because some
        servers say "not modified" of a feed that has changed."""

    def first(self, conditions: Mapping[str, str]) -> Document:
        """The first document of the feed. `conditions`: request headers. Raises SourceError and SourceDown."""
        return self._get(self._source.url, conditions, most=MAX_ENTRIES)

    def entries(self, first: Document) -> Iterator[tuple[Entry, str]]:
        """All entries, each with the address of its document. If a further page cannot be read, `problems` says why."""
        document, requested, known = first, {self._source.url, first.url}, set[tuple[object, ...]]()
        for number in count(1):
            new = [entry for entry in document.page.entries if _mark(entry) not in known]
            known.update(map(_mark, new))
            yield from ((entry, document.url) for entry in new)
            if document.page.count > len(document.page.entries):
                self._report(SourceError(TOO_MANY, name=self._source.name, most=MAX_ENTRIES))
                return
            if number > 1 and not new:  # the server repeats its last page for ever
                return
            try:
                following = self._following(document, requested, number, most=MAX_ENTRIES - len(known))
            except (SourceError, SourceDown) as error:
                self._report(SourceError(UNREAD, number=number + 1, name=self._source.name, problem=error))
                self.good_for = _good_for(error)
                return
            if following is None:
                return
            document = following

    def _report(self, error: SourceError) -> None:
        self.problems.append(LeftOutReason(says=error.sentence))

    def _following(self, document: Document, requested: set[str], number: int, *, most: int) -> Document | None:
        """The page after this one, which is the `number`th; None if this is the last, or the next was read before."""
        if document.page.next_page is None:
            return None
        url = document.page.next_page.against(document.url)
        if url in requested:
            return None
        if number >= MAX_PAGES:
            raise SourceError("There are more than {most} pages.", most=MAX_PAGES)
        if self._all.left() <= 0:
            minutes = f"{PAGES_TIMES * self._seconds / 60:.0f}"
            raise SourceError("All pages together take longer than {minutes} minutes.", minutes=minutes)
        following = self._get(url, {}, most=most)
        requested |= {url, following.url}
        return following

    def _get(self, url: str, conditions: Mapping[str, str], *, most: int) -> Document:
        limit = Deadline(min(self._seconds, self._all.left()))
        with get(url, allow_private=self._source.allow_private, limit=limit, headers=conditions) as answer:
            if answer.status == httpx.codes.NOT_MODIFIED:
                return Document(answer.url, modified=False)
            data = self._body(answer, limit)
        page = read_feed(data, self._source.name, most=most)
        return Document(answer.url, page, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))

    def _body(self, answer: Answer, limit: Deadline) -> bytes:
        data = bytearray()
        most = min(MAX_PAGE_BYTES, self._bytes_left)
        for chunk in answer.body:
            data += chunk
            if len(data) > most:
                raise SourceError(
                    "The feed of the source {name} is larger than {most} MB, or all its pages than {all} MB.",
                    name=repr(self._source.name),
                    most=MAX_PAGE_BYTES // 1_000_000,
                    all=MAX_BYTES // 1_000_000,
                )
            if limit.left() <= 0:
                raise limit.error(answer.host)
        self._bytes_left -= len(data)
        return bytes(data)


def _good_for(error: SourceError | SourceDown) -> timedelta:
    """How long a look stays valid that ended with this error."""
    if isinstance(error, Busy) and error.until is not None:
        return error.until - now()
    if isinstance(error, Gone):
        return timedelta(days=1)
    return timedelta() if isinstance(error, SourceDown) else timedelta(hours=1)


def _mark(entry: Entry) -> tuple[object, ...]:
    """Stays the same if the entry moves to the next page while the feed is read."""
    return entry.id, entry.title, stable(entry.offers[0].href) if entry.offers else ""
