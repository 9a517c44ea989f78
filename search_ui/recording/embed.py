"""A recording as part of another site's page: only the player, its title and captions, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query as Parameter, Request
from starlette.responses import Response

from kring.errors import NotFound
from kring.model import Visibility
from search_ui.context import SiteDep, origin_of, visibility_of
from search_ui.http import formatting
from search_ui.http.rendering import page
from search_ui.http.security import policy
from search_ui.recording import chapters
from search_ui.viewer import open_published

router = APIRouter(include_in_schema=False)


@router.get("/r/{recording_id}/embed")
def embed_page(
    recording_id: str,
    request: Request,
    site: SiteDep,
    t: Annotated[str, Parameter(max_length=20)] = "",
) -> Response:
    """Any site may show a public recording; of others only our own pages may."""
    manifest = open_published(site, recording_id)
    if manifest.renditions is None:
        raise NotFound("This recording cannot be played: nothing was prepared for playback.")
    public = visibility_of(site, manifest) is Visibility.PUBLIC
    response = page(
        "embed.html",
        manifest=manifest,
        details=manifest.details,
        renditions=manifest.renditions,
        names=site.names,
        chapters=chapters.chapters_of(site, manifest),
        start=formatting.parse_time(t) or 0.0,
        whole=f"{origin_of(site, request)}/r/{manifest.id}",
    )
    response.headers["Content-Security-Policy"] = policy(frame_ancestors="*" if public else "'self'")
    return response
