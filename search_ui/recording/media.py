"""Playback and posters, streamed from the object store with Range requests and constant memory.

Only keys that a published manifest names are served. A stream reads the store in windows: while a browser
that has buffered enough stands still, no connection to the store is held.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from kring.errors import NotFound
from kring.model import Manifest, Renditions
from search_ui.http.caching import mark_public
from search_ui.viewer import ArchiveView, ArchiveViewDep

if TYPE_CHECKING:
    from storage.port import ObjectStore

WINDOW = 2 * 1024 * 1024
"""Bytes asked of the store at a time, and so the memory one viewer costs."""

CACHE = "private, max-age=86400"

router = APIRouter(include_in_schema=False)

_RANGE = re.compile(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


class UnsatisfiableRange(Exception):  # the answer 416, not something a person needs told
    """The range asked for lies outside the object."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `start` to `end`, exclusive."""

    start: int
    end: int


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range asked for; None if all is asked for, or something that may be answered with all.

    RFC 9110, 14.2: an unknown unit, a malformed header, or several ranges are answered with the whole.
    Raises Unsatisfiable.
    """
    unit, _, ranges = (header or "").partition("=")
    match = _RANGE.fullmatch(ranges)
    if unit.strip().lower() != "bytes" or match is None:
        return None
    first, last = match.groups()
    if not first:
        return _last_bytes(last, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableRange
    return ByteRange(start, min(size, int(last) + 1) if last else size)


def _last_bytes(count: str, size: int) -> ByteRange | None:
    if not count:
        return None
    if int(count) == 0 or size == 0:
        raise UnsatisfiableRange
    return ByteRange(max(0, size - int(count)), size)


def etag_of(key: str, store_etag: str) -> str:
    """A strong validator of our own: the store's is opaque and says where things are kept."""
    return f'"{hashlib.sha256(f"{key} {store_etag}".encode()).hexdigest()[:32]}"'


def windows(store: ObjectStore, key: str, span: ByteRange) -> Iterator[bytes]:
    """The bytes of `span`, a window at a time; each is read whole and its connection given back."""
    for start in range(span.start, span.end, WINDOW):
        with store.open(key, start, min(start + WINDOW, span.end)) as stream:
            window = stream.read()
        yield window


def playback_url(manifest: Manifest) -> str:
    """With a suffix: programs for podcasts look at it, and take nothing without."""
    return f"/media/{manifest.id}/playback{PurePosixPath(_renditions(manifest).playback).suffix}"


@router.api_route("/media/{recording_id}/playback", methods=["GET", "HEAD"])
@router.api_route("/media/{recording_id}/playback.{suffix}", methods=["GET", "HEAD"])
def playback(recording_id: str, request: Request, view: ArchiveViewDep, suffix: str = "") -> Response:
    manifest = view.open_published(recording_id)
    renditions = _renditions(manifest)
    if suffix and request.url.path != playback_url(manifest):
        raise NotFound("This recording is kept in another format.")
    response = serve(view.site.archive.store, renditions.playback, renditions.playback_type, request)
    return allow_other_sites(view, manifest, request, response)


@router.api_route("/media/{recording_id}/poster", methods=["GET", "HEAD"])
def poster(recording_id: str, request: Request, view: ArchiveViewDep) -> Response:
    manifest = view.open_published(recording_id)
    key = _renditions(manifest).poster
    if key is None:
        raise NotFound("This recording has no picture.")
    return allow_other_sites(view, manifest, request, serve(view.site.archive.store, key, "image/jpeg", request))


def allow_other_sites(view: ArchiveView, manifest: Manifest, request: Request, response: Response) -> Response:
    """The answer, which browsers may keep, and pages of other sites may show and play, if the recording is public."""
    if view.is_public(manifest):
        mark_public(request)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _renditions(manifest: Manifest) -> Renditions:
    if manifest.renditions is None:
        raise NotFound("This recording cannot be played: nothing was prepared for playback.")
    return manifest.renditions


def serve(store: ObjectStore, key: str, media_type: str, request: Request) -> Response:
    """Answer 200, 206, 304 or 416 for the object at `key`. Raises NotFound, StorageDown."""
    info = store.stat(key)
    if info is None:
        raise NotFound("The file of this recording is missing from the archive; tell the operator of Kring.")
    etag = etag_of(key, info.etag)
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": CACHE}
    if etag_matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    range_header = request.headers.get("range")
    if request.headers.get("if-range", etag) != etag:  # it changed meanwhile: the whole, not a piece of another
        range_header = None
    try:
        span = parse_range(range_header, info.size)
    except UnsatisfiableRange:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{info.size}"})
    status = 200 if span is None else 206
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{info.size}"
    span = span or ByteRange(0, info.size)
    headers |= {"Content-Length": str(span.end - span.start), "Content-Type": media_type}
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(windows(store, key, span), status_code=status, headers=headers)


def etag_matches(header: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names this etag (compared weakly, as RFC 9110 has it)."""
    names = [name.strip().removeprefix("W/") for name in (header or "").split(",")]
    return etag in names or names == ["*"]
