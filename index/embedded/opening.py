"""Opening a generation of the embedded index for reading, anew whenever a writer has committed or a file has changed.

Every file is held against its checksum before it is read, once in a process: a damaged one may not only mislead a
search. It can end the process, when Rust aborts because a wrong length asks for more memory than there is, or when the
kernel does because a file that is mapped has been cut off.
"""

from __future__ import annotations

import threading
from pathlib import Path

import tantivy

from index.embedded.generations import Generations, engine_errors
from index.embedded.integrity import META, Stamp, changed_since, check_file, of_segments, stamps_of
from index.embedded.snapshot import Snapshot
from index.unready import damaged, not_ready
from kring.errors import SearchDown


class SnapshotOpener:
    """Safe to share between threads."""

    def __init__(self, generations: Generations, schema: tantivy.Schema) -> None:
        self._generations = generations
        self._schema = schema
        self._snapshot: Snapshot | None = None
        self._checked: dict[Path, Stamp] = {}
        self._refreshing = threading.Lock()

    def forget(self, *, everything: bool = False) -> None:
        """Open it anew next time; `everything`: also hold all files against their checksums again."""
        self._snapshot = None
        if everything:
            self._checked = {}

    def snapshot(self, *, complete: bool = True) -> Snapshot:
        """The state as of now. Raises IndexNotReady if there is none, or if it is damaged.

        `complete=False`: also one that was not built from the whole bucket.
        """
        with self._refreshing:
            while (current := self._generations.current()) is not None:
                try:
                    with engine_errors():
                        snapshot = self._snapshot = self._opened(current)
                except SearchDown as error:
                    self._snapshot = None
                    if self._generations.current() == current:  # otherwise a rebuild has just taken its place
                        raise damaged(error) from error
                    continue
                if snapshot is not None and (snapshot.complete or not complete):
                    return snapshot
                if self._generations.current() == current:  # otherwise it was swept while it was opened
                    break
            raise not_ready()

    def check_files(self, generation: Path) -> None:
        """Raises IndexNotReady if a file of it is damaged, or gone."""
        try:
            with engine_errors():
                self._compare(generation, of_segments(generation, stamps_of(generation)))
        except SearchDown as error:
            raise damaged(error) from error

    def is_current(self, snapshot: Snapshot) -> bool:
        """Whether nothing was written since this snapshot was opened."""
        try:
            now = stamps_of(snapshot.generation).get(META)
        except OSError:
            return False
        return self._generations.current() == snapshot.generation and now == snapshot.files[META]

    def _opened(self, generation: Path) -> Snapshot | None:
        """The view there was if it still holds, else a new one; None: the generation is of another version."""
        snapshot = self._snapshot if self._snapshot is not None and self._snapshot.generation == generation else None
        stamps = stamps_of(generation)
        if snapshot is not None and snapshot.files.items() <= stamps.items():
            return snapshot
        if not self._generations.is_ours(generation):
            return None
        files = of_segments(generation, stamps)
        changed = changed_since(snapshot.files, files, stamps) if snapshot else []
        self._compare(generation, files)
        if snapshot is None or changed:
            index = tantivy.Index(self._schema, str(generation))
            index.config_reader("manual")
        else:
            index = snapshot.index
            index.reload()
        files[META] = stamps[META]
        return Snapshot(generation, self._generations.is_complete(generation), files, index, index.searcher())

    def _compare(self, generation: Path, files: dict[str, Stamp]) -> None:
        """Raises ValueError if one of these files is not as Tantivy wrote it."""
        stamps = {generation / name: stamp for name, stamp in files.items()}
        for path, stamp in stamps.items():
            if self._checked.get(path) != stamp:
                check_file(path)
        self._checked = stamps
