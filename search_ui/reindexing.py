"""Making a changed recording searchable at once, in the web process, instead of waiting for a run."""

from __future__ import annotations

import logging
import threading

from index.port import SearchIndex
from index.replacing import replace_current
from kring.errors import KringError, OrchestratorDown
from kring.model import Manifest
from search_ui.runs import Runs, start_again
from storage.archive.archive import Archive

log = logging.getLogger("kring.web")

_LOCKS = 64


class Reindexing:
    """Safe to share between threads: one at a time replaces the passages of a recording."""

    def __init__(self, archive: Archive, index: SearchIndex, runs: Runs) -> None:
        self._archive = archive
        self._index = index
        self._runs = runs
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._indexed: dict[str, int] = {}

    def refresh(self, manifest: Manifest) -> bool:
        """Have search find this version of a recording, or a newer one; whether it does.

        Where the index does not take it now, a run is asked for that will, and `reconcile` knows by the version that
        one is needed: what was changed is stored in any case.
        """
        with self._locks[int(manifest.id, 16) % _LOCKS]:
            if self._indexed.get(manifest.id, 0) >= manifest.version:
                return True  # whoever had the lock before has seen it already
            try:
                current = replace_current(self._index, self._archive, manifest.id)
                self._indexed[manifest.id] = current.version
            except KringError as error:
                log.warning("The recording %s is not searchable as it is now: %s", manifest.id, error)
                self._ask(manifest)
                return False
        return True

    def _ask(self, manifest: Manifest) -> None:
        try:
            start_again(self._runs, manifest)
        except OrchestratorDown as error:
            log.warning("No run could be asked for, reconcile will: %s", error)
