"""Turns the entries of a feed into items: the recordings they offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from flows.sources.address import file_name_of
from flows.sources.details import day_in
from flows.sources.feeds.dates import day_of
from flows.sources.feeds.entries import Entry
from flows.sources.feeds.ids import stable
from flows.sources.feeds.memory import FeedMemory
from flows.sources.feeds.offers import Chosen, choose, is_list
from flows.sources.feeds.titles import title_of
from flows.sources.feeds.unnamed import Marked, mark_of, marks_of, recognised
from flows.sources.http.web import checked
from kring.addresses import without_secrets
from kring.details import make_details
from kring.errors import InputError, SourceError
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.model import SourceRef
from kring.settings import FeedSource, Settings

UNDATED = "The feed {name} has {count} entries without a date; each gets the day on which it came in."
NO_FILE = "The feed {name} has {count} entries, and none of them offers a file with sound or video."


class Episodes:
    """Collects `problems` (entries that are left out or doubtful) and `remarks` (on the feed as a whole)."""

    def __init__(self, source: FeedSource, settings: Settings, memory: FeedMemory | None) -> None:
        self._source, self._memory = source, memory
        self._max_bytes = int(settings.media.max_gb * 1e9)
        self.problems: list[LeftOutReason] = []
        self.remarks: list[LeftOutReason] = []
        self.unnamed: dict[str, SourceRef] = {}
        """Mark → reference of the entries without an id, from all looks; the next look recognises them by it."""
        self._undated = 0

    def of(self, entries: Iterable[tuple[Entry, str]]) -> list[Item]:
        """The items of the entries. Each entry comes with the address of its document."""
        marked_items: list[Marked] = []
        count = 0
        for entry, document in entries:
            count += 1
            title = title_of(entry.title, plain=entry.plain)
            try:
                marked = self._item(entry, document, title)
            except InputError as error:
                self._report(title or entry.id or "?", error)
            else:
                marked_items += [marked] if marked is not None else []
        if self._undated:
            self._remark(SourceError(UNDATED, name=self._source.name, count=self._undated))
        if count and not marked_items and not self.problems:
            self._remark(SourceError(NO_FILE, name=self._source.name, count=count))
        known = self._memory.unnamed() if self._memory is not None else {}
        marked_items = recognised(marked_items, known)
        self.unnamed = known | marks_of(marked_items)
        return self._one_per_id([item for item, _ in marked_items])

    def _item(self, entry: Entry, document: str, title: str) -> Marked | None:
        """None if the entry offers no recording."""
        chosen = choose(entry.offers, document, language=self._source.language, max_bytes=self._max_bytes)
        if chosen is None and any(map(is_list, entry.offers)):
            raise SourceError("It offers only a list of pieces to be streamed, and no file that could be fetched.")
        if chosen is None:
            return None
        if entry.long:
            raise SourceError("Its id is too long to know it by; whoever publishes the feed has to give a shorter one.")
        checked(chosen.url)
        name = file_name_of(chosen.url)
        title = title or name
        details = make_details(
            title=title,
            circle=self._source.circle,
            date=self._day(entry, title, name),
            language=self._source.language,
        )
        self._report_others(chosen, title)
        item = Item(
            ref=self._ref(entry.id or chosen.first),
            details=details,
            file_name=name,
            location=chosen.url,
            captions_location=self._transcript(entry, document, title),
        )
        return item, mark_of(entry, chosen.offer)

    def _ref(self, name: str) -> SourceRef:
        """Made from the name without its signature, unless a recording was received earlier under the full name."""
        ref, full = SourceRef.of(self._source.name, stable(name)), SourceRef.of(self._source.name, name)
        received = ref != full and self._memory is not None and self._memory.has(full.recording_id)
        return full if received else ref

    def _day(self, entry: Entry, title: str, name: str) -> date:
        """Raises SourceError if the entry has a date, but neither it nor its title or file name gives a day."""
        days = [day_of(text, timezone=self._source.timezone) for text in entry.dates]
        if days and days[0]:
            return days[0]
        written = " ".join(entry.dates[0].split())[:60] if entry.dates else ""
        day = next((day for day in (day_in(written), *days, day_in(title), day_in(name)) if day), None)
        if not days:
            self._undated += day is None
            return day or datetime.now(UTC).date()
        if day is None:
            raise SourceError(
                "Its date “{said}” cannot be read, so it is left out; whoever publishes the feed has to write it like "
                "“Wed, 04 Mar 2026 09:00:00 +0100”. Or add the recording with `kring add` and `--date`.",
                said=written,
            )
        self._report(
            title,
            SourceError(
                "Its date “{said}” cannot be read for certain; it gets {day}. Correct it on its page if that is wrong.",
                said=written,
                day=day,
            ),
        )
        return day

    def _report_others(self, chosen: Chosen, title: str) -> None:
        if chosen.others:
            others = ", ".join(without_secrets(url)[:200] for url in chosen.others)
            self._report(
                title,
                SourceError(
                    "It offers several files, and {file} is taken; left out: {others}.",
                    file=file_name_of(chosen.url),
                    others=others,
                ),
            )

    def _transcript(self, entry: Entry, document: str, title: str) -> str | None:
        """Its address; None, with a problem reported, if it can never be fetched. The recording comes in without it."""
        if entry.transcript is None:
            return None
        address = entry.transcript.against(document)
        try:
            checked(address)
        except SourceError:
            self._report(title, SourceError("Its transcript has no address that can be fetched; it comes without."))
            return None
        return address

    def _one_per_id(self, items: list[Item]) -> list[Item]:
        """Of several items with the same id only the oldest, which had the id first."""
        by_id: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            by_id[item.recording_id].append(item)
        for same in by_id.values():
            titles = dict.fromkeys(item.details.title for item in same)
            files = {stable(item.location) for item in same}
            if len(titles) > 1 or len(files) > 1:
                error = SourceError(
                    "These have one id: {titles}. Only one of them is taken in; whoever publishes the feed has to give "
                    "each its own guid.",
                    titles=", ".join(f"“{title[:100]}”" for title in list(titles)[:5]),
                )
                self.problems.append(LeftOutReason(says=error.sentence, name=", ".join(titles)[:300]))
        oldest = {min(reversed(same), key=lambda item: item.details.date): None for same in by_id.values()}
        return [item for item in items if item in oldest]

    def _report(self, title: str, error: InputError) -> None:
        sentence = SourceError("“{title}”: {problem}", title=title[:100], problem=error)
        self.problems.append(LeftOutReason(says=sentence.sentence, name=title))

    def _remark(self, error: InputError) -> None:
        self.remarks.append(LeftOutReason(says=error.sentence))
