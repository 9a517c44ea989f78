"""Checks the header lines of a response before h11 parses them.

h11 needs time that grows with the square of the blanks in a line, and holds the interpreter lock meanwhile, so no
deadline could stop it.
"""

from __future__ import annotations

import re
from enum import Enum, auto

import httpcore

LONGEST_LINE = 10_000
"""Bytes. The address in a redirect may have 8,000 (`flows.sources.http.web.MOST_CHARACTERS`)."""
LONGEST_HEADS = 32_000
"""Bytes of all heads of one response together: early hints, head, trailers. Servers allow 8 to 16 kB."""
_BAD = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|[ \t]{101}")
"""Characters that a line must not contain (RFC 9112, 5.5), and more blanks than any server needs."""
_EARLY = re.compile(rb"HTTP/[0-9]\.[0-9] 1(?!01)[0-9]{2}(?![0-9])")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,20})[ \t]*(?:;.*)?")


class HostileHead(httpcore.RemoteProtocolError):
    """A head that no well-behaved web server sends."""


class _At(Enum):
    STATUS = auto()
    HEADERS = auto()
    CHUNK = auto()
    TRAILERS = auto()
    REST = auto()
    """A body that is not chunked, or the end: there are no more lines to check."""


class Heads:
    """Checks one response as it arrives."""

    def __init__(self) -> None:
        self._at, self._left, self._skip = _At.STATUS, LONGEST_HEADS, 0
        self._line = bytearray()
        self._early = self._chunked = False

    def see(self, data: bytes) -> None:
        """Check the next bytes of the response. Raises HostileHead."""
        place = 0
        while place < len(data) and self._at is not _At.REST:
            if self._skip:  # the bytes of a chunk
                step = min(self._skip, len(data) - place)
                self._skip -= step
                place += step
                continue
            end = data.find(b"\n", place) + 1 or len(data)
            self._line += data[place:end]
            if self._at is not _At.CHUNK:
                self._left -= end - place
            if len(self._line) > LONGEST_LINE or self._left < 0:
                raise HostileHead
            place = end
            if self._line.endswith(b"\n"):
                line = bytes(self._line)
                self._line.clear()
                self._check_line(line)

    def _check_line(self, line: bytes) -> None:
        text = line[:-1].removesuffix(b"\r")
        folded = self._at is not _At.CHUNK and text[:1] in (b" ", b"\t")  # folded lines add up to any run of blanks
        if folded or _BAD.search(text):
            raise HostileHead
        if self._at is _At.STATUS:
            self._early, self._chunked = bool(_EARLY.match(text)), False
            self._at = _At.HEADERS
        elif self._at is _At.CHUNK:
            size = _CHUNK.fullmatch(text)
            if size is None or not line.endswith(b"\r\n"):
                raise HostileHead
            length = int(size[1], 16)
            self._at, self._skip = (_At.CHUNK, length + 2) if length else (_At.TRAILERS, 0)
        elif text:
            self._chunked |= text.lower().startswith(b"transfer-encoding:")
        elif self._at is _At.HEADERS:
            self._at = _At.STATUS if self._early else _At.CHUNK if self._chunked else _At.REST
        else:
            self._at = _At.REST
