"""Decides whether a change can be stored, or conflicts with one that somebody else made meanwhile. Knows no requests.

Each change carries the value it was made from. If that is still the current value, the change is stored. If the current
value is already the new one, there is nothing to do. Otherwise it is a conflict, and the person chooses.
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
    AttachmentChange,
    Change,
    ChapterChange,
    Correction,
    DetailsChange,
    ErasedChange,
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
"""The fields of the details that people can correct."""
MOST_CHAPTERS = 500
"""Per recording: one every minute and a half for twelve hours."""


class AlreadyDone(Exception):
    """The recording already is as the change would make it; nothing is stored."""


class EditConflict(Conflict):
    """Somebody else changed the same thing meanwhile. `now`: the current value, as JSON for the editor."""

    def __init__(self, sentence: str, now: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.now = now


@dataclass(frozen=True)
class EditState:
    """A recording as it is now: its transcript, and every correction."""

    read: Callable[[tuple[Correction, ...]], Transcript | None]
    """Returns the transcript with the given corrections; None if the recording has no transcript."""
    original_details: Details
    corrections: tuple[Correction, ...]
    person_id: str
    """The person who asks for the change."""

    @cached_property
    def transcript(self) -> Transcript | None:
        return self.read(self.corrections)

    @cached_property
    def uncorrected(self) -> Transcript | None:
        """The transcript as the engine wrote it."""
        return self.read(())

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.transcript.segments if self.transcript else ()

    @cached_property
    def details(self) -> Details:
        return detailed(self.original_details, self.corrections)

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        return chapters(self.corrections)

    def accept(self, change: Change) -> Change:
        """The change as it is to be stored. Raises AlreadyDone, EditConflict, InputError and NotFound."""
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
            case AttachmentChange():
                raise InputError(_("What a document is called cannot be changed here."))
            case Undo():
                return self._undo(change)

    def _line(self, change: LineChange) -> LineChange:
        transcript = self._require_transcript()
        if change.end < change.start:
            raise InputError(_("The line ends before it begins; load the page again."))
        if change.start >= self._length(transcript):
            raise InputError(_("The recording is over by then; load the page again."))
        text = clean(change.text)
        now = standing(self.segments, change.start, change.end, change.before)
        if now == text:
            raise AlreadyDone
        if now != plain(change.before):
            rival = self._author_of_line(change)
            raise EditConflict(
                self._sentence(rival, _("{who} changed this line {when}. Yours is kept below; choose which one stays."))
                or _(
                    "The recording has been transcribed again meanwhile. Yours is kept below; choose which one stays."
                ),
                {"text": now, **self._signature(rival)},
            )
        return change.model_copy(update={"text": text})

    def _name(self, change: NameChange) -> NameChange:
        self._require_transcript()
        if change.find == change.replace:
            raise InputError(_("Both names are the same; write the second one as it should be."))
        if not count_name(self.segments, change.find, change.replace):
            # Nothing is left to replace, for instance because the browser got no answer and sends the change again.
            if self._is_active(change) or count_name(self.segments, change.find, ""):
                raise AlreadyDone
            raise InputError(
                _("“{name}” does not occur in this transcript as a whole word with exactly these letters.").format(
                    name=change.find
                )
            )
        return change

    def _speaker(self, change: SpeakerChange) -> SpeakerChange:
        self._require_transcript()
        if change.name == change.to:
            raise InputError(_("Both names are the same; write the second one as it should be."))
        if not any(segment.speaker == change.name for segment in self.segments):
            if self._is_active(change):
                raise AlreadyDone
            raise InputError(_("No speaker in this transcript is called “{name}”.").format(name=change.name))
        return change

    def _chapter(self, change: ChapterChange) -> ChapterChange:
        chapter = chapter_at(self.chapters, change.start)
        now = chapter.title if chapter else None
        same_place = chapter is None or chapter.start == change.start
        if now == change.title and same_place:
            raise AlreadyDone
        if change.title is not None and self.transcript and change.start >= self._length(self.transcript):
            raise InputError(_("The recording is over by then; choose an earlier time."))
        if chapter is None and len(self.chapters) >= MOST_CHAPTERS:
            raise InputError(_("A recording has at most {most} chapters; remove one first.").format(most=MOST_CHAPTERS))
        if now not in {change.before, change.title}:
            rival = self._last(ChapterChange, lambda other: abs(other.start - change.start) <= 1)
            raise EditConflict(
                self._sentence(rival, _("{who} changed this chapter {when}. Choose which title stays."))
                or _("This chapter has another title by now. Choose which title stays."),
                {"title": now, **self._signature(rival)},
            )
        return change

    def _details(self, change: DetailsChange) -> DetailsChange:
        if change.before.english != change.after.english:
            raise InputError(_("Whether there is an English track cannot be changed here."))
        merged: dict[str, Any] = {}
        conflicting: dict[str, Any] = {}
        for name in EDITED:
            before, after, now = (getattr(details, name) for details in (change.before, change.after, self.details))
            if after not in (before, now):
                (merged if now == before else conflicting)[name] = after if now == before else now
        if conflicting:
            changed = {
                correction.number
                for correction in self.corrections
                if conflicting.keys() & changed_fields(correction).keys()
            }
            rival = self._last(DetailsChange, lambda _change: True, among=changed)
            dumped = self.details.model_dump(mode="json", include=set(conflicting))
            raise EditConflict(
                self._sentence(rival, _("{who} changed the same details {when}. Choose which ones stay."))
                or _("The same details were changed meanwhile. Choose which ones stay."),
                {"details": dumped, **self._signature(rival)},
            )
        if not merged:
            raise AlreadyDone
        return DetailsChange(before=self.details, after=self.details.model_copy(update=merged))

    def _undo(self, change: Undo) -> Undo:
        there = {correction.number: correction.change for correction in self.corrections}
        if isinstance(there.get(change.number, ErasedChange()), ErasedChange):
            raise NotFound(_("There is no such correction; load the page again."))
        if change.number in undone(self.corrections):
            rival = self._last(Undo, lambda undo: undo.number == change.number)
            raise EditConflict(
                self._sentence(rival, _("{who} took this back already, {when}."))
                or _("This was taken back already; load the page again."),
                {"undone": change.number, **self._signature(rival)},
            )
        return change

    @staticmethod
    def _length(transcript: Transcript) -> float:
        return max([transcript.duration, *(segment.end for segment in transcript.segments)])

    def _is_active(self, change: Change) -> bool:
        """Whether exactly this change was made before and has not been undone."""
        return any(correction.change == change for correction in active(self.corrections))

    def _require_transcript(self) -> Transcript:
        if self.transcript is None:
            raise InputError(_("This recording has no transcript yet, so there is nothing to correct."))
        return self.transcript

    def _last(self, kind: type[Any], matches: Any, among: set[int] | None = None) -> Correction | None:
        """The newest change of this kind that matches, or the newest undo of such a change. `among`: numbers."""
        last: Correction | None = None
        matched: set[int] = set()
        for correction in self.corrections:
            change, number = correction.change, correction.number
            direct = isinstance(change, kind) and matches(change) and (among is None or number in among)
            if direct or (isinstance(change, Undo) and change.number in matched):
                matched.add(number)
                last = correction
        return last

    def _author_of_line(self, line: LineChange) -> Correction | None:
        """The newest correction that altered the text of this line, or the undo of such a one if that is newer."""
        uncorrected = self.uncorrected
        if uncorrected is None:
            return None
        text = standing(uncorrected.segments, line.start, line.end, line.before)
        altered_by: Correction | None = None
        for correction, segments in steps(uncorrected, self.corrections):
            after = standing(segments, line.start, line.end, line.before)
            altered_by, text = (altered_by, text) if after == text else (correction, after)
        last = self._last(LineChange, lambda other: other.start < line.end and other.end > line.start)
        undo = last if last and isinstance(last.change, Undo) else None
        candidates = [correction for correction in (altered_by, undo) if correction]
        return max(candidates, key=lambda correction: correction.number, default=None)

    def _sentence(self, rival: Correction | None, sentence: str) -> str:
        if rival is None:
            return ""
        name = _("You") if rival.by == self.person_id else author_name(rival)
        return sentence.format(who=name, when=time_ago(rival.at))

    @staticmethod
    def _signature(rival: Correction | None) -> dict[str, Any]:
        return {"by": author_name(rival) if rival else None, "at": rival.at if rival else None}
