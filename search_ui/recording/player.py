"""What stands around the player: chapters, documents, the shape of the sound, and the code that shows it elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import escape

from index.port import PassageHit
from kring.corrections.apply import Chapter
from kring.errors import Damaged, NotFound
from kring.model import Manifest
from search_ui.context import Site
from search_ui.recording import chapters as chaptering, waveform
from search_ui.search import hit_timeline
from search_ui.viewer import ArchiveView

log = logging.getLogger("kring.web")

EMBED_WIDTH, EMBED_HEIGHT = 640, 440


@dataclass(frozen=True, slots=True)
class ChapterEntry:
    """A chapter in the list, and whether the recording stands in it."""

    start: float
    title: str
    current: bool


@dataclass(slots=True)
class AttachedDocument:
    """An attachment; `pages` is None if its text was not read. `found`: places in it that answer the query."""

    title: str
    url: str
    suffix: str
    size: int
    pages: int | None
    found: list[PassageHit] = field(default_factory=list)


def player_values(
    view: ArchiveView, manifest: Manifest, origin: str, start: float, written: Iterable[PassageHit]
) -> dict[str, Any]:
    """Values of recording.html; `written` are the passages found in documents."""
    site = view.site
    bars = [] if manifest.media and manifest.media.has_video else waveform.peaks_of(site, manifest)
    return {
        "chapters": chapter_entries(chaptering.chapters_of(site, manifest), start),
        "documents": documents(site, manifest, written),
        "shape": waveform_shape(waveform.heights(bars, waveform.WIDE), start, manifest.duration),
        "embed": embed_code(manifest, origin) if view.is_public(manifest) else "",
    }


def chapter_entries(chapters: Sequence[Chapter], start: float) -> list[ChapterEntry]:
    here = max((chapter.start for chapter in chapters if chapter.start <= start + 0.1), default=None)
    return [ChapterEntry(chapter.start, chapter.title, chapter.start == here) for chapter in chapters]


def documents(site: Site, manifest: Manifest, written: Iterable[PassageHit]) -> list[AttachedDocument]:
    """In the order in which they were attached; what was found in one, in order of its pages."""
    page_counts = _pages(site, manifest)
    by_sha256 = {
        attachment.original.sha256: AttachedDocument(
            title=attachment.title,
            url=f"/r/{manifest.id}/attachments/{attachment.original.sha256}",
            suffix=attachment.original.file_name.rpartition(".")[2].upper()[:5],
            size=attachment.original.size,
            pages=page_counts.get(attachment.original.sha256),
        )
        for attachment in manifest.attachments
    }
    for hit in sorted(written, key=lambda hit: hit.page or 0):
        if hit.attachment in by_sha256:
            by_sha256[hit.attachment].found.append(hit)
    return list(by_sha256.values())


def _pages(site: Site, manifest: Manifest) -> dict[str, int]:
    """SHA-256 of each document → how many pages were read; none if the text of one is damaged."""
    try:
        return {attachment.original.sha256: len(pages.pages) for attachment, pages in site.archive.attached(manifest)}
    except (NotFound, Damaged) as error:
        log.error("%s: %s", manifest.id, error)
        return {}


@dataclass(frozen=True, slots=True)
class WaveformShape:
    """The waveform as an SVG path, `width` wide, of which `heard` was played."""

    path: str
    width: int
    heard: float


def waveform_shape(bars: Sequence[float], start: float, duration: float) -> WaveformShape | None:
    """None if the sound was never measured."""
    if not bars:
        return None
    width = 6 * len(bars) - 2
    return WaveformShape(waveform.svg_path(bars), width, round(hit_timeline.fraction(start, duration) * width, 1))


def embed_code(manifest: Manifest, origin: str) -> str:
    """HTML that another site puts into its page."""
    return (
        f'<iframe src="{origin}/r/{manifest.id}/embed" title="{escape(manifest.details.title)}" '
        f'width="{EMBED_WIDTH}" height="{EMBED_HEIGHT}" allow="fullscreen" loading="lazy"></iframe>'
    )
