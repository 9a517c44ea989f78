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
"""Recycle bins, snapshots and the like of Windows, macOS, Synology, QNAP and NetApp, in lower case. Hidden folders
(`.Trash-1000`, `.snapshot`, `.stversions`) are skipped anyway."""
TEMPORARY = ("~$", "~wrd", "._", "~syncthing~")
"""Prefixes of files that programs create beside the one they work on."""
UNFINISHED = frozenset(
    {
        ".part", ".partial", ".filepart", ".dtapart", ".dlpart", ".crdownload", ".opdownload", ".fdmdownload",
        ".!qb", ".!ut", ".bc!", ".az!", ".!sync", ".aria2", ".ytdl", ".tmp", ".temp", ".ffs_tmp",
        ".incomplete", ".unfinished", ".downloading", ".uploading", ".copying",
    }
)  # fmt: skip
"""What programs that download or copy add to the name of an incomplete file, in lower case: after the extension, or
before it as in `x.part.mp4`. With a number, as in `x.part2.mp4`, it is a complete file, one of several parts."""
UNFINISHED_FOLDER = ".download"
"""Safari downloads into such a folder, where the file has its final name from the start: `x.mp4.download/x.mp4`."""


def files_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Files that may be recordings, without those of the system or unfinished ones. Links to folders are not followed.

    `unreadable` is called with the error for each folder that cannot be listed.
    """
    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = [name for name in folders if not _is_system_folder(name)]
        for name in files:
            if may_be_recording(name) and not _is_temporary(name):
                yield Path(folder, name)


def _is_system_folder(folder: str) -> bool:
    name = folder.lower()
    downloading = name.endswith(UNFINISHED_FOLDER) and may_be_recording(name.removesuffix(UNFINISHED_FOLDER))
    return name.startswith(".") or name in SYSTEM_FOLDERS or downloading


def _is_temporary(file: str) -> bool:
    """Whether a program uses it temporarily, or has not given it its final name yet."""
    name = file.lower()
    return name.startswith((".", *TEMPORARY)) or Path(Path(name).stem).suffix in UNFINISHED
