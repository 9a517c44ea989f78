"""What a person is uploading with a browser. Stored at `uploads/<recording-id>.json` from before its first byte."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from kring.model import (
    SCHEMA_VERSION,
    UPLOAD,
    Attachments,
    Details,
    Frozen,
    Line,
    Original,
    RecordingId,
    Sha256,
    SourceRef,
)
from kring.sentence import StoredSentence


class UploadState(StrEnum):
    ARRIVING = "arriving"
    """Parts are being sent, or the person will come back and send the rest."""
    ARRIVED = "arrived"
    """All bytes are here; a run checks them and makes the recording of them."""
    FAILED = "failed"
    """What arrived is not what was announced; `problem` says what to do."""


class FileReplacement(Frozen):
    """That a file takes the place of the one that a recording has."""

    recording_id: RecordingId
    reason: Line
    keep_corrections: bool = False
    """The times are the same: lines and chapters that people corrected stay; else they count no longer."""


class Upload(Frozen):
    """One file on its way, known by the recording it will be.

    The bytes lie at `incoming/<recording-id>` until a run has taken them in; the object store keeps the parts.
    """

    schema_version: int = SCHEMA_VERSION
    id: RecordingId
    original: Original
    """As announced by the browser, which has hashed the file; checked by the run."""
    details: Details
    parts_id: str
    """The object store's name for the parts that are sent."""
    part_size: int = Field(gt=0)
    state: UploadState = UploadState.ARRIVING
    problem: StoredSentence | None = None
    attachments: Attachments = ()
    captions: Original | None = None
    by: str
    """Id of the person."""
    by_name: Line | None = None
    replaces: FileReplacement | None = None
    """None: it becomes a recording of its own."""
    begun_at: datetime
    changed_at: datetime


def page_id_of(upload: Upload) -> str:
    """Of the recording whose page shows what becomes of an upload."""
    return upload.replaces.recording_id if upload.replaces is not None else upload.id


def source_of(sha256: Sha256) -> SourceRef:
    """Under which reference, and so which id, a file that people bring in themselves is a recording."""
    return SourceRef(source=UPLOAD, external_id=sha256)


def item_of(upload: Upload) -> dict[str, Any]:
    """The parameter `item` of the run that takes it in: a `flows.sources.port.Item` as plain data.

    It names the upload; the run reads the rest from its document, which may be changed until then. `attempt` differs
    if the same file is sent once more after what arrived was not it.
    """
    return {
        "ref": source_of(upload.original.sha256).model_dump(mode="json", exclude_none=True),
        "details": upload.details.model_dump(mode="json"),
        "file_name": upload.original.file_name,
        "location": upload.id,
        "sha256": upload.original.sha256,
        "attempt": attempt_of(upload),
    }


def attempt_of(upload: Upload) -> str:
    """Of two who ask for its run, both are to name it as what the run is wanted `after`."""
    return upload.begun_at.strftime("%Y%m%dT%H%M%S%f")
