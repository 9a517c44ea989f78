"""What people change about a recording: append-only, with who and when. At `corrections/<recording-id>/<n>.json`.

A change names stretches of time and the text that stood there, never the number of a segment: so it holds for whatever
transcript the recording has later. Taking one back is a correction too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kring.model import SCHEMA_VERSION, Details, Frozen, Line, RecordingId, Sha256

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]


Moment = Annotated[float, Field(ge=0, le=36_000_000)]
"""Seconds; WebVTT, in which chapters and captions are shown, knows no more than four digits of hours."""


class LineChange(Frozen):
    """What is said from `start` to `end` (seconds); an empty `text` takes the line away."""

    kind: Literal["line"] = "line"
    start: Moment
    end: Moment
    before: Text
    """What stood there when it was changed; tells two people apart who change the same line."""
    text: Text


class NameChange(Frozen):
    """A name or word, everywhere it stands as a whole word, in just these letters."""

    kind: Literal["name"] = "name"
    find: Line
    replace: Line


class SpeakerChange(Frozen):
    """A speaker is called otherwise, in all of the transcript."""

    kind: Literal["speaker"] = "speaker"
    name: Line
    to: Line


class ChapterChange(Frozen):
    """A chapter begins at `start` (seconds) under this title; None: no longer."""

    kind: Literal["chapter"] = "chapter"
    start: Moment
    before: Line | None = None
    title: Line | None = None


class DetailsChange(Frozen):
    """What is said about the recording."""

    kind: Literal["details"] = "details"
    before: Details
    after: Details


class AttachmentChange(Frozen):
    """An attached document, named by the hash of its bytes, is called otherwise."""

    kind: Literal["attachment"] = "attachment"
    sha256: Sha256
    before: Line
    title: Line


class Undo(Frozen):
    """The correction `number` counts no longer; if it was an Undo itself, what it took back counts again."""

    kind: Literal["undo"] = "undo"
    number: int = Field(ge=1)


class ErasedChange(Frozen):
    """Somebody changed something in a passage that was taken out of the recording since; what, nobody knows."""

    kind: Literal["erased"] = "erased"


Change = Annotated[
    LineChange | NameChange | SpeakerChange | ChapterChange | DetailsChange | AttachmentChange | Undo,
    Field(discriminator="kind"),
]
"""What a person may ask for."""
StoredChange = Annotated[
    LineChange | NameChange | SpeakerChange | ChapterChange | DetailsChange | AttachmentChange | Undo | ErasedChange,
    Field(discriminator="kind"),
]

ActId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Correction(Frozen):
    schema_version: int = SCHEMA_VERSION
    recording_id: RecordingId
    number: int = Field(ge=1)
    """Counts from 1, without gaps."""
    by: str
    """Id of the person."""
    by_name: Line | None = None
    """What they called themselves then."""
    at: datetime
    act: ActId | None = None
    """Of corrections that were made together, in one recording or in many, and are taken back together; None: it was
    made by itself."""
    change: StoredChange
