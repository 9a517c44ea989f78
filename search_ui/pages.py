"""The pages: search, recording, and how far a recording is that is not published yet. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query as Parameter, Request
from starlette.responses import RedirectResponse, Response

from index.port import Filters, PassageHit, Query, Results
from kring.errors import BadQuery, NotFound, SearchDown
from kring.model import Activity, Manifest, State, Step, Transcript
from search_ui import view
from search_ui.rendering import page
from search_ui.site import Site, published, site_of
from search_ui.wanted import MAX_TEXT, Wanted, wanted
from transcribe.captions import write_vtt

PER_PAGE = 10
FOUND_IN_RECORDING = 100
"""Passages listed when somebody searches inside one recording."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, with the number of recordings it would show."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address of the search without it."""

    label: str
    url: str


@router.get("/")
def search_page(
    site: Annotated[Site, Depends(site_of)],
    want: Annotated[Wanted, Depends(wanted)],
    part: Literal["results"] | None = None,
) -> Response:
    results = site.index.search(want.query(per_page=PER_PAGE))
    pages = max(1, -(-results.total // PER_PAGE))
    values = {
        "want": want,
        "results": results,
        "pages": pages,
        "names": site.names,
        "filters": filter_choices(site, want, results),
        "chips": chips(site, want),
        "count": count_sentence(want, results.total),
        "window_title": f"“{want.text}” – search in Kring" if want.text else "Kring – find what was said",
    }
    return page("results.html" if part else "search.html", **values)


def filter_choices(site: Site, want: Wanted, results: Results) -> list[tuple[str, str, list[Choice]]]:
    """(parameter, heading, choices) of each filter that has something to choose."""
    kinds: list[tuple[str, str, Callable[[str], str], tuple[str, ...]]] = [
        ("circle", "Circle", site.names.circle, want.circles),
        ("network", "Network", site.names.network, want.networks),
        ("language", "Language", view.language_name, want.languages),
        ("year", "Year", str, (str(want.year),) if want.year else ()),
    ]
    filters = []
    for name, heading, label, chosen in kinds:
        counts = dict.fromkeys(chosen, 0) | dict(results.facets.get(name, {}))
        choices = [Choice(value, label(value), count, value in chosen) for value, count in counts.items()]
        if name == "year":
            choices.sort(key=lambda choice: choice.value, reverse=True)
        else:
            choices.sort(key=lambda choice: (-choice.count, choice.label.casefold()))
        if choices:
            filters.append((name, heading, choices))
    return filters


def chips(site: Site, want: Wanted) -> list[Chip]:
    set_filters = [("circle", value, site.names.circle(value)) for value in want.circles]
    set_filters += [("network", value, site.names.network(value)) for value in want.networks]
    set_filters += [("language", value, view.language_name(value)) for value in want.languages]
    if want.year is not None:
        set_filters.append(("year", "", str(want.year)))
    if want.after is not None:
        set_filters.append(("after", "", f"from {view.readable_date(want.after)}"))
    if want.before is not None:
        set_filters.append(("before", "", f"until {view.readable_date(want.before)}"))
    return [Chip(label, want.without(name, value).url()) for name, value, label in set_filters]


def count_sentence(want: Wanted, total: int) -> str:
    """What a screen reader is told, and the heading of the list: `12 recordings`."""
    if want.empty:
        return "Recent recordings"
    if total == 0:
        return "Nothing found"
    return "1 recording" if total == 1 else f"{total} recordings"


@router.get("/r/{recording_id}")
def recording_page(
    recording_id: str,
    request: Request,
    site: Annotated[Site, Depends(site_of)],
    q: Annotated[str, Parameter(max_length=MAX_TEXT)] = "",
    t: Annotated[str, Parameter(max_length=20)] = "",
    part: Literal["state"] | None = None,
) -> Response:
    manifest = site.manifest(recording_id)
    if manifest.state is not State.PUBLISHED or manifest.renditions is None:
        return unfinished_page(site, manifest, part)
    if part is not None:
        return RedirectResponse(request.url.path, status_code=303)
    transcript = site.archive.transcript(manifest.transcript.key) if manifest.transcript else None
    found, count, notice = find_inside(site, manifest, q)
    words = view.hit_words(fragment for hit in found for fragment in hit.fragments)
    values = {
        "manifest": manifest,
        "renditions": manifest.renditions,
        "details": manifest.details,
        "names": site.names,
        "language": transcript.language if transcript else manifest.details.language,
        "transcript": transcript,
        "turns": view.turns(transcript.segments, words) if transcript else [],
        "start": view.parse_time(t) or 0.0,
        "q": " ".join(q.split()),
        "found": found,
        "found_count": count,
        "notice": notice,
    }
    return page("recording.html", **values)


def find_inside(site: Site, manifest: Manifest, q: str) -> tuple[list[PassageHit], int, str]:
    """Passages of one recording that answer `q`, in order of time; how many there are; why there is no answer.

    A recording stays readable where the search does not answer or does not understand.
    """
    if not q.strip():
        return [], 0, ""
    query = Query(q, Filters(recording_id=manifest.id), passages=FOUND_IN_RECORDING, per_page=1)
    try:
        results = site.index.search(query)
    except SearchDown:
        return [], 0, "The search does not answer just now, so nothing is marked in the transcript."
    except BadQuery as error:
        return [], 0, str(error)
    if not results.hits:
        return [], 0, ""
    hit = results.hits[0]
    spoken = [passage for passage in hit.passages if any(fragment.hit for fragment in passage.fragments)]
    return sorted(spoken, key=lambda passage: passage.hit_at), hit.passage_count, ""


def unfinished_page(site: Site, manifest: Manifest, part: str | None) -> Response:
    activity = site.leases.read(manifest.id)
    if activity is not None and not site.leases.alive(activity):
        activity = None
    values: dict[str, Any] = {
        "manifest": manifest,
        "details": manifest.details,
        "names": site.names,
        "activity": activity,
        "steps": step_list(manifest, activity),
        "failed": manifest.state is State.FAILED and activity is None,
    }
    return page("state.html" if part else "unfinished.html", **values)


def step_list(manifest: Manifest, activity: Activity | None) -> list[tuple[str, str]]:
    """(sentence, `done` | `current` | `failed` | `ahead`) for every step, in order."""
    order = list(Step)
    problem = manifest.problem if manifest.state is State.FAILED else None
    here = activity.step if activity else problem.step if problem else None
    steps = []
    for step in order:
        if here is None:
            status = "done" if step in manifest.seconds else "ahead"
        elif step is here:
            status = "current" if activity else "failed"
        else:
            status = "done" if order.index(step) < order.index(here) else "ahead"
        steps.append((view.STEPS[step], status))
    return steps


@router.get("/r/{recording_id}/captions.vtt")
def captions(recording_id: str, site: Annotated[Site, Depends(site_of)], download: bool = False) -> Response:
    manifest, transcript = transcript_of(site, recording_id)
    headers = {"Cache-Control": "private, no-cache"}
    if download:
        name = view.file_name(manifest.details.title, ".vtt")
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(write_vtt(transcript.segments), media_type="text/vtt", headers=headers)


def transcript_of(site: Site, recording_id: str) -> tuple[Manifest, Transcript]:
    """Raises NotFound where nothing was written down yet."""
    manifest = published(site, recording_id)
    if manifest.transcript is None:
        raise NotFound("This recording has no transcript.")
    return manifest, site.archive.transcript(manifest.transcript.key)
