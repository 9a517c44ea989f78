"""The embedded search index: Tantivy, memory-mapped, for several processes on one machine.

Writers take turns (index/embedded/generations.py); each write is one Tantivy commit, so a process killed half-way
leaves the state before. Readers look before every search whether a writer has committed, and so see it at
once. A rebuild fills a new generation beside the current one and then takes its place; what others write
meanwhile is carried over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import tantivy
from tantivy import Occur, Query as Condition

from index.embedded.filters import in_recordings
from index.embedded.generations import Generations, engine_errors
from index.embedded.integrity import probe
from index.embedded.opening import SnapshotOpener
from index.embedded.previews import previews_in
from index.embedded.schema import Fields, fields_of, passage_in, rec_of, schema
from index.embedded.search import TantivyEngine
from index.embedded.searcher import buckets
from index.passages.build import by_recording
from index.port import Passage, Prepared, PreviewHit, Query, Results
from index.query.answer import answer, answer_previews
from index.unready import damaged
from kring.errors import IndexNotReady, SearchDown, SetupError

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
        self._snapshots = SnapshotOpener(self._generations, self._schema)

    @property
    def needs_rebuild(self) -> bool:
        """True until `rebuild` has filled it from the bucket: it is new, damaged or of another version."""
        try:
            self.check(deep=True)
        except IndexNotReady:
            return True
        return False

    def check(self, *, deep: bool = False) -> None:
        if deep:  # what the memory still holds says nothing about the disk
            self._snapshots.forget(everything=True)
        while True:
            snapshot = self._snapshots.snapshot()
            try:
                with engine_errors():
                    probe(snapshot)
                return
            except SearchDown as error:
                self._snapshots.forget()
                if self._snapshots.is_current(snapshot):
                    raise damaged(error) from error

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

    def forget_past(self) -> None: ...  # a rebuild has deleted the generation before

    def search(self, query: Query) -> Results:
        with self._reading():
            return answer(query, lambda _: self._engine(query.visible_to))

    def previews(self, query: Query) -> tuple[PreviewHit, ...]:
        with self._reading():
            return answer_previews(query, lambda subject: previews_in(self._snapshots.snapshot(), query, subject))

    def versions(self) -> dict[str, int]:
        if self._generations.current() is None:
            return {}
        snapshot = self._snapshots.snapshot(complete=False)
        with engine_errors():
            return {card.recording_id: card.version for card in snapshot.columns.cards}

    def close(self) -> None:
        self._snapshots.forget()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Open the index anew next time if it does not answer now."""
        try:
            yield
        except IndexNotReady:
            raise
        except SearchDown:
            self._snapshots.forget()
            raise

    def _engine(self, visible_to: frozenset[str] | None) -> TantivyEngine:
        snapshot = self._snapshots.snapshot()
        with engine_errors():
            return TantivyEngine(snapshot.view(visible_to))

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
            if not fresh:  # a merge would make good files of damaged ones; without meta.json Tantivy begins afresh
                self._snapshots.check_files(target)
            _put(tantivy.Index(self._schema, str(target)), recording_id, made)
            if fresh:
                self._generations.publish(target)

    def _carry_over(self, built: tantivy.Index) -> None:
        """Bring what was written during a rebuild into it. The write lock is held, so nothing more comes."""
        noted = self._generations.noted()
        current = self._generations.current()
        if not noted or current is None or not self._generations.is_ours(current):
            return
        for recording_id in noted:
            with suppress(SearchDown):  # it is damaged: what the bucket had of the recording is in the new one
                self._snapshots.check_files(current)
                _put(built, recording_id, fields_of(self._passages(current, recording_id)))

    def _passages(self, generation: Path, recording_id: str) -> list[Passage]:
        with engine_errors():
            searcher = tantivy.Index(self._schema, str(generation)).searcher()
            mine = Condition.boolean_query(
                [
                    (Occur.Must, in_recordings(self._schema, [rec_of(recording_id)])),
                    (Occur.Must, Condition.term_query(self._schema, "passage", True)),
                ]
            )
            size = sum(buckets(searcher, mine, "rec", 1).values())
            stored = [searcher.doc(at) for _, at in searcher.search(mine, max(1, size)).hits]
            return sorted(map(passage_in, stored), key=lambda passage: passage.number)


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


def _put(index: tantivy.Index, recording_id: str, documents: Iterable[Fields]) -> None:
    """One commit: what there was of this recording goes, these come."""
    writer = index.writer(_HEAP, 1)
    try:
        writer.delete_documents_by_term("rec", rec_of(recording_id))
        for document in documents:
            writer.add_document(tantivy.Document(**document))
        writer.commit()
    finally:
        writer.wait_merging_threads()  # ends the writer, which frees Tantivy's own lock
