"""The HTTP API under `/api`: what the pages show, as JSON, described at `/api/openapi.json`."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from index.port import Fragment, Lack, Order, PassageHit, ReasonKind, RecordingHit
from kring.model import Activity, Details, State, Step, Transcript
from kring.sentence import ShownSentence
from search_ui.context import Site
from search_ui.http import formatting
from search_ui.recording import captions
from search_ui.recording.captions import transcript_of
from search_ui.search.params import SearchParamsDep
from search_ui.viewer import ArchiveView, ArchiveViewDep

router = APIRouter(prefix="/api", tags=["archive"])


class TextPiece(BaseModel):
    """Plain text, never HTML; `hit`: it matches the query."""

    text: str
    hit: bool


class FoundPassage(BaseModel):
    """Times in seconds; `hit_at` is where the first matching word is spoken, and `url` opens there.

    What stands on a page of an attachment has no times (they are 0): `attachment` is its SHA-256, and `url` opens it at
    that page.
    """

    start: float
    end: float
    hit_at: float
    text: list[TextPiece]
    speakers: list[str]
    url: str
    attachment: str | None
    attachment_title: str
    page: int | None


class FoundReason(BaseModel):
    """Why a recording is found that does not hold the word `asked` for: `found` means the same (`translation`), or is
    nearly the same and the other is nowhere (`spelling`)."""

    asked: str
    found: str
    because: ReasonKind


class FoundRecording(BaseModel):
    """One recording with its best passages, best first."""

    id: str
    title: list[TextPiece]
    circle: str
    circle_name: str
    network: str
    network_name: str
    language: str
    topics: list[str]
    organisations: list[str]
    date: date
    duration: float
    has_video: bool
    poster_url: str | None
    url: str
    passages: list[FoundPassage]
    passage_count: int
    reasons: list[FoundReason]
    without: list[str]
    """What was asked for and stands in other results, but not in what is shown of this one."""


class FoundMissing(BaseModel):
    """Something that was asked for and that no result holds, as it was typed: the archive has it `nowhere`, or only
    `elsewhere` than the filters allow, or it is a `sign`, which cannot be searched for."""

    text: str
    lack: Lack


class Found(BaseModel):
    """`total`: matching recordings over all pages; `facets`: kind → value → number of recordings. `suggestion`: if a
    word is nowhere, another text to search for that finds something; else empty.

    `about`: what the results are for, if that is not all that was asked for; `missing` is the rest. `together`: all
    of it stands in one passage; else each recording says what it is `without`.
    """

    total: int
    page: int
    sort: Order
    suggestion: str
    missing: list[FoundMissing]
    about: list[str]
    together: bool
    seconds: float
    facets: dict[str, dict[str, int]]
    recordings: list[FoundRecording]


class Refusal(BaseModel):
    """One sentence for people: what was not understood, and what to write instead."""

    error: str


class ActivityStatus(BaseModel):
    """Progress only; the worker is not exposed. `alive` false: no worker has it, and it waits to be resumed."""

    step: Step
    fraction: float
    note: str
    alive: bool
    beat_at: datetime


class ProblemStatus(BaseModel):
    """Why a recording stopped; `transient`: it is tried again by itself."""

    model_config = ConfigDict(from_attributes=True)

    step: Step
    message: ShownSentence
    transient: bool
    at: datetime


class RecordingStatus(BaseModel):
    """One recording as the archive knows it; `searchable`: search finds it now."""

    id: str
    version: int
    title: str
    details: Details
    state: State
    problem: ProblemStatus | None
    activity: ActivityStatus | None
    searchable: bool
    duration: float | None
    language: str | None
    missing: float
    """Seconds of speech for which the transcript has no text."""
    english: bool
    """Whether there is an English track beside its own language."""
    received_at: datetime
    changed_at: datetime
    urls: dict[str, str]


class CircleName(BaseModel):
    slug: str
    name: str
    network: str
    network_name: str
    language: str | None


@router.get("/search", responses={400: {"model": Refusal}})
def search(view: ArchiveViewDep, params: SearchParamsDep) -> Found:
    """Recordings in which something was said, with the passages that match.

    Values of one filter widen each other, filters narrow each other; days are inclusive.
    """
    results = view.search(params.query())
    return Found(
        total=results.total,
        page=params.page,
        sort=params.sorting,
        suggestion=results.suggestion,
        missing=[FoundMissing(text=missing.text, lack=missing.lack) for missing in results.missing],
        about=list(results.about),
        together=results.together,
        seconds=results.seconds,
        facets={kind: dict(counts) for kind, counts in results.facets.items()},
        recordings=[_recording(view, hit) for hit in results.hits],
    )


def _recording(view: ArchiveView, hit: RecordingHit) -> FoundRecording:
    return FoundRecording(
        id=hit.recording_id,
        title=_pieces(hit.title),
        circle=hit.circle,
        circle_name=view.names.circle(hit.circle),
        network=hit.network,
        network_name=view.names.network(hit.network),
        language=hit.language,
        topics=list(hit.topics),
        organisations=list(hit.organisations),
        date=hit.date,
        duration=hit.duration,
        has_video=hit.has_video,
        poster_url=f"/media/{hit.recording_id}/poster" if hit.poster else None,
        url=f"/r/{hit.recording_id}",
        passages=[_passage(hit.recording_id, passage) for passage in hit.passages],
        passage_count=hit.passage_count,
        reasons=[FoundReason(asked=reason.asked, found=reason.found, because=reason.because) for reason in hit.reasons],
        without=list(hit.without),
    )


def _passage(recording_id: str, hit: PassageHit) -> FoundPassage:
    return FoundPassage(
        start=hit.start,
        end=hit.end,
        hit_at=hit.hit_at,
        text=_pieces(hit.fragments),
        speakers=list(hit.speakers),
        url=_passage_url(recording_id, hit),
        attachment=hit.attachment,
        attachment_title=hit.attachment_title,
        page=hit.page,
    )


def _passage_url(recording_id: str, hit: PassageHit) -> str:
    if hit.attachment is not None:
        return f"/r/{recording_id}/attachments/{hit.attachment}#page={hit.page}"
    return f"/r/{recording_id}?t={formatting.time_parameter(hit.hit_at)}"


def _pieces(fragments: tuple[Fragment, ...]) -> list[TextPiece]:
    return [TextPiece(text=fragment.text, hit=fragment.hit) for fragment in fragments]


@router.get("/recordings/{recording_id}")
def recording(recording_id: str, view: ArchiveViewDep) -> RecordingStatus:
    """How far a recording is, and where its parts are."""
    manifest, site = view.open(recording_id), view.site
    details = manifest.details
    if not view.may_change(details.circle):  # on which basis it may be kept is for those who answer for it
        details = details.model_copy(update={"legal_basis": None})
    activity = site.leases.read(manifest.id)
    urls = {"page": f"/r/{manifest.id}"}
    if manifest.state is State.PUBLISHED and manifest.renditions is not None:
        urls["playback"] = f"/media/{manifest.id}/playback"
        if manifest.renditions.poster is not None:
            urls["poster"] = f"/media/{manifest.id}/poster"
    if manifest.state is State.PUBLISHED and manifest.transcript is not None:
        urls["transcript"] = f"/api/recordings/{manifest.id}/transcript"
    urls |= captions.caption_urls(manifest)
    return RecordingStatus(
        id=manifest.id,
        version=manifest.version,
        title=manifest.details.title,
        details=details,
        state=manifest.state,
        problem=ProblemStatus.model_validate(manifest.problem) if manifest.problem else None,
        activity=_activity_status(site, activity) if activity else None,
        searchable=view.is_searchable(manifest.id),
        duration=manifest.duration or None,
        language=manifest.transcript.language if manifest.transcript else manifest.details.language,
        missing=manifest.transcript.missing if manifest.transcript else 0.0,
        english=manifest.english is not None,
        received_at=manifest.received_at,
        changed_at=manifest.changed_at,
        urls=urls,
    )


def _activity_status(site: Site, activity: Activity) -> ActivityStatus:
    return ActivityStatus(
        step=activity.step,
        fraction=activity.fraction,
        note=activity.note,
        alive=site.leases.is_alive(activity),
        beat_at=activity.beat_at,
    )


@router.get("/recordings/{recording_id}/transcript")
def transcript(recording_id: str, view: ArchiveViewDep) -> Transcript:
    """The transcript as people have corrected it: segments with times in seconds, speakers, words."""
    return transcript_of(view, recording_id)[1]


@router.get("/circles")
def circles(view: ArchiveViewDep) -> list[CircleName]:
    """Circles and the networks they belong to."""
    ordered = sorted(view.names.circles.values(), key=lambda circle: circle.name.casefold())
    return [
        CircleName(
            slug=circle.slug,
            name=circle.name,
            network=circle.network,
            network_name=circle.network_name,
            language=circle.language,
        )
        for circle in ordered
    ]
