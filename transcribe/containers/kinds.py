"""The kinds of files that are taken for recordings: one list, for uploads, watched folders and feeds.

Names are a first sieve only, where something lies beside recordings or is sent for nothing; `probe` looks at the bytes.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

SUFFIXES_OF: Final[dict[str, tuple[str, ...]]] = {
    "aac": (".aac", ".adts"),
    "aiff": (".aif", ".aifc", ".aiff"),
    "amr": (".amr", ".awb"),
    "asf": (".asf", ".wma", ".wmv"),
    "avi": (".avi", ".divx"),
    "caf": (".caf",),
    "flac": (".flac",),
    "flv": (".flv",),
    "matroska": (".mk3d", ".mka", ".mkv", ".weba", ".webm"),
    "mov": (
        *(".3g2", ".3ga", ".3gp", ".3gp2", ".3gpp", ".f4a", ".f4v", ".m4a", ".m4b", ".m4r", ".m4v"),
        *(".mov", ".mp4", ".qt"),
    ),
    "mp3": (".mp2", ".mp3", ".mpa", ".mpga"),
    "mpeg": (".mod", ".mpeg", ".mpg", ".vob"),
    "mpegts": (".m2t", ".m2ts", ".mts", ".tod", ".trp", ".ts"),
    "ogg": (".oga", ".ogg", ".ogv", ".ogx", ".opus", ".spx"),
    "wav": (".bwf", ".wav", ".wave"),
}
"""ffmpeg's demuxers that may open a recording (`transcribe.containers.detect`), and how the names of such files end."""
SUFFIXES: Final = frozenset(suffix for suffixes in SUFFIXES_OF.values() for suffix in suffixes)
_TYPES: Final = ("audio/", "video/", "application/mp4", "application/ogg", "application/vnd.ms-asf")
ACCEPTED: Final = ",".join(["audio/*", "video/*", *sorted(SUFFIXES)])
"""The same for a browser's file chooser (`accept` in HTML)."""


def may_be_recording(name: str, media_type: str = "") -> bool:
    """By its name or by what its sender calls it; `name` may have folders before it."""
    return PurePath(name).suffix.lower() in SUFFIXES or media_type.strip().lower().startswith(_TYPES)
