"""The page on which a facilitator corrects a transcript while listening. It is readable without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query as Parameter
from starlette.responses import RedirectResponse, Response

from kring.correcting import chapters, detailed
from kring.corrections import Correction, LineChange
from kring.model import Hole, Manifest, Segment, State, Transcript
from search_ui import view
from search_ui.i18n import language_name
from search_ui.people import Person, facilitator
from search_ui.rendering import page
from search_ui.site import Site, site_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one moment: a chapter's title, a line, or a hole in which a line is missing."""

    kind: str
    start: float
    end: float
    text: str = ""
    speaker: str | None = None
    language: str | None = None
    corrected: bool = False
    same: bool = False
    """Whether the line before was said by the same person, so that the name need not stand here again."""


@router.get("/r/{recording_id}/edit")
def edit_page(
    recording_id: str,
    site: Annotated[Site, Depends(site_of)],
    person: Annotated[Person, Depends(facilitator)],
    t: Annotated[str, Parameter(max_length=20)] = "",
) -> Response:
    manifest = site.manifest(recording_id)
    if manifest.state is not State.PUBLISHED or manifest.renditions is None:
        return RedirectResponse(f"/r/{manifest.id}", status_code=303)
    transcript = site.archive.transcript_of(manifest)
    said = site.archive.corrections(manifest.id)
    details = detailed(manifest.details, said)
    return page(
        "edit.html",
        manifest=manifest,
        renditions=manifest.renditions,
        details=details,
        names=site.names,
        circles=sorted(((slug, circle.name) for slug, circle in site.names.circles().items()), key=lambda one: one[1]),
        languages=languages(details.language),
        transcript=transcript,
        language=transcript.language if transcript else details.language or "",
        rows=rows(transcript, said),
        number=manifest.corrected,
        start=view.parse_time(t) or 0.0,
        me=person,
    )
