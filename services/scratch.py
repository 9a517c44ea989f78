"""Scratch space on this machine for files in progress. Its contents can be made again from the bucket."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from kring.errors import DiskFull
from kring.settings import Settings

GB = 1e9
SENT_SECONDS = 24 * 3600
"""Longer than any upload of a document takes."""


def scratch_folder(settings: Settings, recording_id: str) -> Path:
    """The folder of one recording, created if missing. A run finds the files of the one before in it."""
    folder = settings.work_dir / recording_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clear_scratch(settings: Settings, recording_id: str) -> None:
    """Delete the folder of one recording, if there is one."""
    folder = settings.work_dir / recording_id
    if folder.exists():
        shutil.rmtree(folder)


def sweep_scratch(settings: Settings, active: set[str]) -> None:
    """Remove what runs left that died or moved to another machine. `active`: ids of recordings being worked on.

    Files that a browser sends to the web server are also here. The server removes them itself unless it is killed.
    """
    if not settings.work_dir.is_dir():
        return
    for path in settings.work_dir.iterdir():
        if not path.is_dir():
            _sweep_sent(path)
        elif path.name not in active:
            clear_scratch(settings, path.name)


def _sweep_sent(path: Path) -> None:
    with suppress(FileNotFoundError):  # removed since it was listed
        if time.time() - path.stat().st_mtime > SENT_SECONDS:
            path.unlink()


def disk_full() -> DiskFull:
    """The error for a write that failed because the disk is full."""
    return DiskFull("The disk of the Kring machine is full. Make room, then run `kring reconcile`.")


def require_space(folder: Path, needed: int, settings: Settings) -> None:
    """Raises DiskFull unless `needed` bytes fit into `folder` and `media.spare_disk_mb` stays free."""
    free = shutil.disk_usage(folder).free
    spare = settings.media.spare_disk_mb * 1_000_000
    if free - spare < needed:
        raise DiskFull(
            "The disk of the Kring machine is too full: {needed} GB are needed and {free} GB can be used. "
            "Make room, then run `kring reconcile`.",
            needed=f"{needed / GB:.1f}",
            free=f"{max(0, free - spare) / GB:.1f}",
        )
