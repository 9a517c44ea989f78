"""Whether a file ends where it should, by what its last bytes and its outermost sizes say.

Headers promise durations that were true of another file (an MP3 that was cut keeps its Xing header), or count tracks
that nobody reads. Such a file is whole all the same; one whose copying was stopped ends in the middle of something.
"""

from __future__ import annotations

import os
from typing import IO, Final

from transcribe.containers.frames import last_frame_ends

_TAIL: Final = 1 << 16
_MOST_BOXES: Final = 1_000_000
_SEGMENT: Final = b"\x18\x53\x80\x67"
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")
_FLASH: Final = frozenset([8, 9, 18])  # sound, picture, data


def is_complete(file: IO[bytes], demuxer: str, begins: int) -> bool:
    """Whether `file`, in which the container begins at byte `begins`, is surely not cut off. False: not known."""
    size = os.fstat(file.fileno()).st_size
    match demuxer:
        case "mov":
            return _boxes_end(file, size)
        case "matroska":
            return _segment_ends(file, begins, size)
        case "mp3":
            return _frames_end(_read(file, max(0, size - _TAIL), _TAIL))
        case "flv":
            return _tags_end(file, size)
    return False


def _read(file: IO[bytes], at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _boxes_end(file: IO[bytes], size: int) -> bool:
    """MP4 is a row of boxes, each of which begins with its length."""
    at = 0
    for _ in range(_MOST_BOXES):
        head = _read(file, at, 16)
        length = int.from_bytes(head[:4])
        if length == 1:
            length = int.from_bytes(head[8:16])
        if len(head) < 8 or length == 0:  # to the end of the file, however long that is
            return at == size
        if length < 8:
            return False
        at += length
    return False


def _segment_ends(file: IO[bytes], begins: int, size: int) -> bool:
    """Matroska is a header and a segment that holds all the rest, whose length is known once it is finished."""
    head = _read(file, begins, 1 << 12)
    header, at = _number(head, 4)
    at += header
    if head[at : at + 4] != _SEGMENT:
        return False
    segment, after = _number(head, at + 4)
    unknown = segment == (1 << 7 * (after - at - 4)) - 1
    return not unknown and begins + after + segment <= size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A length as EBML writes it, and where the next thing begins."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)
    return value, at + width


def _frames_end(tail: bytes) -> bool:
    end = last_frame_ends(tail)
    if end is None or end > len(tail):
        return False
    rest = tail[end:].lstrip(b"\0")
    return not rest or rest.startswith(_TAGS)


def _tags_end(file: IO[bytes], size: int) -> bool:
    """Flash video ends with the length of its last tag, which says it too."""
    length = int.from_bytes(_read(file, max(0, size - 4), 4))
    head = _read(file, size - 4 - length, 4) if 11 <= length <= size - 4 else b""
    return len(head) == 4 and head[0] in _FLASH and int.from_bytes(head[1:]) + 11 == length
