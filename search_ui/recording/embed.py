"""A recording as part of another site's page: only the player, its title and captions, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query as Parameter, Request
from starlette.responses import Response

from kring.errors import NotFound
from search_ui.context import origin_of
from search_ui.http import formatting
from search_ui.http.rendering import page
from search_ui.http.security import policy
from search_ui.recording import chapters
from search_ui.viewer import ArchiveViewDep

router = APIRouter(include_in_schema=False)


@router.get("/r/{recording_id}/embed")
def embed_page(
    recording_id: str,
    request: Request,
    view: ArchiveViewDep,
    t: Annotated[str, Parameter(max_length=20)] = "",
) -> Response:
    """Any site may show a public recording; of others only our own pages may."""
    manifest = view.open_published(recording_id)
    if manifest.renditions is None:
        raise NotFound("This recording cannot be played: nothing was prepared for playback.")
    public = view.is_public(manifest)
    response = page(
        "embed.html",
        manifest=manifest,
        details=manifest.details,
        renditions=manifest.renditions,
        names=view.names,
        chapters=chapters.chapters_of(view.site, manifest),
        start=formatting.parse_time(t) or 0.0,
        whole=f"{origin_of(view.site, request)}/r/{manifest.id}",
    )
    response.headers["Content-Security-Policy"] = policy(frame_ancestors="*" if public else "'self'")
    return response
