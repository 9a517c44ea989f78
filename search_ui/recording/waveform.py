"""The shape of a recording's sound as a drawing: on its card as a picture, on its page as a line to play from.

`peaks.json` alternates the lowest and the highest sample of each stretch (see `transcribe/rendering/peaks.py`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from kring.errors import Damaged, NotFound
from kring.model import Manifest
from search_ui.context import Site
from search_ui.http import formatting
from search_ui.http.caching import mark_public
from search_ui.recording.media import CACHE, etag_matches
from search_ui.viewer import ArchiveViewDep
from storage.documents import read_document

WIDE, SMALL = 180, 30
"""Bars on the recording's page and on its card."""
HEIGHT = 100
"""Of the drawing, in its own units; a bar takes 4 of its width and the space after it 2."""
LEAST_HEIGHT = 0.05
"""Of the height, for silence: a line, not a hole."""
COLOUR = "#3b8d95"
"""Of the picture, which does not know the page's theme: 3:1 against the ground of a card in both."""
DRAWING_VERSION = 1
"""Grows when the same sound is drawn otherwise, so that browsers fetch it again."""

log = logging.getLogger("kring.web")

router = APIRouter(include_in_schema=False)


class StoredPeaks(BaseModel):
    """What is read of the document; there may be more in it."""

    version: Literal[2]
    bits: Literal[8]
    data: list[int]


def heights(data: Sequence[int], count: int) -> list[float]:
    """How loud each of `count` stretches is, 0 to 1, where 1 is the loudest; fewer if there are fewer points."""
    loud = [high - low for low, high in zip(data[::2], data[1::2], strict=False)]
    count = min(count, len(loud))
    parts = [loud[len(loud) * n // count : len(loud) * (n + 1) // count] for n in range(count)]
    means = [sum(part) / len(part) for part in parts]
    most = max(means, default=0)
    return [max(LEAST_HEIGHT, mean / most) if most > 0 else LEAST_HEIGHT for mean in means]


def svg_path(bars: Sequence[float]) -> str:
    """The bars as the outline of an SVG path, around a middle line."""
    return "".join(
        f"M{6 * n} {(HEIGHT - tall) / 2:g}h4v{tall:g}h-4z" for n, tall in enumerate(round(HEIGHT * bar) for bar in bars)
    )


def peaks_of(site: Site, manifest: Manifest) -> list[int]:
    """Empty if the recording was made ready before there were any, or if they are damaged: they are an ornament."""
    key = manifest.renditions.peaks if manifest.renditions else None
    try:
        return read_document(StoredPeaks, key, site.archive.store.get_bytes(key).data).data if key else []
    except (NotFound, Damaged) as error:
        log.error("%s: %s", manifest.id, error)
        return []


@router.api_route("/media/{recording_id}/waveform.svg", methods=["GET", "HEAD"])
def picture(recording_id: str, request: Request, view: ArchiveViewDep) -> Response:
    """The card's picture; an ornament of the recording's own if its sound was never measured."""
    manifest = view.open_published(recording_id)
    if view.is_public(manifest):
        mark_public(request)
    key = manifest.renditions.peaks if manifest.renditions else None
    etag = f'"{hashlib.sha256(repr((DRAWING_VERSION, manifest.id, key)).encode()).hexdigest()[:32]}"'
    headers = {"ETag": f"W/{etag}", "Cache-Control": CACHE}
    if etag_matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    bars = heights(peaks_of(view.site, manifest), SMALL) or [tall / 36 for tall in formatting.bars(manifest.id, SMALL)]
    return Response(svg_picture(bars), media_type="image/svg+xml", headers=headers)


def svg_picture(bars: Sequence[float]) -> str:
    """A picture of 16:9 with the bars in its middle."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 176 99"><path fill="{COLOUR}" '
        f'transform="translate(18 14.5) scale({140 / (6 * len(bars) - 2):.4f} .7)" d="{svg_path(bars)}"/></svg>'
    )
