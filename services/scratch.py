"""Scratch space on this machine for files on their way. What is in it can be made again from the bucket."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from kring.errors import DiskFull
from kring.settings import Settings

GB = 1e9
SENT_SECONDS = 24 * 3600
"""No upload of a document takes as long as this."""


def scratch_folder(settings: Settings, recording_id: str) -> Path:
    """The folder of one recording; a run that goes on finds the files of the one before."""
    folder = settings.work_dir / recording_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clear_scratch(settings: Settings, recording_id: str) -> None:
    folder = settings.work_dir / recording_id
    if folder.exists():
        shutil.rmtree(folder)


def sweep_scratch(settings: Settings, active: set[str]) -> None:
    """Remove what runs that died or moved elsewhere have left here; `wanted`: recordings that are being worked on.

    Files lie here while a browser sends them to the web server, which removes them itself unless it is killed.
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
    return DiskFull("The disk of the Kring machine is full. Make room, then run `kring reconcile`.")


def require_space(folder: Path, needed: int, settings: Settings) -> None:
    """Raise DiskFull unless `needed` bytes fit and the spare space stays free."""
    free = shutil.disk_usage(folder).free
    spare = settings.media.spare_disk_mb * 1_000_000
    if free - spare < needed:
        raise DiskFull(
            "The disk of the Kring machine is too full: {needed} GB are needed and {free} GB can be used. "
            "Make room, then run `kring reconcile`.",
            needed=f"{needed / GB:.1f}",
            free=f"{max(0, free - spare) / GB:.1f}",
        )
