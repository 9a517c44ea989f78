"""An RSS, Atom or podcast feed: every entry with sound or video is a recording, known by its guid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from flows.sources.address import Address
from flows.sources.feeds.items import Episodes
from flows.sources.feeds.memory import FeedMemory, conditions, is_same
from flows.sources.feeds.pages import PAGE_SECONDS, Document, Reading
from flows.sources.http.asking_again import Pauses
from flows.sources.port import Progress
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.sentence import Sentence
from kring.settings import FeedSource, Settings
from storage.archive.archive import Archive

MAX_PROBLEMS = 20
"""Problems that are listed one by one; the others are only counted."""
PAUSES = Pauses()
"""Shared by all feeds of this process."""
MORE = "The feed {name} has {count} entries more with such problems."


class Feed:
    """Requests the feed at each `list`. An episode stays the same recording as long as its guid stays the same."""

    def __init__(
        self, source: FeedSource, settings: Settings, archive: Archive | None = None, *, seconds: float = PAGE_SECONDS
    ) -> None:
        """`archive` remembers what the feed offered; without it, each look reads the whole feed."""
        self.name = source.name
        self._source, self._settings, self._seconds = source, settings, seconds
        self._address = Address(settings, allow_private=source.allow_private)
        self._memory = FeedMemory(archive.store, source) if archive is not None else None
        self._problems: tuple[LeftOutReason, ...] = ()

    @property
    def problems(self) -> tuple[LeftOutReason, ...]:
        return self._problems

    def list(self) -> Iterator[Item]:
        last = self._memory.last() if self._memory is not None else None
        self._problems = last.problems if last is not None else ()
        reading = Reading(self._source, seconds=self._seconds)
        first = self._first(reading, conditions(last))
        if self._memory is not None and last is not None and is_same(first, last):
            yield from self._memory.waiting(last)
            return
        if not first.modified:  # it now redirects to another address than the one remembered
            first = self._first(reading, {})
        episodes = Episodes(self._source, self._settings, self._memory)
        items = episodes.of(reading.entries(first))
        named = episodes.problems[:MAX_PROBLEMS]
        more = len(episodes.problems) - len(named)
        further = [LeftOutReason(says=Sentence(MORE, name=self.name, count=more))] if more else []
        self._problems = (*reading.problems, *episodes.remarks, *named, *further)
        yield from items
        if self._memory is not None:
            self._memory.keep(first, items, self._problems, unnamed=episodes.unnamed, good_for=reading.good_for)

    def _first(self, reading: Reading, conditions: Mapping[str, str]) -> Document:
        with PAUSES.kept(self._source.url):
            return reading.first(conditions)

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        self._address.fetch(location, dest, progress, max_bytes=max_bytes)
