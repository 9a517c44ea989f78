"""Taking a recording in: hash, store the original, create the manifest. Safe to repeat at any point."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from kring.model import Details, Manifest, Original, SourceRef, now
from storage.archive import Archive

CHUNK = 1 << 20
MEDIA_TYPE = "application/octet-stream"
"""Of every original: nobody's word is taken for what a file is until it was probed."""

Progress = Callable[[float], None]


def describe(path: Path, file_name: str | None = None) -> Original:
    """Size and SHA-256 of a file, read once with constant memory."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Original(sha256=digest.hexdigest(), size=size, file_name=file_name or path.name)


def store_original(archive: Archive, original: Original, path: Path, progress: Progress | None = None) -> None:
    """Put the bytes under the key of their hash, unless they are there already."""
    info = archive.store.stat(original.key)
    if info is None or info.size != original.size:
        sent = 0

        def count(moved: int) -> None:
            nonlocal sent
            sent += moved
            if progress and original.size:
                progress(min(1.0, max(0.0, sent / original.size)))

        archive.store.put_file(original.key, path, media_type=MEDIA_TYPE, progress=count)
    if progress:
        progress(1.0)


def take_in(
    archive: Archive,
    *,
    ref: SourceRef,
    details: Details,
    path: Path,
    original: Original,
    captions: Path | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Store the original and the platform's transcript, then the manifest that names them.

    Returns the manifest that is there already where the recording was received before.
    """
    store_original(archive, original, path, progress)
    transcript_file = None
    if captions is not None:
        transcript_file = describe(captions)
        store_original(archive, transcript_file, captions)
    moment = now()
    return archive.create(
        Manifest(
            id=ref.recording_id,
            source=ref,
            details=details,
            original=original,
            captions=transcript_file,
            received_at=moment,
            changed_at=moment,
        )
    )
