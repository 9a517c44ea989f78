"""A watched folder. A recording's identity is its content: renamed or dropped in twice, it is still the same one."""

from __future__ import annotations

import errno
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from flows.receive import describe
from flows.scratch import disk_full, require_space
from flows.sources.details import details_of, neighbours_in
from flows.sources.port import Item, Progress
from kring.errors import BadTranscript, InputError, SourceDown, SourceError
from kring.model import SourceRef
from kring.settings import FolderSource, Settings
from transcribe.beside import Neighbours
from transcribe.captions import MAX_BYTES
from transcribe.kinds import may_be_recording

CHUNK = 4 << 20
HASH_SECONDS = 120.0
"""After so long no further file is hashed in this look; the next look goes on with them."""


@dataclass(frozen=True)
class Sighting:
    """A file as it was first seen with this size and time of change (seconds since the epoch)."""

    since: float
    sha256: str | None = None


class Folder:
    """Takes every media file below `path` once its size has stood still.

    What was seen is remembered by path, size and time of change in the data folder: a file that still grows is a
    new sight each time, and a poll reads no file twice. The memory can be deleted at any time.
    """

    def __init__(self, source: FolderSource, settings: Settings) -> None:
        self.name = source.name
        self._source, self._settings = source, settings
        self._root = source.path.expanduser().resolve()
        self._memory = settings.data_dir / "sources" / f"{hashlib.sha256(source.name.encode()).hexdigest()[:16]}.json"
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def list(self) -> Iterator[Item]:
        if not self._root.is_dir():
            raise SourceError(
                f"The watched folder {self._root} of the source {self.name!r} does not exist; "
                "create it or correct kring.toml."
            )
        self._problems.clear()
        known = self._recall()
        seen: dict[str, Sighting] = {}
        neighbours = cache(neighbours_in)  # a folder is listed once in a look
        complete = False
        until = time.monotonic() + HASH_SECONDS
        try:
            for path in sorted(self._root.rglob("*")):
                try:
                    sighting = self._seen(path, known, seen, time.monotonic() < until)
                    if sighting is not None:
                        yield self._item(path, sighting, neighbours(path.parent))
                except InputError as error:
                    self._problems.append(str(error))
                except UnicodeEncodeError:
                    self._problems.append(f"{path.name!a} has a name that is not UTF-8; rename it.")
                except OSError as error:
                    self._problems.append(f"{path.name} cannot be read: {error.strerror}.")
            complete = True
        finally:  # also where who asks goes away: no file is read twice
            self._remember(seen if complete else known | seen)

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        """Copy the file, in case it changes or goes away while it is worked on."""
        path = Path(location)
        if not path.resolve().is_relative_to(self._root):
            raise SourceError(f"{path.name} is not inside the watched folder {self._root}.")
        try:
            size = path.stat().st_size
            limit = max_bytes or int(self._settings.media.max_gb * 1e9)
            if size > limit:
                raise SourceError(f"{path.name} has {size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are taken.")
            require_space(dest.parent, size, self._settings)
            with path.open("rb") as read, dest.open("wb") as write:
                while chunk := read.read(CHUNK):
                    write.write(chunk)
                    if progress:
                        progress(write.tell(), size)
        except FileNotFoundError:
            raise SourceError(
                f"{path.name} is no longer in the watched folder; put it back to have it taken in."
            ) from None
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise disk_full() from None
            raise SourceDown(f"{path.name} cannot be read at the moment: {error.strerror}.") from None

    def _seen(
        self, path: Path, known: dict[str, Sighting], seen: dict[str, Sighting], may_hash: bool
    ) -> Sighting | None:
        """The file with its hash, noted in `seen`; None where it is no recording, or not one yet."""
        if not self._is_recording(path):
            return None
        stat = path.stat()
        str(path).encode()
        most = int(self._settings.media.max_gb * 1e9)
        if stat.st_size > most:
            raise SourceError(f"{path.name} has {stat.st_size / 1e6:.0f} MB; at most {most / 1e6:.0f} MB are taken.")
        mark = f"{path.relative_to(self._root)}|{stat.st_size}|{stat.st_mtime_ns}"
        sighting = seen[mark] = known.get(mark) or Sighting(since=time.time())
        if time.time() - sighting.since < self._source.settle_seconds:
            return None
        if sighting.sha256 is None and may_hash:
            sighting = seen[mark] = replace(sighting, sha256=describe(path).sha256)
        return sighting if sighting.sha256 is not None else None

    def _is_recording(self, path: Path) -> bool:
        hidden = any(part.startswith(".") for part in path.relative_to(self._root).parts)
        inside = path.resolve().is_relative_to(self._root)  # no link leads out of the folder
        return may_be_recording(path.name) and not hidden and inside and path.is_file()

    def _item(self, path: Path, sighting: Sighting, neighbours: Neighbours) -> Item:
        details = details_of(path, circle=self._source.circle, neighbours=neighbours)
        captions = self._captions(path, neighbours, details.language)
        return Item(
            ref=SourceRef(source=self.name, external_id=sighting.sha256 or ""),
            details=details,
            file_name=path.name,
            location=str(path),
            sha256=sighting.sha256,
            captions_location=str(captions) if captions else None,
            captions_sha256=describe(captions).sha256 if captions else None,
        )

    def _captions(self, path: Path, neighbours: Neighbours, language: str | None) -> Path | None:
        """The transcript that lies beside a recording. One that cannot be used is told, and takes nothing from it."""
        try:
            name = neighbours.captions_of(path.name, language)
            captions = path.with_name(name) if name else None
            if captions is None or not captions.resolve().is_relative_to(self._root):
                return None
            size = captions.stat().st_size
            if size == 0 or size > MAX_BYTES:
                wrong = "too large to be a transcript" if size else "empty"
                raise BadTranscript(f"{name} is {wrong}; put the right one there.")
        except BadTranscript as error:
            self._problems.append(f"{error} Until then {path.name} comes without.")
            return None
        return captions

    def _recall(self) -> dict[str, Sighting]:
        try:
            remembered = json.loads(self._memory.read_text(encoding="utf-8"))
            return {mark: Sighting(**sighting) for mark, sighting in remembered.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}  # never written, or damaged: everything is looked at afresh

    def _remember(self, seen: dict[str, Sighting]) -> None:
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        part = self._memory.with_suffix(".part")
        part.write_text(json.dumps({mark: asdict(sighting) for mark, sighting in seen.items()}), encoding="utf-8")
        part.replace(self._memory)
