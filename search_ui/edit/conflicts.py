"""What may be changed: whether someone else has changed the same thing meanwhile, and what is stored. No request here.

A change says what it was made from. What stands there by then decides: the same, and it is stored; already as wanted,
and there is nothing to do; something else, and the person is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kring.corrections.apply import (
    Chapter,
    active,
    changed_fields,
    chapter_at,
    chapters,
    detailed,
    steps,
    undone,
)
from kring.corrections.changes import (
    Change,
    ChapterChange,
    Correction,
    DetailsChange,
    LineChange,
    NameChange,
    SpeakerChange,
    Undo,
)
from kring.corrections.segments import count_name, standing
from kring.corrections.word_timing import plain
from kring.errors import Conflict, InputError, NotFound
from kring.model import Details, Segment, Transcript
from search_ui.edit.history import author_name, time_ago
from search_ui.i18n.gettext import _
from transcribe.captions.parsing.cleaning import clean

EDITED = (
    "title", "circle", "date", "language", "presenters", "organisations", "topics", "visibility", "legal_basis",
)  # fmt: skip
"""The fields of the details that people correct."""


MOST_CHAPTERS = 500
"""Of a recording: one every minute and a half for twelve hours."""


class AlreadyDone(Exception):
    """What is asked for is so already; nothing is stored."""


class EditConflict(Conflict):
    """Someone else changed the same thing meanwhile; `now` is what stands there."""

    def __init__(self, sentence: str, now: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.now = now


@dataclass(frozen=True)
class EditState:
    """A recording as it is: what was heard, and everything people have changed."""

    read: Callable[[tuple[Correction, ...]], Transcript | None]
    """The transcript with corrections; None: there is none."""
    said: Details
    corrections: tuple[Correction, ...]
    me: str
    """Who asks."""

    @cached_property
    def transcript(self) -> Transcript | None:
        return self.read(self.corrections)

    @cached_property
    def heard(self) -> Transcript | None:
        """As the machine heard it."""
        return self.read(())

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.transcript.segments if self.transcript else ()

    @cached_property
    def details(self) -> Details:
        return detailed(self.said, self.corrections)

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        return chapters(self.corrections)

    def accept(self, change: Change) -> Change:
        """The change as it is stored. Raises Already, Clash, InputError and NotFound."""
        match change:
            case LineChange():
                return self._line(change)
            case NameChange():
                return self._name(change)
            case SpeakerChange():
                return self._speaker(change)
            case ChapterChange():
                return self._chapter(change)
            case DetailsChange():
                return self._details(change)
            case Undo():
                return self._undo(change)

    def _line(self, change: LineChange) -> LineChange:
        transcript = self._must_be_heard()
        if change.end < change.start:
            raise InputError(_("The line ends before it begins; load the page again."))
        if change.start >= self._length(transcript):
            raise InputError(_("The recording is over by then; load the page again."))
        text = clean(change.text)
        now = standing(self.segments, change.start, change.end, change.before)
        if now == text:
            raise AlreadyDone
        if now != plain(change.before):
            who = self._who_wrote(change)
            raise EditConflict(
                self._sentence(who, _("{who} changed this line {when}. Yours is kept below; choose which one stays."))
                or _(
                    "The recording has been transcribed again meanwhile. Yours is kept below; choose which one stays."
                ),
                {"text": now, **self._signed(who)},
            )
        return change.model_copy(update={"text": text})

    def _name(self, change: NameChange) -> NameChange:
        self._must_be_heard()
        if change.find == change.replace:
            raise InputError(_("Both names are the same; write the second one as it should be."))
        if not count_name(self.segments, change.find, change.replace):
            # It is so in all places by then, also if the same change is sent again because its answer was lost.
            if self._counts(change) or count_name(self.segments, change.find, ""):
                raise AlreadyDone
            raise InputError(
                _("“{name}” does not occur in this transcript as a whole word with exactly these letters.").format(
                    name=change.find
                )
            )
        return change

    def _speaker(self, change: SpeakerChange) -> SpeakerChange:
        self._must_be_heard()
        if change.name == change.to:
            raise InputError(_("Both names are the same; write the second one as it should be."))
        if not any(segment.speaker == change.name for segment in self.segments):
            if self._counts(change):
                raise AlreadyDone
            raise InputError(_("No speaker in this transcript is called “{name}”.").format(name=change.name))
        return change

    def _chapter(self, change: ChapterChange) -> ChapterChange:
        there = chapter_at(self.chapters, change.start)
        now = there.title if there else None
        same_place = there is None or there.start == change.start
        if now == change.title and same_place:
            raise AlreadyDone
        if change.title is not None and self.transcript and change.start >= self._length(self.transcript):
            raise InputError(_("The recording is over by then; choose an earlier time."))
        if there is None and len(self.chapters) >= MOST_CHAPTERS:
            raise InputError(_("A recording has at most {most} chapters; remove one first.").format(most=MOST_CHAPTERS))
        if now not in {change.before, change.title}:
            who = self._last(ChapterChange, lambda one: abs(one.start - change.start) <= 1)
            raise EditConflict(
                self._sentence(who, _("{who} changed this chapter {when}. Choose which title stays."))
                or _("This chapter has another title by now. Choose which title stays."),
                {"title": now, **self._signed(who)},
            )
        return change

    def _details(self, change: DetailsChange) -> DetailsChange:
        if change.before.english != change.after.english:
            raise InputError(_("Whether there is an English track cannot be changed here."))
        merged: dict[str, Any] = {}
        other: dict[str, Any] = {}
        for name in EDITED:
            before, after, now = (getattr(one, name) for one in (change.before, change.after, self.details))
            if after not in (before, now):
                (merged if now == before else other)[name] = after if now == before else now
        if other:
            changed = {one.number for one in self.corrections if other.keys() & changed_fields(one).keys()}
            who = self._last(DetailsChange, lambda one: True, among=changed)
            dumped = self.details.model_dump(mode="json", include=set(other))
            raise EditConflict(
                self._sentence(who, _("{who} changed the same details {when}. Choose which ones stay."))
                or _("The same details were changed meanwhile. Choose which ones stay."),
                {"details": dumped, **self._signed(who)},
            )
        if not merged:
            raise AlreadyDone
        return DetailsChange(before=self.details, after=self.details.model_copy(update=merged))

    def _undo(self, change: Undo) -> Undo:
        known = {one.number: one for one in self.corrections}
        if change.number not in known:
            raise NotFound(_("There is no such correction; load the page again."))
        if change.number in undone(self.corrections):
            who = self._last(Undo, lambda one: one.number == change.number)
            raise EditConflict(
                self._sentence(who, _("{who} took this back already, {when}."))
                or _("This was taken back already; load the page again."),
                {"undone": change.number, **self._signed(who)},
            )
        return change

    @staticmethod
    def _length(transcript: Transcript) -> float:
        return max([transcript.duration, *(segment.end for segment in transcript.segments)])

    def _counts(self, change: Change) -> bool:
        """Whether exactly this change was made before, and counts."""
        return any(one.change == change for one in active(self.corrections))

    def _must_be_heard(self) -> Transcript:
        if self.transcript is None:
            raise InputError(_("This recording has no transcript yet, so there is nothing to correct."))
        return self.transcript

    def _last(self, kind: type[Any], fits: Any, among: set[int] | None = None) -> Correction | None:
        """The newest change of this kind that fits, or the newest taking back of one."""
        found: Correction | None = None
        touched: set[int] = set()
        for one in self.corrections:
            change = one.change
            direct = isinstance(change, kind) and fits(change) and (among is None or one.number in among)
            if direct or (isinstance(change, Undo) and change.number in touched):
                touched.add(one.number)
                found = one
        return found

    def _who_wrote(self, line: LineChange) -> Correction | None:
        """Whose change made that line what it is: the last one that altered it, or the last to take such a one back."""
        heard = self.heard
        if heard is None:
            return None
        text = standing(heard.segments, line.start, line.end, line.before)
        found: Correction | None = None
        for one, segments in steps(heard, self.corrections):
            after = standing(segments, line.start, line.end, line.before)
            found, text = (found, text) if after == text else (one, after)
        meant = self._last(LineChange, lambda one: one.start < line.end and one.end > line.start)
        backs = [one for one in (meant,) if one and isinstance(one.change, Undo)]
        return max([*([found] if found else []), *backs], key=lambda one: one.number, default=None)

    def _sentence(self, who: Correction | None, sentence: str) -> str:
        if who is None:
            return ""
        return sentence.format(who=_("You") if who.by == self.me else author_name(who), when=time_ago(who.at))

    @staticmethod
    def _signed(who: Correction | None) -> dict[str, Any]:
        return {"by": author_name(who) if who else None, "at": who.at if who else None}
