"""What was seen in a watched folder: no file is read twice, and one that grew is known again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from flows.sources.copying import Hashes, open_for_writing


@dataclass(frozen=True)
class Sighting:
    """A file as it was first seen with this size and time of change (seconds since the epoch)."""

    since: float
    sha256: str | None = None
    part_size: int = 0
    """Bytes the file had when it was offered last under this path; 0: it never was."""
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
        self._of = {mark.rsplit("|", 2)[0]: (mark, sighting) for mark, sighting in known.items()}
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
        return Sighting(time.time(), part_size=size, part_sha256=before.sha256, first=before.id)

    def read(self, sighting: Sighting, hashes: Hashes, size: int) -> Sighting:
        """The same file once it was read. It has grown if it begins with what was offered; else it is another one."""
        grown = size > sighting.part_size > 0 and hashes.part_sha256 == sighting.part_sha256
        first = sighting.first if grown else self._first.get(hashes.sha256)
        return Sighting(sighting.since, sha256=hashes.sha256, first=first)


def recall(path: Path) -> dict[str, Sighting]:
    """Path, size and time of change → the sighting. Nothing, where it was never written or is damaged."""
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
