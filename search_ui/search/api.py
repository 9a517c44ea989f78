"""The search of the JSON API: what a page of results shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from index.port import Fragment, Lack, Order, PassageHit, ReasonKind, RecordingHit
from search_ui.http import formatting
from search_ui.search.params import SearchParamsDep
from search_ui.viewer import ArchiveView, ArchiveViewDep, Previews

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


class FoundPreview(BaseModel):
    """A recording that the caller may not see, of a circle that lets others know what it talked about. `contact`: whom
    to ask; empty if the circle does not say."""

    title: str
    circle_name: str
    network_name: str
    date: date
    contact: str


class Found(BaseModel):
    """`total`: matching recordings over all pages; `facets`: kind → value → number of recordings. `suggestion`: if a
    word is nowhere, another text to search for that finds something; else empty.

    `about`: what the results are for, if that is not all that was asked for; `missing` is the rest. `together`: all
    of it stands in one passage; else each recording says what it is `without`.

    `previews`: with the first page, recordings of circles the caller does not belong to, found by title and topics
    only, the newest first; `more_previews`: there are others. They are not among what is counted.
    """

    total: int
    page: int
    sort: Order
    suggestion: str
    missing: list[FoundMissing]
    about: list[str]
    together: bool
    previews: list[FoundPreview]
    more_previews: bool
    seconds: float
    facets: dict[str, dict[str, int]]
    recordings: list[FoundRecording]


class Refusal(BaseModel):
    """One sentence for people: what was not understood, and what to write instead."""

    error: str


@router.get("/search", responses={400: {"model": Refusal}})
def search(view: ArchiveViewDep, params: SearchParamsDep) -> Found:
    """Recordings in which something was said, with the passages that match.

    Values of one filter widen each other, filters narrow each other; days are inclusive.
    """
    query = params.query()
    results = view.search(query)
    others = view.previews(query) if params.page == 1 else Previews()
    return Found(
        total=results.total,
        page=params.page,
        sort=params.sorting,
        suggestion=results.suggestion,
        missing=[FoundMissing(text=missing.text, lack=missing.lack) for missing in results.missing],
        about=list(results.about),
        together=results.together,
        previews=[FoundPreview(**asdict(preview)) for preview in others.shown],
        more_previews=others.more,
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
