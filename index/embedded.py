"""The embedded search index: Tantivy, memory-mapped, for several processes on one machine.

Writers take turns (index/generations.py); each write is one Tantivy commit, so a process killed half-way
leaves the state before. Readers look before every search whether somebody has committed, and so see it at
once. A rebuild fills a new generation beside the current one and then takes its place; what others write
meanwhile is carried over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import tantivy
from tantivy import Occur, Query as Condition

from index.cards import nothing
from index.conditions import in_recordings
from index.documents import Fields, fields_of, passage_in, rec_of, schema
from index.generations import Generations, engine_errors
from index.passages import by_recording
from index.port import Passage, Prepared, Query, Results
from index.state import View, buckets
from index.view import Search
from index.wanted import parse
from kring.errors import SearchDown, SetupError

LOCK_SECONDS = 30.0
"""How long a writer waits for its turn."""
_HEAP = 32_000_000  # bytes a writer may fill before it writes a segment; Tantivy's least is 15 MB per thread
_REBUILD_HEAP = 256_000_000


class EmbeddedIndex:
    """Safe to share between threads. `writer=False`: it never creates or changes anything."""

    def __init__(self, root: Path, *, writer: bool = True, lock_seconds: float = LOCK_SECONDS) -> None:
        self._generations = Generations(root, lock_seconds=lock_seconds)
        self._writer = writer
        self._schema = schema()
        self._view: View | None = None
        self._refreshing = threading.Lock()

    @property
    def needs_rebuild(self) -> bool:
        """True until `rebuild` has filled it from the bucket: it is new, damaged or of another version."""
        current = self._generations.current()
        if current is None or not (self._generations.is_ours(current) and self._generations.is_complete(current)):
            return True
        try:
            self._fresh_view()
        except SearchDown:
            return True
        return False

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._write(recording_id, passages)

    def remove(self, recording_id: str) -> None:
        self._write(recording_id, ())

    def rebuild(self, passages: Iterable[Passage]) -> int:
        return self.rebuild_prepared(map(self.prepare, by_recording(passages)))

    @staticmethod
    def prepare(passages: Sequence[Passage]) -> Prepared:
        return Prepared(len(passages), list(fields_of(passages)))

    def rebuild_prepared(self, recordings: Iterable[Prepared]) -> int:
        self._must_write()
        with self._generations.rebuilding(), self._generations.building() as generation:
            with engine_errors():
                index = tantivy.Index(self._schema, str(generation))
                writer = index.writer(_REBUILD_HEAP, 1)
            try:
                count = _add_all(writer, recordings)
            finally:
                with engine_errors():
                    writer.wait_merging_threads()
            with self._generations.writing(), engine_errors():
                self._carry_over(index)
                self._generations.publish(generation)
                self._generations.sweep()
        return count

    def search(self, query: Query) -> Results:
        began = time.perf_counter()
        wanted = parse(query.text, query.filters, typing=query.typing)
        view = self._fresh_view()
        if view is None:
            return nothing()
        with engine_errors():
            found = Search(self._schema, view, query, wanted).run()
        return replace(found, seconds=time.perf_counter() - began)

    def versions(self) -> dict[str, int]:
        view = self._fresh_view()
        return {card.recording_id: card.version for card in view.shelf.cards} if view else {}

    def close(self) -> None:
        self._view = None

    def _must_write(self) -> None:
        if not self._writer:
            raise SetupError("This process opened the search index for reading only.")

    def _write(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._must_write()
        made = list(fields_of(passages))
        with self._generations.writing(), engine_errors():
            self._generations.note(recording_id)
            current = self._generations.current()
            fresh = current is None or not self._generations.is_ours(current)
            target = self._generations.create(complete=False) if current is None or fresh else current
            _put(tantivy.Index(self._schema, str(target)), recording_id, made)
            if fresh:
                self._generations.publish(target)

    def _carry_over(self, built: tantivy.Index) -> None:
        """Bring what was written during a rebuild into it. The write lock is held, so nothing more comes."""
        noted = self._generations.noted()
        current = self._generations.current()
        if not noted or current is None or not self._generations.is_ours(current):
            return
        try:
            searcher = tantivy.Index(self._schema, str(current)).searcher()
        except ValueError:  # damaged, so nothing could be written to it: the writers were told
            return
        for recording_id in noted:
            mine = Condition.boolean_query(
                [
                    (Occur.Must, in_recordings(self._schema, [rec_of(recording_id)])),
                    (Occur.Must, Condition.term_query(self._schema, "passage", True)),
                ]
            )
            size = sum(buckets(searcher, mine, "rec", 1).values())
            stored = [searcher.doc(at) for _, at in searcher.search(mine, max(1, size)).hits]
            passages = sorted(map(passage_in, stored), key=lambda passage: passage.number)
            _put(built, recording_id, fields_of(passages))

    def _fresh_view(self) -> View | None:
        """The state as of now; None where nothing was ever indexed. Raises SearchDown where it cannot be read."""
        with self._refreshing:
            while (current := self._generations.current()) is not None:
                try:
                    meta = (current / "meta.json").stat()
                    stamp = (current.name, meta.st_mtime_ns, meta.st_ino, meta.st_size)
                    if self._view is None or self._view.stamp != stamp:
                        self._view = self._read(current, stamp)
                    return self._view
                except (ValueError, OSError) as error:
                    if self._generations.current() == current:  # otherwise a rebuild has just taken its place
                        raise SearchDown(
                            "The search index cannot be read; run `kring reindex` to make it anew."
                        ) from error
            return None

    def _read(self, generation: Path, stamp: tuple[object, ...]) -> View:
        if not self._generations.is_ours(generation):
            raise ValueError("made by another version of Kring")
        if self._view is not None and self._view.stamp[0] == generation.name:
            index = self._view.index
            index.reload()
        else:
            index = tantivy.Index(self._schema, str(generation))
            index.config_reader("manual")
        return View(stamp, index, index.searcher())


def _add_all(writer: tantivy.IndexWriter, recordings: Iterable[Prepared]) -> int:
    """Everything in one commit; errors of the iterable pass through as they are."""
    count = 0
    for recording in recordings:
        with engine_errors():
            for made in recording.content:
                writer.add_document(tantivy.Document(**made))
        count += recording.passages
    with engine_errors():
        writer.commit()
    return count


def _put(index: tantivy.Index, recording_id: str, wanted: Iterable[Fields]) -> None:
    """One commit: what there was of this recording goes, these come."""
    writer = index.writer(_HEAP, 1)
    try:
        writer.delete_documents_by_term("rec", rec_of(recording_id))
        for made in wanted:
            writer.add_document(tantivy.Document(**made))
        writer.commit()
    finally:
        writer.wait_merging_threads()  # ends the writer, which frees Tantivy's own lock
