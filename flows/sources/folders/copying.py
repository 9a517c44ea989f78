"""Whether a file in a watched folder is all there, or still being copied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

CHUNK = 4 << 20
ZEROS = 1 << 20
"""Bytes at the end of a file that are all zero where a program has asked for the whole room before it copies. No kind
of recording but unpacked silence ends so."""


@dataclass(frozen=True)
class Hashes:
    sha256: str
    written: int
    """Bytes up to the last that is not zero: what follows may be room that waits for its bytes."""
    written_sha256: str
    part_sha256: str | None = None
    """Of as many bytes of its beginning as were asked for; None: it is shorter."""


def hashes_of(path: Path, part_size: int = 0) -> Hashes:
    """SHA-256 of a file and of its beginning, read once with constant memory."""
    digest, part, read = hashlib.sha256(), None, 0
    written, until_there = 0, digest.copy()
    with path.open("rb") as file:
        while chunk := file.read(min(CHUNK, part_size - read) if read < part_size else CHUNK):
            solid = len(chunk.rstrip(b"\0"))
            digest.update(chunk[:solid])
            if solid:
                written, until_there = read + solid, digest.copy()
            digest.update(chunk[solid:])
            read += len(chunk)
            if read == part_size:
                part = digest.hexdigest()
    return Hashes(digest.hexdigest(), written, until_there.hexdigest(), part)


def ends_in_zeros(path: Path, size: int) -> bool:
    """Whether the last megabyte is nothing but zeros."""
    if size <= ZEROS:
        return False
    with path.open("rb") as file:
        file.seek(size - ZEROS)
        return not any(file.read(ZEROS))


def open_for_writing() -> frozenset[str]:
    """Paths of the files that programs on this machine are writing, of those programs that Kring may look at."""
    return frozenset(_written())


def _written() -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            yield from (file.path for file in process.open_files() if getattr(file, "mode", "r") != "r")
        except (psutil.Error, OSError):
            continue
