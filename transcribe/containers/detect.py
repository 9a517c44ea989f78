"""Which container a file is and where in it that begins, from its bytes alone; the name it came with is never asked.

Only containers that hold their own sound and picture are known here. Playlists and lists of files (HLS, DASH,
ffconcat, SDP, M3U, image sequences) are refused before ffmpeg sees them, since it would open what they name.
"""

from __future__ import annotations

import re
from typing import IO, Final, NamedTuple

from kring.errors import EmptyFile, NotMedia
from transcribe.containers.frames import first_frame, kind_of
from transcribe.containers.strangers import foreign_kind, is_picture
from transcribe.containers.tags import end_of_tags

ENDS_EARLY: Final = (
    "The file ends too early: it was probably still being recorded or copied, or the upload was cut off; "
    "export or copy it again."
)
_ATOMS: Final = (
    *(b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"),
    *(b"udta", b"uuid", b"junk", b"pict", b"prfl"),
)
_STARTS: Final = {
    b"\x1aE\xdf\xa3": "matroska",
    b"OggS\x00": "ogg",
    b"FLV\x01": "flv",
    b"caff\x00\x01": "caf",
    b"#!AMR": "amr",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
    b"\x00\x00\x01\xba": "mpeg",
    b"fLaC": "flac",
}
_AMID: Final = {
    "ogg": re.compile(rb"OggS\x00[\x02\x06]"),
    "flac": re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"),
    "mpeg": re.compile(rb"\x00\x00\x01\xba[\x21-\x2f\x44-\x77]"),
    "mpegts": re.compile(rb"\x47(?=(?s:.{187}\x47){5}|(?s:.{191}\x47){5}|(?s:.{203}\x47){5})"),
}
"""What can be taken up amid other bytes, and what is sure enough to be looked for there."""
_LOOK: Final = 1 << 18
"""Bytes of junk that are looked through."""


class Container(NamedTuple):
    demuxer: str
    """The name of the ffmpeg demuxer."""
    begins: int
    """Bytes before it: tags, padding, the rest of a frame, junk."""


def container_of(file: IO[bytes]) -> Container:
    """The demuxer that fits `file` (seekable); the file is left at its beginning.

    Raises EmptyFile, or NotMedia with a sentence that says what the file looks like instead.
    """
    size = file.seek(0, 2)
    if not size:
        raise EmptyFile("The file is empty (0 bytes): copying or exporting it stopped at once; do that again.")
    file.seek(0)
    demuxer = _by_magic(file.read(_LOOK))
    container = Container(demuxer, 0) if demuxer else _behind(file, size)
    file.seek(container.begins)
    head = file.read(12)
    file.seek(0)
    if head.startswith(b"RIFF") and _shorter_than_riff(head, size - container.begins):
        raise NotMedia(ENDS_EARLY)
    return container


def _behind(file: IO[bytes], size: int) -> Container:
    """What begins behind tags, zeros or junk."""
    tags = end_of_tags(file)
    if tags > size:
        raise NotMedia(ENDS_EARLY)
    file.seek(tags)
    data = file.read(_LOOK)
    zeros = len(data) - len(data.lstrip(b"\0"))
    demuxer = _by_magic(data[zeros:])
    if demuxer and demuxer != "mov":  # whose index counts from the file's first byte
        return Container(demuxer, tags + zeros)
    what = foreign_kind(data) or foreign_kind(data[zeros:])
    container = None if what and not tags else _stream_in(data, zeros)
    if container is None:
        raise what or NotMedia(
            "This file is not sound or video in a form Kring knows; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        )
    return Container(container.demuxer, tags + container.begins)


def _by_magic(head: bytes) -> str | None:
    if head[4:8] in _ATOMS and (head[0] < ord(" ") or head[4:8] == b"mdat"):  # else it may be words
        return None if is_picture(head) else "mov"
    if head[:4] in {b"RIFF", b"RF64", b"BW64"}:
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    for magic, demuxer in _STARTS.items():
        if head.startswith(magic):
            return demuxer
    for offset, size in ((0, 188), (4, 192), (0, 204)):  # plain transport stream, the cameras' with times, satellites'
        if len(head) > 3 * size and all(head[offset + n * size] == 0x47 for n in range(3)):
            return "mpegts"
    return None


def _stream_in(data: bytes, zeros: int) -> Container | None:
    """The frames that begin behind the zeros, else the first container that can be taken up in the middle, else the
    first frames anywhere."""
    run = first_frame(data)
    if run is None or run[1] > zeros:
        matches = ((demuxer, pattern.search(data)) for demuxer, pattern in _AMID.items())
        containers = [Container(demuxer, match.start()) for demuxer, match in matches if match]
        if containers:
            return min(containers, key=lambda container: container.begins)
    if run is None and (kind := kind_of(data[zeros : zeros + 4])):  # very few frames, or such as tell no length
        run = kind, zeros
    return Container(*run) if run else None


def _shorter_than_riff(head: bytes, size: int) -> bool:
    """Whether AVI or WAV data were cut off: for these ffmpeg believes the file's size over its header.

    Programs that write to a pipe put 0 or a number near 2^31 or 2^32 there; that says nothing.
    """
    promised = int.from_bytes(head[4:8], "little")
    return size + 1024 < promised < (1 << 31) - (1 << 20)
