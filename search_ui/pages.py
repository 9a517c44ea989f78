"""The pages: search, recording, and how far a recording is that is not published yet. They work without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query as Parameter, Request
from starlette.responses import RedirectResponse, Response

from index.port import Filters, PassageHit, Query
from kring.errors import BadQuery, SearchDown
from kring.model import Manifest
from search_ui.context import Site, origin_of, read_transcript, site_of
from search_ui.http import formatting as view
from search_ui.http.rendering import page
from search_ui.i18n.gettext import _, sentence
from search_ui.recording import captions, sound_tracks
from search_ui.recording.player import around
from search_ui.recording.progress import facts_of
from search_ui.recording.progress_events import unfinished_page, watchers_of
from search_ui.search import hit_timeline as timeline, query_help as hints
from search_ui.search.params import MAX_TEXT, Wanted, wanted
from search_ui.search.results import listed

FOUND_IN_RECORDING = 100
"""Passages listed when somebody searches inside one recording."""

router = APIRouter(include_in_schema=False)


@router.get("/")
def search_page(
    request: Request,
    site: Annotated[Site, Depends(site_of)],
    want: Annotated[Wanted, Depends(wanted)],
    part: Literal["results"] | None = None,
) -> Response:
    """Where the query cannot be understood the sentence stands beside the field, with the text still in it."""
    title = _("“{words}” – search in Kring").format(words=want.text) if want.text else _("Kring – find what was said")
    values: dict[str, Any] = {"want": want, "names": site.names, "window_title": title}
    try:
        values |= listed(site, request, want)
    except BadQuery as error:
        if part:
            raise
        return page("search.html", 400, **values, tips=hints.tips(site.names, None), problem=sentence(error))
    if part:
        return page("results.html", **values)
    return page("search.html", **values, tips=hints.tips(site.names, values["results"]), problem="")


@router.get("/r/{recording_id}")
def recording_page(
    recording_id: str,
    request: Request,
    site: Annotated[Site, Depends(site_of)],
    q: Annotated[str, Parameter(max_length=MAX_TEXT)] = "",
    t: Annotated[str, Parameter(max_length=20)] = "",
    part: Literal["state"] | None = None,
) -> Response:
    facts = facts_of(site, recording_id)
    manifest = facts.manifest
    if manifest is None or not facts.published:
        return unfinished_page(site, watchers_of(request), facts, part)
    if part is not None:
        return RedirectResponse(request.url.path, status_code=303)
    transcript, damaged = read_transcript(site, manifest)
    inside = find_inside(site, manifest, q)
    found = [hit for hit in inside.hits if hit.attachment is None]
    words = view.hit_words(fragment for hit in found for fragment in hit.fragments)
    seconds = manifest.duration
    start = view.parse_time(t) or 0.0
    values = {
        "manifest": manifest,
        "renditions": manifest.renditions,
        "details": manifest.details,
        "names": site.names,
        "language": transcript.language if transcript else manifest.details.language,
        "transcript": transcript,
        "damaged": damaged,
        "doubt": sound_tracks.doubt(manifest),
        "downloads": captions.downloads(manifest),
        "turns": view.turns(transcript.segments, words) if transcript else [],
        "start": start,
        "start_place": timeline.place(start, seconds),
        "q": " ".join(q.split()),
        "marks": timeline.marks(found, seconds),
        "found_count": inside.count,
        "about": inside.about,
        "lacking": inside.lacking,
        "notice": inside.notice,
        **around(
            site, manifest, origin_of(site, request), start, [hit for hit in inside.hits if hit.attachment is not None]
        ),
    }
    return page("recording.html", **values)


@dataclass(frozen=True, slots=True)
class Inside:
    """What a search finds in one recording; a recording stays readable where it finds nothing."""

    hits: list[PassageHit] = field(default_factory=list)
    """The best first."""
    count: int = 0
    about: str = ""
    """What they are for."""
    lacking: list[hints.Lacking] = field(default_factory=list)
    notice: str = ""
    """Why there is no answer."""


def find_inside(site: Site, manifest: Manifest, q: str) -> Inside:
    """Passages of one recording that answer `q`."""
    if not q.strip():
        return Inside()
    query = Query(q, Filters(recording_id=manifest.id), passages=FOUND_IN_RECORDING, per_page=1)
    try:
        results = site.index.search(query)
    except SearchDown:
        return Inside(notice=_("The search does not answer just now, so nothing is marked in the transcript."))
    except BadQuery as error:
        return Inside(notice=sentence(error))
    if not results.hits:
        return Inside()
    hit = results.hits[0]
    marked = [passage for passage in hit.passages if any(fragment.hit for fragment in passage.fragments)]
    return Inside(marked, hit.passage_count, " ".join(results.about) or q, hints.lacking(results.missing))
