"""Taking a recording away for ever: what was asked for, and the receipt of what was removed. Pure types."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kring.model.values import SCHEMA_VERSION, Frozen, Line, RecordingId, Slug
from kring.sentence import StoredSentence


class Place(StrEnum):
    """Where something of a recording lies, in the order in which it is removed."""

    RUNS = "runs"
    """Prefect's rows: flow runs, their states, logs, artifacts and events."""
    LOGS = "logs"
    """Lines of the logs in this data folder."""
    SCRATCH = "scratch"
    """Files in progress on this machine."""
    ORIGINALS = "originals"
    """What came in: the recording, the platform's transcript, documents."""
    RENDITIONS = "renditions"
    """What was made of it: playback, sound, poster, waveform, the text of documents."""
    TRANSCRIPTS = "transcripts"
    """Every transcript, former ones too."""
    CORRECTIONS = "corrections"
    DOCUMENTS = "documents"
    """The manifest, and all that says how the recording came in."""
    INDEX = "index"
    """The passages, and the index's files, written anew without them."""
    STORE = "store"
    """The object store's own files, in which deleted bytes lie until it compacts them."""


class EmptiedPlace(Frozen):
    """What was done at one place."""

    place: Place
    removed: Annotated[int, Field(ge=0)] = 0
    """Objects, rows, lines, files or passages."""
    left: StoredSentence | None = None
    """Why something stays there, and what to do about it."""


class Erasure(Frozen):
    """That a recording is to be erased, and was. Stored at `erased/<recording-id>.json`, before anything is removed.

    It says nothing of what the recording was. As long as it lies there, no source brings the recording back.
    """

    schema_version: int = SCHEMA_VERSION
    id: RecordingId
    circle: Slug
    """Whose facilitators may read the receipt."""
    by: str
    by_name: Line | None = None
    reason: Line
    asked_at: datetime
    done_at: datetime | None = None
    """None: it is hidden, and being removed."""
    places: tuple[EmptiedPlace, ...] = ()
    other_id_of: RecordingId | None = None
    """Of which recording this is another id: a source that offers the same bytes anew would give them this one."""
