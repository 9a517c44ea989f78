"""Taking a recording in: hash, store the original, create the manifest. Safe to repeat at any point."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from kring.errors import InputError
from kring.model import Content, Details, Manifest, Original, SourceRef, State, now
from storage.archive.archive import Archive
from storage.archive.erasures import check_not_erased

CHUNK = 1 << 20

Progress = Callable[[float], None]


def describe(path: Path, file_name: str | None = None) -> Original:
    """Size and SHA-256 of a file, read once with constant memory."""
    content = content_of(path)
    return Original(sha256=content.sha256, size=content.size, file_name=(file_name or path.name)[-300:])


def content_of(path: Path) -> Content:
    """Size and SHA-256 of a file, read once with constant memory."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Content(sha256=digest.hexdigest(), size=size)


def store_original(archive: Archive, original: Original, path: Path, progress: Progress | None = None) -> None:
    """Store the bytes under the key of their hash, unless they are there already. `progress`: 0 to 1.

    Raises InputError if the file has changed since it was described, because it is still being written.
    """
    before = _size_and_mtime(path)
    sent = archive.put_original(original, path, progress=_counter(original.size, progress))
    if sent and (_size_and_mtime(path) != before or before[0] != original.size):
        archive.store.delete(original.key)
        raise InputError("{name} changed while it was read; add it again once it is complete.", name=original.file_name)
    if progress:
        progress(1.0)


def _size_and_mtime(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _counter(size: int, progress: Progress | None) -> Callable[[int], None]:
    """Adds up bytes that several threads report."""
    sent, lock = 0, threading.Lock()

    def count(moved: int) -> None:
        nonlocal sent
        with lock:
            sent += moved
            if progress and size:
                progress(min(1.0, max(0.0, sent / size)))

    return count


def store_recording(
    archive: Archive,
    *,
    ref: SourceRef,
    details: Details,
    path: Path,
    original: Original,
    captions: Path | None = None,
    grown: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Store the original and the platform's transcript, then the manifest that names them.

    If the recording was received before, its manifest stays as it is, except that a new transcript is added.
    `grown`: an earlier original may be an incomplete part of this one. Then it is replaced, and what was made from it
    is made again; corrections stay. Raises Gone if it was erased.
    """
    check_not_erased(archive.store, ref.recording_id)
    known = next(archive.some_manifests([ref.recording_id]), None)
    if known is not None and known.has_given_up(original.sha256):
        return known if captions is None else store_captions(archive, known, captions)
    store_original(archive, original, path, progress)
    moment = now()
    manifest = archive.create(
        Manifest(
            id=ref.recording_id,
            source=ref,
            details=details,
            original=original,
            received_at=moment,
            changed_at=moment,
        )
    )
    if grown and manifest.original.sha256 != original.sha256:
        manifest = archive.update(manifest.id, lambda old: with_other_original(old, original))
    return manifest if captions is None else store_captions(archive, manifest, captions)


def with_other_original(manifest: Manifest, original: Original) -> Manifest:
    """The manifest with this original, and without what was made from the one before."""
    cleared = dict.fromkeys(("media", "renditions", "transcript", "former", "english", "problem"))
    return manifest.model_copy(update={**cleared, "original": original, "state": State.RECEIVED, "again": False})


def store_captions(archive: Archive, manifest: Manifest, path: Path, file_name: str | None = None) -> Manifest:
    """Store the platform's transcript, which replaces the earlier one; the next run publishes it.

    `file_name`: its original name, which may tell its language.
    """
    captions = describe(path, file_name)
    if manifest.captions is not None and manifest.captions.sha256 == captions.sha256:
        return manifest
    if manifest.has_given_up(captions.sha256):
        return manifest
    store_original(archive, captions, path)

    def change(old: Manifest) -> Manifest:
        state = State.RECEIVED if old.state is State.FAILED else old.state
        return old.model_copy(update={"captions": captions, "problem": None, "state": state})

    return archive.update(manifest.id, change)
