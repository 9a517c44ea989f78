"""What programs write in front of the sound: tags (ID3v2, APE), as many as they like, and zeros."""

from __future__ import annotations

from typing import IO, Final

_HEADER: Final = 10
"""Bytes of an ID3v2 header, and of its footer."""
_APE_HEADER: Final = 32
_MOST_TAGS: Final = 64
_BLOCK: Final = 1 << 16
_MOST_ZEROS: Final = 1 << 26
_OWN_ZEROS: Final = 8
"""So many may belong to what follows: start codes and time stamps begin with them."""


def end_of_tags(file: IO[bytes]) -> int:
    """Bytes that tags and zeros take at the beginning of `file` (seekable), but for the last few zeros.

    More than the file has where a tag was cut off.
    """
    end = 0
    for _ in range(_MOST_TAGS):
        after = _past_zeros(file, end)
        file.seek(after)
        head = file.read(_APE_HEADER)
        length = _id3(head) or _ape(head)
        if not length:
            return max(end, after - _OWN_ZEROS)
        end = after + length
    return end


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
    """Bytes of the ID3v2 tag that begins so, 0 where none does (ID3v2.4, 3.1 and 3.4)."""
    if not head.startswith(b"ID3") or len(head) < _HEADER or max(head[3:5]) > 9 or max(head[6:_HEADER]) > 0x7F:
        return 0
    first, second, third, fourth = head[6:_HEADER]
    footer = _HEADER if head[5] & 0x10 else 0
    return _HEADER + (first << 21 | second << 14 | third << 7 | fourth) + footer


def _ape(head: bytes) -> int:
    """Bytes of the APEv2 tag that begins so, 0 where none does. Its size counts all but the header."""
    if not head.startswith(b"APETAGEX") or len(head) < _APE_HEADER:
        return 0
    return _APE_HEADER + int.from_bytes(head[12:16], "little")
