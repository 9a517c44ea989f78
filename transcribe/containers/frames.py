"""Sound without a container: MP3, MP2 and ADTS AAC, known by frames that follow one another.

Such a stream may be cut anywhere, so it may begin in the middle of a frame, and players look for the first whole one.
One header alone is eleven bits that also stand in any other file; several at the right distances are no accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

_SURE: Final = 5
"""So many frames in a row are no accident; fewer, in a file that ends with them."""
_SYNC: Final = re.compile(rb"\xff[\xe0-\xff]")
_SAME: Final = {"mp3": 0xFFFE0C00, "aac": 0xFFFEFDC0}
"""Bits of a frame's header that are the same in all of a stream."""
_KBITS: Final = {  # by (MPEG-1, layer); MPEG-2 and 2.5 have the same
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Hertz, by the bits that name the version: MPEG-1, MPEG-2, MPEG-2.5."""


def first_frame(data: bytes) -> tuple[str, int] | None:
    """ffmpeg's name of the stream in `data`, and where its first frame begins; None if there is none for sure."""
    for sync in _SYNC.finditer(data):
        kind = kind_of(data[sync.start() : sync.start() + 4])
        if kind is not None and _is_run(data, sync.start(), kind):
            return kind, sync.start()
    return None


def last_frame_ends(data: bytes) -> int | None:
    """Where the last frame that begins in `data` ends: beyond it if that was cut off. None if there is none."""
    frame = first_frame(data)
    return None if frame is None else max(_frames(data, frame[1], frame[0]))


def kind_of(header: bytes) -> str | None:
    """“mp3” (MP2 too) or “aac” if this may be a frame's header. (Layer I would look like UTF-16 text: FF FE.)"""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    if layer == 0:
        return "aac" if header[1] & 0xF0 == 0xF0 and header[2] >> 2 & 15 < 13 else None
    sensible = version != 1 and layer != 3 and header[2] >> 4 != 15 and header[2] >> 2 & 3 != 3
    return "mp3" if sensible else None


def _is_run(data: bytes, at: int, kind: str) -> bool:
    ends = list(islice(_frames(data, at, kind), _SURE))
    return len(ends) == _SURE or (len(ends) > 1 and ends[-1] >= len(data))


def _frames(data: bytes, at: int, kind: str) -> Iterator[int]:
    """Where each frame from `at` on ends."""
    same = int.from_bytes(data[at : at + 4]) & _SAME[kind]
    while len(header := data[at : at + 6]) == 6 and int.from_bytes(header[:4]) & _SAME[kind] == same:
        length = _adts_length(header) if kind == "aac" else _mpeg_length(header)
        if length == 0:
            return
        at += length
        yield at


def _adts_length(header: bytes) -> int:
    """Bytes of the frame, 0 for a number that is none."""
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0


def _mpeg_length(header: bytes) -> int:
    """Bytes of the frame, 0 if its header does not say (free format)."""
    version, layer, rate = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3), header[2] >> 4
    if rate in {0, 15} or header[2] >> 2 & 3 == 3:
        return 0
    bits = 1000 * _KBITS[version == 3, layer][rate - 1]
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples * bits // (8 * _RATES[version][header[2] >> 2 & 3]) + (header[2] >> 1 & 1)
