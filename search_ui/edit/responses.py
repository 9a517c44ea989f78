"""What is asked and answered when a recording is corrected."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from kring.corrections.changes import Change
from kring.model import Details


class CorrectedLine(BaseModel):
    """A line of the transcript; `corrected`: people have changed its text."""

    start: float
    end: float
    text: str
    speaker: str | None
    language: str | None
    corrected: bool


class NamedChapter(BaseModel):
    start: float
    title: str


class PastCorrection(BaseModel):
    """One correction. `undone`: it counts no longer, because of the Undo `undone_by`; `mine`: the person who asks made
    it."""

    number: int
    at: datetime
    by: str
    kind: str
    summary: str
    undone: bool
    undone_by: int | None
    mine: bool


class CorrectedRecording(BaseModel):
    """A recording as people have corrected it. `number`: of the last correction; `history`: the newest first."""

    number: int
    lines: list[CorrectedLine]
    speakers: list[str]
    chapters: list[NamedChapter]
    details: Details
    history: list[PastCorrection]


class CorrectionRequest(BaseModel):
    change: Change


class CorrectionResult(BaseModel):
    """What one correction has changed. `changed`: lines as they are now; `removed`: where lines began that are gone.

    `number`: of this correction. `stored` false: it was so already, and `number` is that of the last one there is.
    `searchable` false: it is stored, and search follows in a moment.
    """

    number: int
    stored: bool
    changed: list[CorrectedLine]
    removed: list[float]
    chapters: list[NamedChapter]
    speakers: list[str]
    details: Details
    searchable: bool


class CorrectionConflict(BaseModel):
    """What is there now, which someone else wrote meanwhile."""

    error: str
    now: dict[str, object]
