"""Everything known about one recording."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from kring.model.circle import Visibility
from kring.model.cut import Cut
from kring.model.media import Media, Renditions
from kring.model.original import Attachments, Original
from kring.model.run import Problem, Step
from kring.model.source import SourceRef
from kring.model.transcript import TranscriptRef
from kring.model.values import SCHEMA_VERSION, Frozen, Labels, Line, RecordingId, Slug


class State(StrEnum):
    """What the manifest says of a recording: taken in, readable by members, or stopped by a problem."""

    RECEIVED = "received"
    PUBLISHED = "published"
    FAILED = "failed"


class Details(Frozen):
    """What people say about a recording."""

    title: Line
    circle: Slug
    date: date
    language: str | None = None
    presenters: Labels = ()
    english: bool | None = None
    """Whether an English track is made; None: as the circle has it."""
    visibility: Visibility | None = None
    """None: the circle's default."""
    organisations: Labels = ()
    """Municipalities and others whose experience is told."""
    topics: Labels = ()
    legal_basis: Line | None = None
    """Why it may be kept and shown: consent, or the law; as stated by the person who brought it in."""


class Withdrawal(Frozen):
    """That a recording is hidden from all but the facilitators of its circle, until one of them puts it back."""

    by: str
    """Id of the person, as in corrections."""
    by_name: Line | None = None
    at: datetime
    reason: Line


class Manifest(Frozen):
    """Everything known about one recording. Stored at `recordings/<id>.json`, written with If-Match."""

    schema_version: int = SCHEMA_VERSION
    id: RecordingId
    version: int = Field(default=1, ge=1)
    """Grows with every write; index documents carry it, so that drift can be seen."""
    source: SourceRef
    details: Details
    original: Original
    captions: Original | None = None
    """The meeting platform's own transcript (VTT, SRT, JSON or text), if there was one."""
    state: State = State.RECEIVED
    problem: Problem | None = None
    media: Media | None = None
    sound_track: Annotated[str, StringConstraints(pattern=r"^track[0-9]+(-[0-9]+)*(\.[0-9]+)?$")] | None = None
    """Name of the one that a person has chosen; None: the one in which people speak."""
    renditions: Renditions | None = None
    transcript: TranscriptRef | None = None
    former: TranscriptRef | None = None
    """The transcript before this one, if it was replaced: for comparing. Its object may be deleted."""
    again: bool = False
    """It is to be transcribed once more, by the engine as it is set now; until then the old transcript stands."""
    english: TranscriptRef | None = None
    """Whisper's translation into English: an extra track, never the transcript."""
    corrected: int = Field(default=0, ge=0)
    """Number of the last correction; 0: there is none."""
    attachments: Attachments = ()
    withdrawn: Withdrawal | None = None
    keep: bool = False
    """It stays, however long its circle keeps recordings."""
    cuts: tuple[Cut, ...] = ()
    """Passages that were taken out, and are to be."""
    replaced: bool = False
    """A person has put another file in the place of the one that came in."""
    once: tuple[Original, ...] = ()
    """What came in and is named here no longer (a file that was replaced, a document that was removed): it is erased
    with the recording."""
    brought_by: str | None = None
    """Id of the person who uploaded it in a browser (`search_ui.http.identity`)."""
    seconds: dict[Step, float] = Field(default_factory=dict)
    """Wall-clock seconds each step took when it last did work."""
    received_at: datetime
    changed_at: datetime

    @property
    def received(self) -> tuple[Original, ...]:
        """All that came in from outside; each lies under its hash."""
        captions = (self.captions,) if self.captions is not None else ()
        return (self.original, *captions, *(attachment.original for attachment in self.attachments))

    def has_given_up(self, sha256: str) -> bool:
        """Whether a person had this file taken away, or a passage of it: no source brings it back."""
        return (self.replaced or bool(self.cuts)) and any(original.sha256 == sha256 for original in self.once)

    @property
    def silenced(self) -> tuple[Cut, ...]:
        """The passages that the original has and that nothing made of it may have."""
        return tuple(cut for cut in self.cuts if cut.in_original)

    @property
    def duration(self) -> float:
        """Seconds; of what is played if that is known, else of the file; 0: not known yet."""
        played = self.renditions.seconds if self.renditions else None
        return played or (self.media.duration if self.media else 0.0)
