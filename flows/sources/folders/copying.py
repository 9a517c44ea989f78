"""Whether a file in a watched folder is complete or still being copied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

CHUNK = 4 << 20
ZEROS = 1 << 20
"""Bytes at the end of a file that are all zero if a program allocates the whole file before it copies. No recording
ends like this except uncompressed silence."""


@dataclass(frozen=True)
class Hashes:
    sha256: str
    written: int
    """Bytes up to the last that is not zero: what follows may be allocated but not yet copied."""
    written_sha256: str
    part_sha256: str | None = None
    """Of the first `part_size` bytes; None if the file is shorter."""


def hashes_of(path: Path, part_size: int = 0) -> Hashes:
    """SHA-256 of a file and of its first `part_size` bytes. Reads the file once, in constant memory."""
    digest, part, read = hashlib.sha256(), None, 0
    written, written_digest = 0, digest.copy()
    with path.open("rb") as file:
        while chunk := file.read(min(CHUNK, part_size - read) if read < part_size else CHUNK):
            nonzero = len(chunk.rstrip(b"\0"))
            digest.update(chunk[:nonzero])
            if nonzero:
                written, written_digest = read + nonzero, digest.copy()
            digest.update(chunk[nonzero:])
            read += len(chunk)
            if read == part_size:
                part = digest.hexdigest()
    return Hashes(digest.hexdigest(), written, written_digest.hexdigest(), part)


def ends_in_zeros(path: Path, size: int) -> bool:
    """Whether the last megabyte is all zeros. `size`: of the file, in bytes."""
    if size <= ZEROS:
        return False
    with path.open("rb") as file:
        file.seek(size - ZEROS)
        return not any(file.read(ZEROS))


def open_for_writing() -> frozenset[str]:
    """Paths that programs on this machine have open for writing, as far as Kring may see them."""
    return frozenset(_open_files())


def _open_files() -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            yield from (file.path for file in process.open_files() if getattr(file, "mode", "r") != "r")
        except (psutil.Error, OSError):
            continue
