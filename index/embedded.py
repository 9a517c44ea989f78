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
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tantivy
from tantivy import Occur
from tantivy import Query as Condition

from index.cards import Card, admitted, facet_counts, newest_first
from index.documents import document, id_of, passage_in, read_card, rec_of, schema
from index.generations import Generations, engine_errors
from index.highlight import recording_hit
from index.matching import Matching, filtering, in_recordings
from index.port import Filters, Passage, Query, RecordingHit, Results
from index.wanted import Part, parse
from kring.errors import SearchDown, SetupError

LOCK_SECONDS = 30.0
"""How long a writer waits for its turn."""
_HEAP = 32_000_000  # bytes a writer may fill before it writes a segment; Tantivy's least is 15 MB per thread
_REBUILD_HEAP = 256_000_000
_TIES = 4  # decimals of a score that count; the rest depends on the order in which an engine adds up


@dataclass(frozen=True)
class _View:
    """One state of the index: nothing that is written later can be seen through it."""

    stamp: tuple[object, ...]
    index: tantivy.Index
    searcher: tantivy.Searcher
    cards: dict[int, Card]

    @cached_property
    def newest(self) -> list[Card]:
        return sorted(self.cards.values(), key=newest_first)


class EmbeddedIndex:
    """Safe to share between threads. `writer=False`: it never creates or changes anything."""

    def __init__(self, root: Path, *, writer: bool = True, lock_seconds: float = LOCK_SECONDS) -> None:
        self._generations = Generations(root, lock_seconds=lock_seconds)
        self._writer = writer
        self._schema = schema()
        self._view: _View | None = None
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
        self._must_write()
        with self._generations.rebuilding():
            with engine_errors():
                generation = self._generations.create(complete=True)
                index = tantivy.Index(self._schema, str(generation))
                writer = index.writer(_REBUILD_HEAP, 1)
            seen: set[str] = set()
            count = 0
            for passage in passages:
                with engine_errors():
                    writer.add_document(document(passage, first=passage.recording_id not in seen))
                seen.add(passage.recording_id)
                count += 1
            with engine_errors():
                writer.commit()
                writer.wait_merging_threads()
            with self._generations.writing(), engine_errors():
                self._carry_over(index)
                self._generations.publish(generation)
                self._generations.sweep()
        return count

    def search(self, query: Query) -> Results:
        began = time.perf_counter()
        parts = parse(query.text, typing=query.typing)
        view = self._fresh_view()
        if view is None:
            return Results(hits=(), total=0, facets=facet_counts([], query.filters), seconds=0.0)
        with engine_errors():
            search = _Search(self._schema, view, query, parts)
            hits, total, matching = search.matching() if parts else search.newest()
        facets = facet_counts(matching, query.filters)
        return Results(hits=hits, total=total, facets=facets, seconds=time.perf_counter() - began)

    def versions(self) -> dict[str, int]:
        view = self._fresh_view()
        return {card.recording_id: card.version for card in view.cards.values()} if view else {}

    def close(self) -> None:
        self._view = None

    def _must_write(self) -> None:
        if not self._writer:
            raise SetupError("This process opened the search index for reading only.")

    def _write(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._must_write()
        documents = [document(passage, first=number == 0) for number, passage in enumerate(passages)]
        with self._generations.writing(), engine_errors():
            self._generations.note(recording_id)
            current = self._generations.current()
            fresh = current is None or not self._generations.is_ours(current)
            target = self._generations.create(complete=False) if current is None or fresh else current
            writer = tantivy.Index(self._schema, str(target)).writer(_HEAP, 1)
            _put(writer, recording_id, documents)
            if fresh:
                self._generations.publish(target)

    def _carry_over(self, built: tantivy.Index) -> None:
        """Bring what was written during a rebuild into it. The write lock is held, so nothing more comes."""
        noted = self._generations.noted()
        current = self._generations.current()
        if not noted or current is None or not self._generations.is_ours(current):
            return
        searcher = tantivy.Index(self._schema, str(current)).searcher()
        for recording_id in noted:
            found = searcher.search(in_recordings(self._schema, [rec_of(recording_id)]), max(1, searcher.num_docs)).hits
            passages = sorted((passage_in(searcher.doc(at)) for _, at in found), key=lambda passage: passage.start)
            documents = [document(passage, first=number == 0) for number, passage in enumerate(passages)]
            _put(built.writer(_HEAP, 1), recording_id, documents)

    def _fresh_view(self) -> _View | None:
        """The state as of now; None where nothing was ever indexed. Raises SearchDown where it cannot be read."""
        with self._refreshing:
            for attempt in range(3):
                current = self._generations.current()
                if current is None:
                    return None
                try:
                    meta = (current / "meta.json").stat()
                    stamp = (current.name, meta.st_mtime_ns, meta.st_ino, meta.st_size)
                    if self._view is None or self._view.stamp != stamp:
                        self._view = self._read(current, stamp)
                    return self._view
                except (ValueError, OSError) as error:
                    # A rebuild may have put another generation in this one's place just now.
                    if attempt == 2 or self._generations.current() == current:
                        raise SearchDown(
                            "The search index cannot be read; run `kring reindex` to make it anew."
                        ) from error
        raise AssertionError("the last attempt returns or raises")

    def _read(self, generation: Path, stamp: tuple[object, ...]) -> _View:
        if not self._generations.is_ours(generation):
            raise ValueError("made by another version of Kring")
        if self._view is not None and self._view.stamp[0] == generation.name:
            index = self._view.index
            index.reload()
        else:
            index = tantivy.Index(self._schema, str(generation))
            index.config_reader("manual")
        searcher = index.searcher()
        known = {id_of(rec): card for rec, card in self._view.cards.items()} if self._view else {}
        del known
        first = Condition.term_query(self._schema, "first", True)
        cards = [read_card(str(key)) for key, _ in _buckets(searcher, first, "card", searcher.num_docs)]
        return _View(stamp, index, searcher, {rec_of(card.recording_id): card for card in cards})


class _Search:
    """One search over one view."""

    def __init__(self, schema: tantivy.Schema, view: _View, query: Query, parts: Sequence[Part]) -> None:
        self._schema = schema
        self._searcher = view.searcher
        self._view = view
        self._query = query
        self._parts = parts
        self._need = query.page * query.per_page

    def newest(self) -> tuple[tuple[RecordingHit, ...], int, list[Card]]:
        """Everything, newest first; each recording shows its first passage."""
        chosen = admitted(self._view.newest, self._query.filters)
        page = [rec_of(card.recording_id) for card in chosen[self._need - self._query.per_page : self._need]]
        if not page:
            return (), len(chosen), self._view.newest
        passages = self._firsts(page)
        sizes = dict(_buckets(self._searcher, in_recordings(self._schema, page), "rec", len(page)))
        hits = tuple(recording_hit([passages[rec]], (), sizes[rec]) for rec in page)
        return hits, len(chosen), self._view.newest

    def matching(self) -> tuple[tuple[RecordingHit, ...], int, list[Card]]:
        """What matches all parts, or as many of them as any passage that passes the filters does."""
        build = Matching(self._schema, self._searcher, self._parts)
        least, cards, total = self._most_parts(build)
        if not total:
            return (), 0, cards
        ranked = self._ranked(build.query(least, *self._conditions()), total)
        page = ranked[self._need - self._query.per_page : self._need]
        if not page:
            return (), total, cards
        return self._hits(build, least, page), total, cards

    def _most_parts(self, build: Matching) -> tuple[int, list[Card], int]:
        """The highest number of parts with which something is found; what is found; how much passes the filters."""
        low, high = 1, len(self._parts)
        least = high  # all of them is the common case, so it is tried first
        best: tuple[int, list[Card], int] = (1, [], 0)
        while low <= high:
            recs = _buckets(self._searcher, build.query(least, *self._within()), "rec", len(self._view.cards))
            cards = [self._view.cards[rec] for rec, _ in recs]
            total = len(admitted(cards, self._query.filters))
            if total or least == 1:
                best = (least, cards, total)
            if total:
                low = least + 1
            else:
                high = least - 1
            least = (low + high + 1) // 2
        return best

    def _ranked(self, query: Condition, total: int) -> list[int]:
        """Recordings by their best passage, at least as many as the page needs; ties newest first, then by id."""
        limit = max(64, self._need * 8)
        while True:
            hits = self._searcher.search(query, limit, count=False).hits
            recs = self._values("rec", [at for _, at in hits])
            best: dict[int, float] = {}
            for rec, (score, _) in zip(recs, hits, strict=True):
                best.setdefault(rec, round(score, _TIES))
            ranked = sorted(best, key=lambda rec: (-best[rec], newest_first(self._view.cards[rec])))
            enough = min(self._need, total)
            if len(hits) < limit or (len(ranked) >= enough and round(hits[-1][0], _TIES) < best[ranked[enough - 1]]):
                return ranked
            limit *= 4

    def _hits(self, build: Matching, least: int, page: Sequence[int]) -> tuple[RecordingHit, ...]:
        """The recordings of the page with their best passages."""
        query = build.query(least, in_recordings(self._schema, page), own_only=True)
        found = self._searcher.search(query, max(1, self._searcher.num_docs), count=False).hits
        addresses = [at for _, at in found]
        of: dict[int, list[tuple[float, int, tantivy.DocAddress]]] = {rec: [] for rec in page}
        columns = zip(self._values("rec", addresses), self._values("millis", addresses), found, strict=True)
        for rec, millis, (score, at) in columns:
            of[rec].append((-round(score, _TIES), millis, at))
        firsts = self._firsts([rec for rec in page if not of[rec]])
        hits = []
        for rec in page:
            best = sorted(of[rec], key=lambda one: one[:2])[: self._query.passages]
            passages = [passage_in(self._searcher.doc(at)) for _, _, at in best] or [firsts[rec]]
            hits.append(recording_hit(passages, self._parts, len(of[rec]) or 1))
        return tuple(hits)

    def _firsts(self, recs: Sequence[int]) -> dict[int, Passage]:
        if not recs:
            return {}
        query = Condition.boolean_query(
            [
                (Occur.Must, Condition.term_query(self._schema, "first", True)),
                (Occur.Must, in_recordings(self._schema, recs)),
            ]
        )
        found = [passage_in(self._searcher.doc(at)) for _, at in self._searcher.search(query, len(recs)).hits]
        return {rec_of(passage.recording_id): passage for passage in found}

    def _within(self) -> list[Condition]:
        """Search inside one recording is a condition also for the facets."""
        return filtering(self._schema, Filters(recording_id=self._query.filters.recording_id))

    def _conditions(self) -> list[Condition]:
        return filtering(self._schema, self._query.filters)

    def _values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(value or 0) for value in self._searcher.fast_field_values(field, addresses)]


def _put(writer: tantivy.IndexWriter, recording_id: str, documents: Iterable[tantivy.Document]) -> None:
    """One commit: what there was of this recording goes, these come. Ends the writer, merges finished."""
    writer.delete_documents_by_term("rec", rec_of(recording_id))
    for made in documents:
        writer.add_document(made)
    writer.commit()
    writer.wait_merging_threads()


def _buckets(searcher: tantivy.Searcher, query: Condition, field: str, most: int) -> list[tuple[int, int]]:
    """Each value of `field` among what matches, with its count of passages; exact where `most` is no less than their number."""
    counted = searcher.aggregate(query, {"of": {"terms": {"field": field, "size": max(1, most)}}})
    return [(bucket["key"], bucket["doc_count"]) for bucket in counted["of"]["buckets"]]
