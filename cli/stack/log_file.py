"""The log of one part: every line with date and time, of limited size, without the secrets of its environment.

Only the standard library, so that the guardian (`launch.py`) starts in milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

LIMIT = 10 * 1024 * 1024
"""Bytes; a log that has grown so long is set aside, and a new one is begun."""
KEPT = 3
"""Logs that are kept besides, as `log.1` to `log.3`."""
LONGEST_LINE = 64 * 1024
"""Bytes; a line that is longer becomes several."""
_DATED = re.compile(rb"(?:\x1b\[[0-9;]*m)*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_SECRET = re.compile("SECRET|PASSWORD|TOKEN|AUTH|_KEY$|ACCESS_KEY")
_PASSWORD = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#:@]*:([^\s/?#]+)@")
"""In an address: what stands between the user's colon and the last @ before the host's end."""
_SHORTEST_SECRET = 8
_SHORTEST_PASSWORD = 4
"""Characters; shorter ones are words of every other line."""


class LogFile:
    """Takes what a part prints, in pieces of any size. Never raises: on a full disk lines are lost, not the part."""

    def __init__(self, path: Path, environment: Mapping[str, str], *, limit: int = LIMIT, kept: int = KEPT) -> None:
        self._path, self._limit, self._kept = path, limit, kept
        self._secrets = sorted((value.encode() for value in secrets_of(environment)), key=len, reverse=True)
        self._begun = b""
        self._file = -1
        self._open()

    def take(self, printed: bytes) -> None:
        *lines, self._begun = (self._begun + printed).split(b"\n")
        while len(self._begun) > LONGEST_LINE:
            lines.append(self._begun[:LONGEST_LINE])
            self._begun = self._begun[LONGEST_LINE:]
        if lines:
            self._write(lines)

    def close(self) -> None:
        """Write the line that was begun, too."""
        if self._begun:
            self._write([self._begun])
            self._begun = b""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, lines: list[bytes]) -> None:
        now = time.strftime("%Y-%m-%d %H:%M:%S%z ").encode()
        text = b"".join((line if _DATED.match(line) else now + line) + b"\n" for line in lines if line.strip())
        for secret in self._secrets:
            text = text.replace(secret, b"***")
        with contextlib.suppress(OSError):
            if self._file < 0 or os.fstat(self._file).st_size + len(text) > self._limit:
                self._rotate()
            while text:
                text = text[os.write(self._file, text) :]

    def _rotate(self) -> None:
        if self._file >= 0:
            if os.fstat(self._file).st_size == 0:
                return
            os.close(self._file)
            self._file = -1
        rotate(self._path, self._kept)
        self._open()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def rotate(log: Path, kept: int = KEPT) -> None:
    """Set a log aside as `log.1`, the one before as `log.2`, and so on. Raises OSError."""
    for number in range(kept, 0, -1):
        older = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """What no log may hold: values, by the names of their variables, and passwords in addresses, as written there and
    as meant.
    """
    named = {value for name, value in environment.items() if _SECRET.search(name.upper())}
    passwords = {password for value in environment.values() for password in _PASSWORD.findall(value)}
    passwords |= {unquote(password) for password in passwords}
    return {secret for secret in named if len(secret) >= _SHORTEST_SECRET} | {
        password for password in passwords if len(password) >= _SHORTEST_PASSWORD
    }
