"""The search index in Meilisearch: a server of its own, for an archive that several machines write to or read.

What is promised is what index/memory.py does; how it is asked for is in index/meili/search.py, how it is written in
index/meili/writer.py. Writers need the master key, readers only a key that can search.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from index.meili.client import MeiliRefusal, MeiliServer
from index.meili.previews import previews_in
from index.meili.query import body, one_of
from index.meili.result_page import Ask
from index.meili.schema import COMPLETE, documents, prepared
from index.meili.search import MeiliEngine
from index.meili.search_key import ensured_key
from index.meili.writer import MeiliWriter
from index.passages.build import by_recording
from index.port import Filters, Passage, Prepared, PreviewHit, Query, Results
from index.query.answer import answer, answer_previews
from index.query.parser import ParsedQuery
from index.unready import damaged, not_ready
from kring.errors import IndexNotReady, SetupError

_QUERIES = 70  # of one request


class MeiliIndex:
    """Safe to share between threads. `writer=False`: it never creates or changes anything but its own key."""

    def __init__(self, server: MeiliServer, index: str, *, writer: bool = True, searches_only: bool = False) -> None:
        """`searches_only`: the server's key is one for searching."""
        self._server = server
        self._index = index
        self._writer = writer
        self._meili_writer = MeiliWriter(server, index)
        self._preparing = threading.Lock()
        self._prepared = False
        self._searches_only = searches_only
        self._searcher = server if writer or searches_only else None

    @property
    def needs_rebuild(self) -> bool:
        """True until `rebuild` has filled it from the bucket: it is new, or of another version of Kring."""
        if self._writer:
            ensured_key(self._server, self._index)
        try:
            self.check(deep=True)
        except IndexNotReady:
            return True
        return False

    def check(self, *, deep: bool = False) -> None:
        results = self.search(Query(per_page=1, passages=1))
        for hit in results.hits:
            known = Query(filters=Filters(recording_id=hit.recording_id), per_page=1, passages=1)
            if self.search(known).total != 1:
                raise damaged("a recording that is in it is not found")
        if deep and not self._searches_only and (problem := self._meili_writer.problem()):
            raise damaged(problem)

    def replace(self, recording_id: str, passages: Sequence[Passage]) -> None:
        self._must_write()
        made = documents(passages)
        self._make_ready()
        self._server.wait(self._meili_writer.put(self._index, recording_id, made))

    def remove(self, recording_id: str) -> None:
        self.replace(recording_id, ())

    def rebuild(self, passages: Iterable[Passage]) -> int:
        return self.rebuild_prepared(map(self.prepare, by_recording(passages)))

    @staticmethod
    def prepare(passages: Sequence[Passage]) -> Prepared:
        return prepared(passages)

    def rebuild_prepared(self, recordings: Iterable[Prepared]) -> int:
        self._must_write()
        writing = self._meili_writer
        ensured_key(self._server, self._index)
        writing.sweep()
        before = writing.versions(self._index) if writing.is_ours(self._index) else {}
        with writing.building(complete=True) as new:
            count = writing.add_all(new, recordings)
            if writing.is_ours(self._index):
                before = writing.carry_over(before, self._index, new)
            writing.publish(new)
            if writing.is_ours(new):  # what is there now is the index before; it may have been written to until then
                writing.carry_over(before, new, self._index)
        return count

    def forget_past(self) -> None:
        self._must_write()
        self._meili_writer.forget_past()

    def search(self, query: Query) -> Results:
        return answer(query, lambda parsed: self._opened(parsed, query.visible_to))

    def previews(self, query: Query) -> tuple[PreviewHit, ...]:
        ask = self._asker(_limits(query.visible_to))
        return answer_previews(query, lambda subject: previews_in(ask, self._index, query, subject))

    def versions(self) -> dict[str, int]:
        return self._meili_writer.versions(self._index)

    def close(self) -> None: ...

    def _must_write(self) -> None:
        if not self._writer:
            raise SetupError("This process opened the search index for reading only.")

    def _make_ready(self) -> None:
        """Make an incomplete index if there is none of ours; the first time also update settings and the search key."""
        with self._preparing:
            if not self._meili_writer.is_ours(self._index):
                with self._meili_writer.building(complete=False) as new:
                    self._meili_writer.publish(new, unless_ours=True)
            elif not self._prepared:
                self._meili_writer.update_settings(self._index)
            if not self._prepared:
                ensured_key(self._server, self._index)
                self._prepared = True

    def _opened(self, parsed: ParsedQuery, visible_to: frozenset[str] | None) -> MeiliEngine:
        ask = self._asker(_limits(visible_to))
        if parsed.nothing_searchable:
            ask([])  # nothing else asks whether the index is ready
        return MeiliEngine(ask, self._index)

    def _asker(self, visible: Sequence[str]) -> Ask:
        """What one search asks the server with; at first also whether the index was built to its end, by this Kring.

        `visible`: conditions of every query, whatever it is for, so that none can tell of what is not to be seen.
        """
        ready = False

        def ask(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            nonlocal ready
            first = [] if ready else [body(self._index, None, COMPLETE, hitsPerPage=0)]
            limited = [query | {"filter": [*query["filter"], *visible]} for query in queries]
            try:
                answers = self._ask([*first, *limited])
            except MeiliRefusal as refused:
                if refused.code == "index_not_found":
                    raise not_ready() from refused
                if refused.code.startswith("invalid_search_"):  # its settings are not ours, or those of an older Kring
                    raise damaged(refused) from refused
                raise
            if first and not answers[0]["totalHits"]:
                raise not_ready()
            ready = True
            return answers[len(first) :]

        return ask

    def _ask(self, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        searcher = self._searcher
        if searcher is None:
            key = ensured_key(self._server, self._index)
            searcher = self._searcher = self._server.with_key(key) if key else self._server
        answers: list[dict[str, Any]] = []
        for at in range(0, len(queries), _QUERIES):
            asked = {"queries": queries[at : at + _QUERIES]}
            answers += searcher.ask("post", "multi-search", asked)["results"]
        return answers


def _limits(visible_to: frozenset[str] | None) -> list[str]:
    """The conditions that only recordings of these audiences pass."""
    return [] if visible_to is None else [one_of("audience", visible_to)]


def index_uid(bucket: str) -> str:
    """The index of an archive: named like its bucket, so that several archives can share a server."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", bucket)
