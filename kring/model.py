"""The words of Kring as frozen types; `docs/architecture.md` explains each of them.

Times within a recording are seconds from its start, as floats. Moments are timezone-aware UTC.
Everything stored in the bucket as JSON is one of these types, so a document that does not fit is
refused when it is read and never half-understood.
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kring.addresses import without_secrets
from kring.text import normalized


def _clean_line(text: str) -> str:
    """One line of human text: NFC, no control characters, single spaces."""
    printable = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text)
    return " ".join(normalized("NFC", printable).split())


Line = Annotated[str, AfterValidator(_clean_line), StringConstraints(min_length=1, max_length=300)]
RecordingId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


SCHEMA_VERSION = 2
"""Of the documents in the bucket, as this program writes them; `storage/migrations.py` reads older ones."""
MOST_LABELS = 200
"""Presenters, organisations or topics of one recording: pages show all of them, and a form takes them."""
MOST_TERMS = 2000
"""Terms of a glossary; an engine takes the first hundred or so."""
MOST_ATTACHMENTS = 100
Labels = Annotated[tuple[Line, ...], Field(max_length=MOST_LABELS)]


class Frozen(BaseModel):
    """A value: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Visibility(StrEnum):
    """Who may find and play a recording."""

    PUBLIC = "public"
    NETWORK = "network"
    CIRCLE = "circle"


class Step(StrEnum):
    """The way of one recording, in order."""

    RECEIVE = "receive"
    PROBE = "probe"
    RENDER = "render"
    TRANSCRIBE = "transcribe"
    PUBLISH = "publish"
    INDEX = "index"


class State(StrEnum):
    """What the manifest says of a recording: taken in, readable by members, or stopped by a problem."""

    RECEIVED = "received"
    PUBLISHED = "published"
    FAILED = "failed"


class Circle(Frozen):
    """A group inside a network that meets. Stored at `circles/<slug>.json`."""

    schema_version: int = SCHEMA_VERSION
    slug: Slug
    name: Line
    network: Slug
    network_name: Line
    language: str | None = None
    """Whisper language code set for recordings that say none; None: detect from speech."""
    glossary: Annotated[tuple[Line, ...], Field(max_length=MOST_TERMS)] = ()
    """Names and terms said there (municipalities, systems, laws), spelled as they should be written down."""
    english: bool = False
    """Whether recordings that do not say otherwise get an English track, translated by Whisper, beside their own."""
    visibility: Visibility = Visibility.NETWORK


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
    """Why it may be kept and shown: who has consented, or the law; said by who brought it in."""


ADDRESS = "address"
"""Name of the source of web addresses given by hand; its external id is the address."""
UPLOAD = "upload"
"""Name of the source of what people bring in themselves; its external id is the content's SHA-256."""


class SourceRef(Frozen):
    """Where a recording came from: a source's name and the source's own name for it."""

    source: Line
    external_id: str
    """Where that is an address, without what may be secret in it."""
    whole_id: RecordingId | None = None
    """The recording's id, where the external id leaves out something secret: by the whole one."""

    @classmethod
    def of(cls, source: str, external_id: str) -> Self:
        """A reference that holds no secret; the recording's id is that of the whole external id."""
        whole = cls(source=source, external_id=external_id)
        shown = without_secrets(external_id)
        return whole if shown == external_id else cls(source=source, external_id=shown, whole_id=whole.recording_id)

    @property
    def recording_id(self) -> str:
        """16 hex characters of SHA-256 over source and external id."""
        return self.whole_id or hashlib.sha256(f"{self.source}\n{self.external_id}".encode()).hexdigest()[:16]


class Original(Frozen):
    """Bytes as they came in. The file name is data for people; the key comes from the hash."""

    sha256: Sha256
    size: int = Field(ge=0)
    file_name: Line

    @property
    def key(self) -> str:
        return f"originals/sha256/{self.sha256[:2]}/{self.sha256}"


class Content(Frozen):
    """What the bytes of an object were when Kring stored it, so that damage is seen later."""

    sha256: Sha256
    size: int = Field(ge=0)


class Attachment(Frozen):
    """A document that belongs to a recording: slides, a report."""

    original: Original
    title: Line
    text: str | None = None
    """Key of the text of its pages (`Pages`), once it was read; None: not yet, or `problem` says why not."""
    text_content: Content | None = None
    """Of the object `text` names; None: it was made by a Kring that did not look."""
    problem: str | None = None

    @property
    def is_read(self) -> bool:
        return self.text is not None or self.problem is not None


Attachments = Annotated[tuple[Attachment, ...], Field(max_length=MOST_ATTACHMENTS)]


class Pages(Frozen):
    """The text of an attachment, page by page; a page without text is empty. Stored beside the renditions."""

    pages: tuple[str, ...]


class Media(Frozen):
    """What `probe` found in the file."""

    duration: Seconds
    format: str
    audio_codec: str
    video_codec: str | None = None
    width: int | None = None
    height: int | None = None
    restarts: bool = False
    """Its times begin anew in the middle, as in recordings put one behind the other."""

    @property
    def has_video(self) -> bool:
        return self.video_codec is not None


class SoundTrack(Frozen):
    """What can be heard in a file: a sound track of it, one channel of that, or several tracks together."""

    tracks: Annotated[tuple[int, ...], Field(min_length=1)]
    """Their numbers, from 1, among the sound tracks of the file."""
    channel: int | None = None
    """From 1; None: all of them, mixed."""
    position: Literal["left", "right", "centre"] | None = None
    """What that channel is called."""
    language: str | None = None
    """As the file says, in Kring's code."""
    speech: bool = False
    """Whether anybody was heard speaking there."""

    @property
    def name(self) -> str:
        """`track1`, `track1.2` (its second channel), `track1-2` (both together): also part of keys."""
        return f"track{'-'.join(map(str, self.tracks))}" + (f".{self.channel}" if self.channel else "")


class SoundTracks(Frozen):
    """Which of a file's sound tracks is played and transcribed, and what else there is."""

    taken: SoundTrack
    doubtful: bool = False
    """Something else is said in another one, and nobody has chosen."""
    there: tuple[SoundTrack, ...] = ()
    """What can be chosen, `taken` among it."""


class Renditions(Frozen):
    """Keys of what `render` made. `speech` is 16 kHz mono FLAC for the engines."""

    recipe: str
    playback: str
    playback_type: str
    speech: str
    poster: str | None = None
    peaks: str | None = None
    contents: dict[str, Content] = {}
    """By key; empty: made by a Kring that did not look."""
    seconds: Seconds | None = None
    """How long what is played lasts; None: as long as the file."""
    sound_tracks: SoundTracks | None = None
    """None: made by a Kring that took the track that players choose, whatever was in it."""

    @property
    def keys(self) -> tuple[str, ...]:
        made = (self.playback, self.speech, self.poster, self.peaks)
        return tuple(key for key in made if key is not None)


class Word(NamedTuple):
    """In seconds. A plain tuple, and a list in JSON: of all that is stored there is most of these, by far."""

    start: float
    end: float
    text: str
    probability: float | None = None


class Segment(Frozen):
    """A stretch of a transcript. `speaker` is set where the meeting platform named one."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    language: str | None = None
    """Where it is another than the transcript's: some recordings change it half-way."""
    words: tuple[Word, ...] = ()
    corrected: bool = False
    """Whether people have changed its text; false in every stored transcript, which is what a machine heard."""

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"segment ends ({self.end}) before it starts ({self.start})")
        return self


class Dropped(Frozen):
    """Something an engine said that was kept out of the transcript, and why."""

    segment: Segment
    reason: str


class Hole(NamedTuple):
    """Seconds between which somebody speaks and nothing was written down."""

    start: float
    end: float


class Transcript(Frozen):
    """What one engine with one configuration heard in one original; immutable.

    Stored at `transcripts/<sha256 of the original>/<fingerprint>.json`.
    """

    schema_version: int = SCHEMA_VERSION
    fingerprint: str
    engine: str
    model: str
    language: str
    language_probability: float | None = None
    duration: Seconds
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...] = ()
    speech: Seconds | None = None
    """Seconds in which somebody speaks, by a voice activity detector; None: nobody looked."""
    holes: tuple[Hole, ...] = ()


class TranscriptRef(Frozen):
    key: str
    fingerprint: str
    engine: str
    model: str
    language: str
    missing: Seconds = 0.0
    """Seconds of speech without text: the transcript's holes together."""
    content: Content | None = None
    """Of the object `key` names; None: it was published by a Kring that did not look."""


class Problem(Frozen):
    """Why a recording stopped, in words a facilitator understands."""

    step: Step
    message: str
    transient: bool
    at: datetime


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
    """The meeting platform's own transcript (VTT, SRT, JSON or text), where there was one."""
    state: State = State.RECEIVED
    problem: Problem | None = None
    media: Media | None = None
    sound_track: Annotated[str, StringConstraints(pattern=r"^track[0-9]+(-[0-9]+)*(\.[0-9]+)?$")] | None = None
    """Name of the one that a person has chosen; None: the one in which people speak."""
    renditions: Renditions | None = None
    transcript: TranscriptRef | None = None
    former: TranscriptRef | None = None
    """The transcript before this one, where it was replaced: for comparing. Its object may be deleted."""
    again: bool = False
    """It is to be transcribed once more, by the engine as it is set now; until then the old transcript stands."""
    english: TranscriptRef | None = None
    """Whisper's translation into English: an extra track, never the transcript."""
    corrected: int = Field(default=0, ge=0)
    """Number of the last correction; 0: nobody has changed anything."""
    attachments: Attachments = ()
    brought_by: str | None = None
    """Id of the person who uploaded it in a browser (`search_ui.http.identity`)."""
    seconds: dict[Step, float] = {}
    """Wall-clock seconds each step took when it last did work."""
    received_at: datetime
    changed_at: datetime

    @property
    def duration(self) -> float:
        """Seconds; of what is played where that is known, else of the file; 0: nobody has looked."""
        played = self.renditions.seconds if self.renditions else None
        return played or (self.media.duration if self.media else 0.0)


class Activity(Frozen):
    """Who is working on a recording now, and how far. Stored at `runs/<recording-id>.json`.

    A lease and a progress report in one: whoever holds it renews `beat_at`; a lease that is not renewed
    (or whose process is gone from this machine) may be taken over.
    """

    recording_id: RecordingId
    owner: str
    """`<host>/<pid>/<process start>/<flow run id>`: names one process for ever."""
    step: Step
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    note: str = ""
    beat_at: datetime


def now() -> datetime:
    """The present moment, timezone-aware."""
    return datetime.now(UTC)
