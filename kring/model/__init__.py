"""The words of Kring as frozen types; `docs/architecture.md` explains each of them.

Times within a recording are seconds from its start, as floats. Moments are timezone-aware UTC.
Everything stored in the bucket as JSON is one of these types, so a document that does not fit is
refused when it is read and never half-understood.
"""

from kring.model.circle import MOST_MONTHS, MOST_TERMS, Circle, Visibility
from kring.model.cut import Cut
from kring.model.manifest import Details, Manifest, State, Withdrawal
from kring.model.media import Media, Renditions, SoundTrack, SoundTracks
from kring.model.original import MOST_ATTACHMENTS, Attachment, Attachments, Content, Original, Pages
from kring.model.run import Activity, Problem, Step
from kring.model.source import ADDRESS, UPLOAD, SourceRef
from kring.model.transcript import Dropped, Hole, Segment, Transcript, TranscriptRef, Word
from kring.model.values import (
    MOST_LABELS,
    SCHEMA_VERSION,
    Frozen,
    Labels,
    Line,
    RecordingId,
    Seconds,
    Sha256,
    Slug,
    now,
)

__all__ = [
    "ADDRESS",
    "MOST_ATTACHMENTS",
    "MOST_LABELS",
    "MOST_MONTHS",
    "MOST_TERMS",
    "SCHEMA_VERSION",
    "UPLOAD",
    "Activity",
    "Attachment",
    "Attachments",
    "Circle",
    "Content",
    "Cut",
    "Details",
    "Dropped",
    "Frozen",
    "Hole",
    "Labels",
    "Line",
    "Manifest",
    "Media",
    "Original",
    "Pages",
    "Problem",
    "RecordingId",
    "Renditions",
    "Seconds",
    "Segment",
    "Sha256",
    "Slug",
    "SoundTrack",
    "SoundTracks",
    "SourceRef",
    "State",
    "Step",
    "Transcript",
    "TranscriptRef",
    "Visibility",
    "Withdrawal",
    "Word",
    "now",
]
