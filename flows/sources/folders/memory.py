"""Remembers the files of a watched folder, so that none is read twice and one that grew is recognised."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from flows.sources.folders.copying import Hashes, open_for_writing

LEAST = 64 << 10
"""Bytes that a file must share with an earlier, incomplete one to count as its completed form. Fewer are not enough,
because the headers of two recordings may be the same."""
KEPT_SECONDS = 7 * 24 * 3600.0
"""How long a missing file is remembered, because an interrupted copy is started again under the same name."""
_HIDDEN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Sighting:
    """A file as it was first seen with this size and time of change (seconds since the epoch)."""

    since: float
    sha256: str | None = None
    written: int = 0
    written_sha256: str | None = None
    """Of the first `written` bytes, which come before the zeros at its end."""
    gone_since: float | None = None
    part_size: int = 0
    """Bytes of the file last offered under this path, without the zeros at its end; 0 if none was."""
    part_sha256: str | None = None
    first: str | None = None
    """SHA-256 under which it was first offered, if not its own."""

    @property
    def id(self) -> str:
        """The external id. A file that was first offered while it was incomplete keeps the id of that part."""
        return self.first or self.sha256 or ""


class Look:
    """One look at the folder. `known`: the memory before it; `until`: when to stop reading files (monotonic time)."""

    def __init__(self, known: dict[str, Sighting], until: float) -> None:
        self.known, self._until = known, until
        self._by_name = {_name_of(mark): (mark, sighting) for mark, sighting in known.items()}
        self._first = {
            sighting.sha256: sighting.first for sighting in known.values() if sighting.sha256 and sighting.first
        }

    @property
    def may_read(self) -> bool:
        """Whether there is time to read another file."""
        return time.monotonic() < self._until

    @cached_property
    def written(self) -> frozenset[str]:
        """Paths that other programs have open for writing now."""
        return open_for_writing()

    def new(self, name: str) -> Sighting:
        """The sighting of a file that is new, or whose size or time of change differs."""
        mark, before = self._by_name.get(name, ("", None))
        if before is None:
            return Sighting(since=time.time())
        if before.sha256 is None:
            return replace(before, since=time.time())
        size = int(mark.rsplit("|", 2)[1])
        written, digest = (before.written, before.written_sha256) if before.written_sha256 else (size, before.sha256)
        part_size = written if written >= min(size, LEAST) else 0
        return Sighting(time.time(), part_size=part_size, part_sha256=digest, first=before.id)

    def read(self, sighting: Sighting, hashes: Hashes, size: int) -> Sighting:
        """The sighting once the file was read. If it begins with the part offered before, it is that file, grown."""
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
        """Files that were read before and are missing now, without those missing for longer than KEPT_SECONDS."""
        names = {_name_of(mark) for mark in seen}
        moment = time.time()
        return {
            mark: replace(sighting, gone_since=sighting.gone_since or moment)
            for mark, sighting in self.known.items()
            if sighting.sha256
            and _name_of(mark) not in names
            and moment - (sighting.gone_since or moment) < KEPT_SECONDS
        }


def _name_of(mark: str) -> str:
    return mark.rsplit("|", 2)[0]


def hidden(name: str) -> str:
    """What stands for a file's name in the memory, which is not to say what an erased recording was called."""
    return hashlib.sha256(name.encode()).hexdigest()


def recall(path: Path) -> dict[str, Sighting]:
    """Mark (hidden path, size and time of change) → sighting. Empty if the memory does not exist or is damaged."""
    try:
        remembered = json.loads(path.read_text(encoding="utf-8"))
        return {_with_hidden_name(mark): Sighting(**sighting) for mark, sighting in remembered.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _with_hidden_name(mark: str) -> str:
    """Older memories hold the names themselves."""
    name, size, changed = mark.rsplit("|", 2)
    return mark if _HIDDEN.fullmatch(name) else f"{hidden(name)}|{size}|{changed}"


def remember(path: Path, seen: Mapping[str, Sighting]) -> None:
    """Replace the memory at `path` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({mark: asdict(sighting) for mark, sighting in seen.items()}), encoding="utf-8")
    part.replace(path)
