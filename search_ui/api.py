"""The HTTP API under `/api`: what the pages show, as JSON, described at `/api/openapi.json`."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from kring.model import Activity, Details, State, Step, Transcript
from kring.sentence import ShownSentence
from search_ui.context import Site
from search_ui.recording import captions
from search_ui.recording.captions import transcript_of
from search_ui.viewer import ArchiveViewDep

router = APIRouter(prefix="/api", tags=["archive"])


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
