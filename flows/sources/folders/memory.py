"""What was seen in a watched folder: no file is read twice, and one that grew is known again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from flows.sources.folders.copying import Hashes, open_for_writing

LEAST = 64 << 10
"""Bytes that a file has to begin with, as another did that ended in zeros, to be the whole of that one: the heads of
two recordings may be the same."""
KEPT_SECONDS = 7 * 24 * 3600.0
"""So long a file that is gone is known: one whose copy was broken off is copied again under its name."""


@dataclass(frozen=True)
class Sighting:
    """A file as it was first seen with this size and time of change (seconds since the epoch)."""

    since: float
    sha256: str | None = None
    written: int = 0
    written_sha256: str | None = None
    """Of the bytes before the zeros at its end, of which there are `written`."""
    gone_since: float | None = None
    part_size: int = 0
    """Bytes of the file that was offered last under this path, without zeros at its end; 0: it never was."""
    part_sha256: str | None = None
    first: str | None = None
    """SHA-256 under which it was offered first; None: under its own."""

    @property
    def id(self) -> str:
        """What it is known by. One that was offered while only a part of it was there is known by that part."""
        return self.first or self.sha256 or ""


class Look:
    """One look at the folder: what was known before it, and until when files are read."""

    def __init__(self, known: dict[str, Sighting], until: float) -> None:
        self.known, self._until = known, until
        self._of = {_name_of(mark): (mark, sighting) for mark, sighting in known.items()}
        self._first = {one.sha256: one.first for one in known.values() if one.sha256 and one.first}

    @property
    def may_read(self) -> bool:
        return time.monotonic() < self._until

    @cached_property
    def written(self) -> frozenset[str]:
        """What other programs are writing just now."""
        return open_for_writing()

    def new(self, name: str) -> Sighting:
        """A file that looks otherwise than before, or was not there."""
        mark, before = self._of.get(name, ("", None))
        if before is None:
            return Sighting(since=time.time())
        if before.sha256 is None:
            return replace(before, since=time.time())
        size = int(mark.rsplit("|", 2)[1])
        written, digest = (before.written, before.written_sha256) if before.written_sha256 else (size, before.sha256)
        part_size = written if written >= min(size, LEAST) else 0
        return Sighting(time.time(), part_size=part_size, part_sha256=digest, first=before.id)

    def read(self, sighting: Sighting, hashes: Hashes, size: int) -> Sighting:
        """The same file once it was read. It has grown if it begins with what was offered; else it is another one."""
        grown = size >= sighting.part_size > 0 and hashes.part_sha256 == sighting.part_sha256
        first = sighting.first if grown else self._first.get(hashes.sha256)
        return Sighting(
            sighting.since,
            sha256=hashes.sha256,
            written=hashes.written,
            written_sha256=hashes.written_sha256,
            first=first if first != hashes.sha256 else None,
        )

    def gone(self, seen: Mapping[str, Sighting]) -> dict[str, Sighting]:
        """Of what was known and read, that which no longer lies there and may come back as a whole."""
        names = {_name_of(mark) for mark in seen}
        moment = time.time()
        return {
            mark: replace(one, gone_since=one.gone_since or moment)
            for mark, one in self.known.items()
            if one.sha256 and _name_of(mark) not in names and moment - (one.gone_since or moment) < KEPT_SECONDS
        }


def _name_of(mark: str) -> str:
    return mark.rsplit("|", 2)[0]


def recall(path: Path) -> dict[str, Sighting]:
    """Path, size and time of change → the sighting. Nothing, if it was never written or is damaged."""
    try:
        remembered = json.loads(path.read_text(encoding="utf-8"))
        return {mark: Sighting(**sighting) for mark, sighting in remembered.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def remember(path: Path, seen: Mapping[str, Sighting]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({mark: asdict(sighting) for mark, sighting in seen.items()}), encoding="utf-8")
    part.replace(path)
