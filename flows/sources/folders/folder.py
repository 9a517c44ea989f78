"""A watched folder. A recording is identified by its content, so renaming or copying a file does not make a new one."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from flows.sources.details import details_of, neighbours_in
from flows.sources.folders.copying import ends_in_zeros, hashes_of
from flows.sources.folders.files import files_below
from flows.sources.folders.memory import Look, Sighting, hidden, recall, remember
from flows.sources.port import Progress
from kring.errors import BadTranscript, InputError, NotThere, SourceDown, SourceError
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.model import Original, SourceRef
from kring.settings import FolderSource, Settings
from services.intake import describe
from services.scratch import disk_full, require_space
from storage.archive.archive import Archive
from storage.keys import id_of, manifest_key
from transcribe.captions.reader import MAX_BYTES
from transcribe.sidecars import SidecarFinder

CHUNK = 4 << 20
HASH_SECONDS = 120.0
"""After this time no further file is hashed in this look; the next look continues."""
ZEROS_SECONDS = 3600.0
"""A file that ends in zeros is taken as it is once it has not changed for this long."""
UNCOMPRESSED = (".wav", ".aif", ".aiff", ".caf", ".au", ".raw")
"""Formats in which silence is stored as zeros."""


class Folder:
    """Offers every media file below `path` once it has stopped changing.

    Files are remembered in the data folder by path, size and time of change, so no file is read twice unless it
    changes. The memory can be deleted at any time; then a file becomes a new recording only if an incomplete part of it
    was taken in before and it has grown since.
    """

    def __init__(self, source: FolderSource, settings: Settings, archive: Archive | None = None) -> None:
        """`archive` recognises recordings that were first taken in incomplete, if the memory was lost since."""
        self.name = source.name
        self._archive = archive
        self._source, self._settings = source, settings
        self._root = source.path.expanduser().resolve()
        self._memory = settings.data_dir / "sources" / f"{id_of(source.name)}.json"
        self._problems: list[LeftOutReason] = []

    @property
    def problems(self) -> tuple[LeftOutReason, ...]:
        return tuple(self._problems)

    def list(self) -> Iterator[Item]:
        if not self._root.is_dir():
            raise SourceError(
                "The watched folder {folder} does not exist; create it or correct kring.toml.", folder=self._root
            )
        self._problems.clear()
        known = recall(self._memory)
        seen: dict[str, Sighting] = {}
        look = Look(known, time.monotonic() + HASH_SECONDS)
        neighbours = cache(partial(neighbours_in, within=self._root))  # each folder is listed once per look
        complete = False
        try:
            for path in sorted(files_below(self._root, self._unreadable)):
                try:
                    sighting = self._sighting(path, look, seen)
                    if sighting is not None:
                        yield self._item(path, sighting, neighbours(path.parent))
                except InputError as error:
                    self._report(path.name, error)
                except UnicodeEncodeError:
                    name = ascii(path.name)
                    self._report(name, SourceError("{name} has a name that is not UTF-8; rename it.", name=name))
                except OSError as error:
                    unread = SourceError("{name} cannot be read: {why}.", name=path.name, why=error.strerror)
                    self._report(path.name, unread)
            complete = True
        finally:  # also if the caller stops early, so that no file is read twice
            remember(self._memory, (look.gone(seen) if complete else known) | seen)

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        """Copy the file to `dest`, because it may change or disappear while it is worked on.

        Raises SourceError, NotThere, SourceDown and DiskFull.
        """
        path = Path(location)
        if not path.resolve().is_relative_to(self._root):
            raise SourceError("{name} is not inside the watched folder.", name=path.name)
        try:
            size = path.stat().st_size
            limit = max_bytes or int(self._settings.media.max_gb * 1e9)
            check_size(path.name, size, limit)
            require_space(dest.parent, size, self._settings)
            with path.open("rb") as source, dest.open("wb") as copy:
                while chunk := source.read(CHUNK):
                    copy.write(chunk)
                    if progress:
                        progress(copy.tell(), size)
        except FileNotFoundError:
            raise NotThere(
                "{name} is no longer in the watched folder; put it back to have it taken in.", name=path.name
            ) from None
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise disk_full() from None
            raise SourceDown(
                "{name} cannot be read at the moment: {why}.", name=path.name, why=error.strerror
            ) from None

    def _unreadable(self, error: OSError) -> None:
        name = Path(error.filename or self._root).name
        self._report(name, SourceError("The folder {name} cannot be read: {why}.", name=name, why=error.strerror))

    def _report(self, name: str, error: InputError) -> None:
        self._problems.append(LeftOutReason(says=error.sentence, name=name))

    def _sighting(self, path: Path, look: Look, seen: dict[str, Sighting]) -> Sighting | None:
        """The sighting with its hash, also put into `seen`; None if it is not a recording, or not complete yet."""
        if not (path.resolve().is_relative_to(self._root) and path.is_file()):  # no link leads out of the folder
            return None
        stat = path.stat()
        str(path).encode()  # raises UnicodeEncodeError if the name is not UTF-8
        most = int(self._settings.media.max_gb * 1e9)
        check_size(path.name, stat.st_size, most)
        name = hidden(str(path.relative_to(self._root)))
        mark = f"{name}|{stat.st_size}|{stat.st_mtime_ns}"
        known = look.known.get(mark)
        sighting = seen[mark] = replace(known, gone_since=None) if known else look.new(name)
        age = time.time() - sighting.since
        if age < self._source.settle_seconds:
            return None
        if sighting.sha256 is None and look.may_read:
            if str(path.resolve()) in look.written:
                return None
            compressed = not path.name.lower().endswith(UNCOMPRESSED)
            if compressed and age < ZEROS_SECONDS and ends_in_zeros(path, stat.st_size):
                raise SourceError(
                    "{name} ends in nothing but zeros: it is probably still being copied; if not, copy it anew.",
                    name=path.name,
                )
            sighting = seen[mark] = look.read(sighting, hashes_of(path, sighting.part_size), stat.st_size)
            if sighting.first is None:
                sighting = seen[mark] = replace(sighting, first=self._first_of(sighting.sha256))
        return sighting if sighting.sha256 is not None else None

    def _first_of(self, sha256: str | None) -> str | None:
        """The external id under which this source first offered these bytes, if not their own hash. Reads manifests
        only if the archive already has the bytes."""
        if self._archive is None or sha256 is None:
            return None
        own = SourceRef(source=self.name, external_id=sha256)
        store = self._archive.store
        if store.exists(manifest_key(own.recording_id)) or not store.exists(
            Original(sha256=sha256, size=0, file_name="-").key
        ):
            return None
        same_bytes = (manifest for manifest in self._archive.manifests() if manifest.original.sha256 == sha256)
        sources = (manifest.source for manifest in same_bytes)
        return next((source.external_id for source in sources if source.source == self.name), None)

    def _item(self, path: Path, sighting: Sighting, neighbours: SidecarFinder) -> Item:
        details = details_of(path, circle=self._source.circle, neighbours=neighbours)
        captions = self._captions(path, neighbours, details.language)
        return Item(
            ref=SourceRef(source=self.name, external_id=sighting.id),
            details=details,
            file_name=path.name,
            location=str(path),
            sha256=sighting.sha256,
            grown=sighting.first is not None,
            captions_location=str(captions) if captions else None,
            captions_sha256=describe(captions).sha256 if captions else None,
        )

    def _captions(self, path: Path, neighbours: SidecarFinder, language: str | None) -> Path | None:
        """The transcript beside a recording. If it cannot be used, that is reported and the recording comes without."""
        try:
            name = neighbours.captions_of(path.name, language)
            captions = path.with_name(name) if name else None
            if captions is None:
                return None
            size = captions.stat().st_size
            if size == 0:
                raise BadTranscript("{name} is empty; put the right one there.", name=name)
            if size > MAX_BYTES:
                raise BadTranscript("{name} is too large to be a transcript; put the right one there.", name=name)
        except BadTranscript as error:
            without = BadTranscript("{problem} Until then {name} comes without.", problem=error, name=path.name)
            self._report(path.name, without)
            return None
        return captions


def check_size(name: str, size: int, most: int) -> None:
    """Raises SourceError if `size` is more than `most` bytes."""
    if size > most:
        megabytes = {"size": f"{size / 1e6:.0f}", "most": f"{most / 1e6:.0f}"}
        raise SourceError("{name} has {size} MB; at most {most} MB are taken.", name=name, **megabytes)
