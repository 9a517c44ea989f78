"""The page of a recording: its player and transcript, or how far it is until it is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import APIRouter, Query as Parameter, Request
from starlette.responses import RedirectResponse, Response

from index.port import Filters, PassageHit, Query
from kring.errors import BadQuery, SearchDown
from kring.model import Manifest
from search_ui.context import origin_of, read_transcript
from search_ui.http import formatting
from search_ui.http.rendering import page
from search_ui.i18n.gettext import _
from search_ui.i18n.localisation import message_of
from search_ui.recording import captions, sound_tracks
from search_ui.recording.player import player_values
from search_ui.recording.progress import facts_of
from search_ui.recording.progress_events import WatchersDep, unfinished_page
from search_ui.removal.removing import removal_state
from search_ui.search import hit_timeline, query_help
from search_ui.search.params import MAX_TEXT
from search_ui.viewer import ArchiveView, ArchiveViewDep

FOUND_IN_RECORDING = 100
"""Passages listed by a search inside one recording."""

router = APIRouter(include_in_schema=False)


@router.get("/r/{recording_id}")
def recording_page(
    recording_id: str,
    request: Request,
    view: ArchiveViewDep,
    watchers: WatchersDep,
    q: Annotated[str, Parameter(max_length=MAX_TEXT)] = "",
    t: Annotated[str, Parameter(max_length=20)] = "",
    part: Literal["state"] | None = None,
) -> Response:
    facts = facts_of(view, recording_id)
    manifest = facts.manifest
    if manifest is None or not facts.published:
        return unfinished_page(view, watchers, facts, part)
    if part is not None:
        return RedirectResponse(request.url.path, status_code=303)
    transcript, damaged = read_transcript(view.site, manifest)
    matches = search_inside(view, manifest, q)
    spoken = [hit for hit in matches.hits if hit.attachment is None]
    words = formatting.hit_words(fragment for hit in spoken for fragment in hit.fragments)
    seconds = manifest.duration
    start = formatting.parse_time(t) or 0.0
    values = {
        "manifest": manifest,
        "renditions": manifest.renditions,
        "details": manifest.details,
        "may_edit": view.may_change(manifest.details.circle),
        "removal": removal_state(view, manifest) if view.may_change(manifest.details.circle) else None,
        "names": view.names,
        "language": transcript.language if transcript else manifest.details.language,
        "transcript": transcript,
        "damaged": damaged,
        "doubt": sound_tracks.doubt_notice(manifest),
        "downloads": captions.downloads(manifest),
        "turns": formatting.turns(transcript.segments, words) if transcript else [],
        "start": start,
        "start_place": hit_timeline.svg_position(start, seconds),
        "q": " ".join(q.split()),
        "marks": hit_timeline.timeline_marks(spoken, seconds),
        "found_count": matches.count,
        "about": matches.about,
        "missing_words": matches.missing_words,
        "notice": matches.notice,
        **player_values(
            view,
            manifest,
            origin_of(view.site, request),
            start,
            [hit for hit in matches.hits if hit.attachment is not None],
        ),
    }
    return page("recording.html", **values)


@dataclass(frozen=True, slots=True)
class RecordingMatches:
    """What a search finds in one recording, which stays readable if the search finds nothing or fails."""

    hits: list[PassageHit] = field(default_factory=list)
    """The best first."""
    count: int = 0
    about: str = ""
    """What they are for."""
    missing_words: list[query_help.MissingWords] = field(default_factory=list)
    notice: str = ""
    """Why there is no answer."""


def search_inside(view: ArchiveView, manifest: Manifest, q: str) -> RecordingMatches:
    """The passages of one recording that match the query `q`; a failed search becomes a notice."""
    if not q.strip():
        return RecordingMatches()
    query = Query(q, Filters(recording_id=manifest.id), passages=FOUND_IN_RECORDING, per_page=1)
    try:
        results = view.search(query)
    except SearchDown:
        return RecordingMatches(
            notice=_("The search does not answer just now, so nothing is marked in the transcript.")
        )
    except BadQuery as error:
        return RecordingMatches(notice=message_of(error))
    if not results.hits:
        return RecordingMatches()
    hit = results.hits[0]
    marked = [passage for passage in hit.passages if any(fragment.hit for fragment in passage.fragments)]
    return RecordingMatches(
        marked, hit.passage_count, " ".join(results.about) or q, query_help.missing_words(results.missing)
    )
