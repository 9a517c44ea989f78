"""The page on which a facilitator corrects a transcript while listening. It is readable without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query as Parameter
from starlette.responses import RedirectResponse, Response

from kring.corrections.apply import Chapter, chapters
from kring.languages import CODES
from kring.model import State, Transcript
from search_ui.auth.identity import FacilitatorDep
from search_ui.http import formatting
from search_ui.http.rendering import page
from search_ui.i18n.gettext import _
from search_ui.recording import sound_tracks, waveform
from search_ui.upload.page import VISIBILITIES, languages
from search_ui.viewer import ArchiveView, ArchiveViewDep

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
    view: ArchiveViewDep,
    person: FacilitatorDep,
    t: Annotated[str, Parameter(max_length=20)] = "",
) -> Response:
    site = view.site
    manifest = view.open_to_change(recording_id)
    if manifest.state is not State.PUBLISHED or manifest.renditions is None:
        return RedirectResponse(f"/r/{manifest.id}", status_code=303)
    transcript = site.archive.transcript_of(manifest)
    return page(
        "edit.html",
        manifest=manifest,
        renditions=manifest.renditions,
        details=manifest.details,
        circles=circles(view),
        languages=languages(CODES),
        visibilities=[(value.value, _(name)) for value, name in VISIBILITIES.items()],
        transcript=transcript,
        language=(transcript.language if transcript else manifest.details.language) or "",
        rows=rows(transcript, chapters(site.archive.corrections(manifest.id))),
        blank=Row("line", 0.0, 0.0),
        wave=waveform.svg_path(waveform.heights(waveform.peaks_of(site, manifest), waveform.WIDE)),
        wave_width=6 * waveform.WIDE - 2,
        start=formatting.parse_time(t) or 0.0,
        me=person,
        sounds=sound_tracks.choices(manifest),
        heard=sound_tracks.current_sound(manifest),
        doubt=sound_tracks.doubt_notice(manifest),
    )


def circles(view: ArchiveView) -> list[tuple[str, str]]:
    """(slug, name) of every circle whose recordings the viewer may change, by name."""
    return [(circle.slug, circle.name) for circle in view.changeable_circles().values()]


def rows(transcript: Transcript | None, marks: Sequence[Chapter]) -> list[Row]:
    """Everything that stands in the editor, in order of time; a chapter's title before what begins with it."""
    made = [Row("chapter", chapter.start, chapter.start, chapter.title) for chapter in marks]
    if transcript is not None:
        made += [Row("gap", hole.start, hole.end) for hole in transcript.holes]
        speaker = None
        for segment in transcript.segments:
            same = segment.speaker == speaker
            speaker = segment.speaker
            made.append(
                Row(
                    "line", segment.start, segment.end, segment.text.strip(), segment.speaker, segment.language,
                    segment.corrected, same,
                )
            )  # fmt: skip
    return sorted(made, key=lambda row: (row.start, row.kind != "chapter"))
