"""Chapters as players read them: WebVTT for browsers, JSON for podcast programs.

https://www.w3.org/TR/webvtt1/#introduction-chapters and
https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters/jsonChapters.md
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from itertools import zip_longest

from fastapi import APIRouter, Request
from starlette.responses import Response

from kring.corrections.apply import Chapter, chapters
from kring.errors import NotFound
from kring.model import Manifest
from search_ui.context import Site
from search_ui.i18n.gettext import N_
from search_ui.recording.captions import sharing_headers
from search_ui.viewer import ArchiveView, ArchiveViewDep
from transcribe.captions.parsing.cleaning import timestamp

router = APIRouter(include_in_schema=False)


def chapters_of(site: Site, manifest: Manifest) -> tuple[Chapter, ...]:
    """In order of time; the store is asked only if something was corrected."""
    return chapters(site.archive.corrections(manifest.id)) if manifest.corrected else ()


def write_vtt(chapters: Sequence[Chapter], duration: float) -> str:
    """One cue each, until the next begins; those that would begin behind the end are no place to go to."""
    inside = [chapter for chapter in chapters if not duration or chapter.start < duration]
    cues = [
        f"{_timestamp(chapter.start)} --> {_timestamp(after.start if after else duration or chapter.start + 1)}\n"
        f"{html.escape(chapter.title, quote=False)}\n"
        for chapter, after in zip_longest(inside, inside[1:])
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _timestamp(seconds: float) -> str:
    return timestamp(round(1000 * seconds))


def write_json(chapters: Sequence[Chapter], title: str) -> str:
    listed = [{"startTime": round(chapter.start, 3), "title": chapter.title} for chapter in chapters]
    return json.dumps({"version": "1.2.0", "title": title, "chapters": listed}, ensure_ascii=False)


@router.api_route("/r/{recording_id}/chapters.vtt", methods=["GET", "HEAD", "OPTIONS"])
def vtt(recording_id: str, request: Request, view: ArchiveViewDep) -> Response:
    manifest, chapters = _open(view, recording_id)
    seconds = manifest.duration
    return _respond(view, manifest, request, write_vtt(chapters, seconds), "text/vtt")


@router.api_route("/r/{recording_id}/chapters.json", methods=["GET", "HEAD", "OPTIONS"])
def as_json(recording_id: str, request: Request, view: ArchiveViewDep) -> Response:
    manifest, chapters = _open(view, recording_id)
    return _respond(view, manifest, request, write_json(chapters, manifest.details.title), "application/json+chapters")


def _open(view: ArchiveView, recording_id: str) -> tuple[Manifest, tuple[Chapter, ...]]:
    manifest = view.open_published(recording_id)
    chapters = chapters_of(view.site, manifest)
    if not chapters:
        raise NotFound(N_("This recording has no chapters."))
    return manifest, chapters


def _respond(view: ArchiveView, manifest: Manifest, request: Request, content: str, media_type: str) -> Response:
    headers = sharing_headers(view, manifest, request)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers | {"Allow": "GET, HEAD, OPTIONS"})
    return Response(content, media_type=media_type, headers=headers)
