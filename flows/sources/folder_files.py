"""Which files below a watched folder may be recordings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from transcribe.kinds import may_be_recording

SYSTEM_FOLDERS = frozenset(
    {
        "$recycle.bin", "recycler", "recycled", "system volume information",
        "#recycle", "#snapshot", "@eadir", "@recycle", "@recently-snapshot", "~snapshot",
        "network trash folder", "temporary items", "__macosx", "lost+found",
    }
)  # fmt: skip
"""Recycle bins, snapshots and the like of Windows, macOS, Synology, QNAP and NetApp, in small letters; beside all that
is hidden (`.Trash-1000`, `.snapshot`, `.stversions`)."""
TEMPORARY = ("~$", "~wrd", "._")
"""How names of files begin that programs put beside those they work on."""


def files_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """All of them, without what systems and programs keep for themselves; links to folders are not followed.

    `unreadable` is called with each folder that cannot be listed.
    """
    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = [name for name in folders if not (name.startswith(".") or name.lower() in SYSTEM_FOLDERS)]
        for name in files:
            own = name.startswith(".") or name.lower().startswith(TEMPORARY)
            if may_be_recording(name) and not own:
                yield Path(folder, name)
