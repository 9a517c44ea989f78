"""Replacing a recording in the search index by what is stored of it now, while others may be changing it."""

from __future__ import annotations

import logging
import threading

from index.passages.build import passages_of
from index.port import Passage, SearchIndex
from kring.errors import KringError, SetupError
from kring.model import Manifest, State
from services.runs.port import Runs
from services.runs.requests import try_start_again
from storage.archive.archive import Archive

_LOCKS = 64

log = logging.getLogger(__name__)


def replace_current(index: SearchIndex, archive: Archive, recording_id: str) -> Manifest:
    """Replace a recording's passages with those of the stored manifest, which is returned.

    If another process changes the recording meanwhile, its passages may be replaced with these older ones: then the
    newer ones are put in again. Raises NotFound, Damaged, StorageDown and SearchDown.
    """
    manifest = archive.manifest(recording_id)
    while True:
        index.replace(recording_id, passages_now(archive, manifest))
        newer = archive.manifest(recording_id)
        if newer.version == manifest.version:
            return manifest
        manifest = newer


def passages_now(archive: Archive, manifest: Manifest) -> list[Passage]:
    """What search may find of a recording; nothing of one that is withdrawn, or not there yet (again). Raises NotFound,
    Damaged, StorageDown."""
    if manifest.withdrawn is not None or manifest.state is not State.PUBLISHED:
        return []
    circle = archive.circle(manifest.details.circle)
    return passages_of(manifest, circle, archive.transcript_of(manifest), archive.attached(manifest))


class Reindexing:
    """Has search find a changed recording at once, in the web process, instead of waiting for a run.

    Threads may share it: one at a time replaces the passages of a recording.
    """

    def __init__(self, archive: Archive, index: SearchIndex, runs: Runs) -> None:
        self._archive = archive
        self._index = index
        self._runs = runs
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._indexed: dict[str, int] = {}

    def withhold(self, recording_id: str) -> None:
        """Have search find it no more, until `refresh`: before it is for other people than those for whom it is
        indexed. Raises SearchDown.

        A process that may only read the index leaves that to the run that `refresh` asks for.
        """
        with self._locks[int(recording_id, 16) % _LOCKS]:
            self._indexed.pop(recording_id, None)
            try:
                self._index.remove(recording_id)
            except SetupError as error:
                log.warning("The recording %s is found by those it was for, until a run: %s", recording_id, error)

    def refresh(self, manifest: Manifest) -> bool:
        """Have search find this version of a recording, or a newer one; whether it does.

        If the index does not take it now, a run is asked for that will, and `reconcile` knows by the version that one
        is needed: the change itself is stored in any case.
        """
        with self._locks[int(manifest.id, 16) % _LOCKS]:
            if self._indexed.get(manifest.id, 0) >= manifest.version:
                return True  # the thread that had the lock before has indexed it already
            try:
                current = replace_current(self._index, self._archive, manifest.id)
                self._indexed[manifest.id] = current.version
            except KringError as error:
                log.warning("The recording %s is not searchable as it is now: %s", manifest.id, error)
                try_start_again(self._runs, manifest)
                return False
        return True
