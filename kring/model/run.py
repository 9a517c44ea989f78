"""The run of one recording: its steps, how far it is, and why it stopped."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kring.model.values import Frozen, RecordingId
from kring.sentence import Sentence, StoredSentence


class Step(StrEnum):
    """The way of one recording, in order."""

    RECEIVE = "receive"
    PROBE = "probe"
    RENDER = "render"
    TRANSCRIBE = "transcribe"
    PUBLISH = "publish"
    INDEX = "index"


class Problem(Frozen):
    """Why a recording stopped, in words a facilitator understands."""

    step: Step
    message: StoredSentence
    transient: bool
    at: datetime


class Activity(Frozen):
    """Which process is working on a recording now, and how far. Stored at `runs/<recording-id>.json`.

    A lease and a progress report in one: its holder renews `beat_at`; a lease that is not renewed
    (or whose process is gone from this machine) may be taken over.
    """

    recording_id: RecordingId
    owner: str
    """`<host>/<pid>/<process start>/<flow run id>`: names one process for ever."""
    step: Step
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    note: StoredSentence = Sentence("")
    """What is being done just now, in a few words; may be empty."""
    beat_at: datetime
