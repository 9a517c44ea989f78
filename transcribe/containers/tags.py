"""What programs write in front of the sound: tags (ID3v2, APE), as many as they like, and zeros.

Where files were put one behind the other, the tags of the next stand amid the sound. Players pass over them; ffmpeg
looks for frames in the pictures that they hold, finds some, and all that follows is late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Final

from transcribe.containers.frames import first_frame

_HEADER: Final = 10
"""Bytes of an ID3v2 header, and of its footer."""
_APE_HEADER: Final = 32
_MOST_TAGS: Final = 64
_BLOCK: Final = 1 << 16
_PIECE: Final = 1 << 20
_MOST_ZEROS: Final = 1 << 26
_LOOKED_AT: Final = 100_000
"""What looks like a tag amid the sound, at most: a file may be made of it."""
_OWN_ZEROS: Final = 8
"""So many may belong to what follows: start codes and time stamps begin with them."""


def end_of_tags(file: IO[bytes], begins: int = 0) -> int:
    """Where the tags and zeros end that `file` (seekable) has from byte `begins` on, but for the last few zeros.

    Beyond the end of the file if a tag was cut off.
    """
    end = begins
    for _ in range(_MOST_TAGS):
        after = _past_zeros(file, end)
        file.seek(after)
        head = file.read(_APE_HEADER)
        length = _id3(head) or _ape(head)
        if not length:
            return max(end, after - _OWN_ZEROS)
        end = after + length
    return end


def tags_within(path: Path, begins: int) -> list[tuple[int, int]]:
    """The ID3v2 tags that stand between frames behind byte `begins`: of each, and of all that follow it at once, the
    first byte and the first one after."""
    with path.open("rb") as file:
        return list(_amid(file, begins))


def copy_without(path: Path, tags: Sequence[tuple[int, int]], copy: Path) -> Path:
    """Write `copy`, which is `path` without these."""
    with path.open("rb") as file, copy.open("wb") as target:
        at = 0
        for begin, end in (*tags, (path.stat().st_size, 0)):
            file.seek(at)
            while at < begin and (block := file.read(min(_BLOCK, begin - at))):
                target.write(block)
                at += len(block)
            at = end
    return copy


def _amid(file: IO[bytes], begins: int) -> Iterator[tuple[int, int]]:
    after = begins
    for at in islice(_named(file, begins), _LOOKED_AT):
        file.seek(at)
        if at < after or not _id3(file.read(_HEADER)):
            continue
        end = end_of_tags(file, at)
        file.seek(end)
        frame = first_frame(file.read(_BLOCK))
        if frame is not None and frame[1] <= _OWN_ZEROS:
            yield at, end
            after = end


def _named(file: IO[bytes], at: int) -> Iterator[int]:
    """Where `ID3` stands."""
    rest = b""
    while True:
        file.seek(at)
        block = file.read(_PIECE)
        if not block:
            return
        data = rest + block
        yield from (at - len(rest) + match.start() for match in re.finditer(b"ID3", data))
        at += len(block)
        rest = data[-2:]


def _past_zeros(file: IO[bytes], at: int) -> int:
    file.seek(at)
    for _ in range(_MOST_ZEROS // _BLOCK):
        block = file.read(_BLOCK)
        rest = block.lstrip(b"\0")
        at += len(block) - len(rest)
        if rest or not block:
            break
    return at


def _id3(head: bytes) -> int:
    """Bytes of the ID3v2 tag that begins so, 0 if none does (ID3v2.4, 3.1 and 3.4)."""
    if not head.startswith(b"ID3") or len(head) < _HEADER or max(head[3:5]) > 9 or max(head[6:_HEADER]) > 0x7F:
        return 0
    first, second, third, fourth = head[6:_HEADER]
    footer = _HEADER if head[5] & 0x10 else 0
    return _HEADER + (first << 21 | second << 14 | third << 7 | fourth) + footer


def _ape(head: bytes) -> int:
    """Bytes of the APEv2 tag that begins so, 0 if none does. Its size counts all but the header."""
    if not head.startswith(b"APETAGEX") or len(head) < _APE_HEADER:
        return 0
    return _APE_HEADER + int.from_bytes(head[12:16], "little")
