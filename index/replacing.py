"""Having the index hold a recording as it is now, while others may be changing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.passages.build import passages_of
from index.port import SearchIndex
from kring.model import Attachment, Circle, Manifest, Pages, Transcript


class Library(Protocol):
    """Where recordings are read from: what is needed of `storage.archive.archive.Archive`."""

    def manifest(self, recording_id: str) -> Manifest: ...

    def circle(self, slug: str) -> Circle: ...

    def transcript_of(self, manifest: Manifest) -> Transcript | None: ...

    def attached(self, manifest: Manifest) -> Sequence[tuple[Attachment, Pages]]: ...


def replace_current(index: SearchIndex, library: Library, recording_id: str) -> Manifest:
    """Replace a recording's passages with those of the stored manifest, which is returned.

    Somebody may change it meanwhile, and their passages be replaced with these older ones: then it is done again.
    """
    manifest = library.manifest(recording_id)
    while True:
        circle = library.circle(manifest.details.circle)
        passages = passages_of(manifest, circle, library.transcript_of(manifest), library.attached(manifest))
        index.replace(recording_id, passages)
        newer = library.manifest(recording_id)
        if newer.version == manifest.version:
            return manifest
        manifest = newer
