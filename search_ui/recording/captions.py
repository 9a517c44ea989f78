"""Transcripts as files: captions for players, text for people, each at an address that lasts.

Those of public recordings may be fetched by pages of other sites, as podcast players in a browser do
(https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md); all others only by ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from kring.errors import NotFound
from kring.model import Manifest, State, Transcript, TranscriptRef
from search_ui.http import formatting
from search_ui.http.caching import mark_public
from search_ui.i18n.gettext import N_
from search_ui.recording.media import etag_matches
from search_ui.viewer import ArchiveView, ArchiveViewDep
from transcribe.captions.plain_text import write_txt
from transcribe.captions.podcast_json import write_json
from transcribe.captions.subrip import write_srt
from transcribe.captions.webvtt import write_vtt

WRITER = 1
"""Grows when the same transcript is written otherwise, so that browsers fetch it again."""
TRANSLATED = "Translated into English by a machine."

Track = Literal["own", "english"]


@dataclass(frozen=True, slots=True)
class CaptionFormat:
    """One format: under which name its own and its English track are served, what it is, and what it is good for."""

    own: str
    english: str
    media_type: str
    name: str
    purpose: str
    """These two in the language of the code."""
    write: Callable[[Transcript, str, str], str]
    """Of a transcript, a title and a note."""

    @property
    def suffix(self) -> str:
        return f".{self.own.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Download:
    """One line of the menu."""

    address: str
    file: CaptionFormat
    track: Track


FORMATS = (
    CaptionFormat(
        "transcript.txt", "english.txt", "text/plain", N_("Text"), N_("to read and quote"),
        lambda transcript, title, note: write_txt(transcript.segments, title=title, note=note),
    ),
    CaptionFormat(
        "captions.vtt", "english.vtt", "text/vtt", "WebVTT", N_("captions for web players"),
        lambda transcript, *_: write_vtt(transcript.segments),
    ),
    CaptionFormat(
        "captions.srt", "english.srt", "application/x-subrip", "SubRip", N_("captions for video editors"),
        lambda transcript, *_: write_srt(transcript.segments),
    ),
    CaptionFormat(
        "transcript.json", "english.json", "application/json", "JSON", N_("for podcast apps"),
        lambda transcript, *_: write_json(transcript.segments),
    ),
)  # fmt: skip
TIMED = tuple(file for file in FORMATS if file.suffix != ".txt")
"""Those that players follow."""

router = APIRouter(include_in_schema=False)


def reference(manifest: Manifest, track: Track) -> TranscriptRef | None:
    return manifest.transcript if track == "own" else manifest.english


def downloads(manifest: Manifest) -> list[Download]:
    """Everything there is, the recording's own language first."""
    tracks: tuple[Track, ...] = ("own", "english")
    return [
        Download(f"/r/{manifest.id}/{file.own if track == 'own' else file.english}", file, track)
        for track in tracks
        if reference(manifest, track) is not None
        for file in FORMATS
    ]


def caption_urls(manifest: Manifest) -> dict[str, str]:
    """Where programs find them: `captions` and `english` are WebVTT, `captions_srt`, `english_txt` and so on not."""
    if manifest.state is not State.PUBLISHED:
        return {}
    return {_key(download): download.address for download in downloads(manifest)}


def _key(download: Download) -> str:
    kind = "captions" if download.track == "own" else "english"
    return kind if download.file.suffix == ".vtt" else f"{kind}_{download.file.suffix[1:]}"


def transcript_of(view: ArchiveView, recording_id: str) -> tuple[Manifest, Transcript]:
    """Raises NotFound if there is no transcript yet."""
    manifest = view.open_published(recording_id)
    transcript = view.site.archive.transcript_of(manifest)
    if transcript is None:
        raise NotFound("This recording has no transcript.")
    return manifest, transcript


def serve(
    view: ArchiveView, recording_id: str, request: Request, file: CaptionFormat, track: Track, *, download: bool
) -> Response:
    """200, 304 if the browser has it already, or 204 to a question for permission. Raises NotFound."""
    manifest = view.open_published(recording_id)
    stored = reference(manifest, track)
    if stored is None:
        if track == "own":
            raise NotFound("This recording has no transcript.")
        raise NotFound("This recording was not translated into English.")
    headers = sharing_headers(view, manifest, request)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers | {"Allow": "GET, HEAD, OPTIONS"})
    title = manifest.details.title
    changed = manifest.version  # also that of a transcript that was made again
    facts = f"{WRITER}\n{stored.key}\n{changed}\n{title if file.suffix == '.txt' else ''}\n{file.name}"
    etag = f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'
    headers["ETag"] = f"W/{etag}"  # weak: it goes out packed or not
    if download:
        name = formatting.file_name(f"{title} english" if track == "english" else title, file.suffix)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if etag_matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    note = TRANSLATED if track == "english" else ""

    def write() -> str:
        archive = view.site.archive
        transcript = archive.transcript_of(manifest) if track == "own" else archive.transcript(stored.key)
        assert transcript is not None  # noqa: S101  there is a reference to it
        return file.write(transcript, title, note)

    content = view.site.written.get(f"{manifest.id}\n{track}\n{facts}", write)
    return Response(content, media_type=file.media_type, headers=headers)


def sharing_headers(view: ArchiveView, manifest: Manifest, request: Request) -> dict[str, str]:
    """Headers that say who may keep the answer, and whether pages of other sites may read it."""
    if not view.is_public(manifest):
        return {"Cache-Control": "private, no-store"}
    mark_public(request)
    return {
        "Cache-Control": "no-cache",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
    }


def _add_route(file: CaptionFormat, track: Track) -> None:
    def answer(recording_id: str, request: Request, view: ArchiveViewDep, download: bool = False) -> Response:
        return serve(view, recording_id, request, file, track, download=download)

    path = f"/r/{{recording_id}}/{file.own if track == 'own' else file.english}"
    router.add_api_route(path, answer, methods=["GET", "HEAD", "OPTIONS"])


for each in FORMATS:
    _add_route(each, "own")
    _add_route(each, "english")
