"""Which files below a watched folder may be recordings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from transcribe.containers.kinds import may_be_recording

SYSTEM_FOLDERS = frozenset(
    {
        "$recycle.bin", "recycler", "recycled", "system volume information",
        "#recycle", "#snapshot", "@eadir", "@recycle", "@recently-snapshot", "~snapshot",
        "network trash folder", "temporary items", "__macosx", "lost+found",
    }
)  # fmt: skip
"""Recycle bins, snapshots and the like of Windows, macOS, Synology, QNAP and NetApp, in small letters; beside all that
is hidden (`.Trash-1000`, `.snapshot`, `.stversions`)."""
TEMPORARY = ("~$", "~wrd", "._", "~syncthing~")
"""How names of files begin that programs put beside those they work on."""
UNFINISHED = frozenset(
    {
        ".part", ".partial", ".filepart", ".dtapart", ".dlpart", ".crdownload", ".opdownload", ".fdmdownload",
        ".!qb", ".!ut", ".bc!", ".az!", ".!sync", ".aria2", ".ytdl", ".tmp", ".temp", ".ffs_tmp",
        ".incomplete", ".unfinished", ".downloading", ".uploading", ".copying",
    }
)  # fmt: skip
"""What programs that download and copy add to the name of a file that is not all there, in small letters: behind its
ending, or before it, as in `x.part.mp4`. A number makes it one of several parts, and whole: `x.part2.mp4`."""
UNFINISHED_FOLDER = ".download"
"""Safari's, in which a file has its final name from the beginning: `x.mp4.download/x.mp4`."""


def files_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """All of them, without what systems and programs keep for themselves; links to folders are not followed.

    `unreadable` is called with each folder that cannot be listed.
    """
    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = [name for name in folders if not _is_systems(name)]
        for name in files:
            if may_be_recording(name) and not _is_programs(name):
                yield Path(folder, name)


def _is_systems(folder: str) -> bool:
    name = folder.lower()
    downloading = name.endswith(UNFINISHED_FOLDER) and may_be_recording(name.removesuffix(UNFINISHED_FOLDER))
    return name.startswith(".") or name in SYSTEM_FOLDERS or downloading


def _is_programs(file: str) -> bool:
    """Whether a program keeps it for itself, or has not given it its final name yet."""
    name = file.lower()
    return name.startswith((".", *TEMPORARY)) or Path(Path(name).stem).suffix in UNFINISHED
