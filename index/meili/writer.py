"""Writing to Meilisearch: indexes with our settings, recordings in them, and a new index in the place of another.

The index that is searched keeps its uid; a rebuild fills `<uid>-new-<random>` and swaps the two. A document in the
index itself says who made it and whether it is complete, so that this is swapped along. Tasks are done in the order
they were sent in.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from index.meili.client import MeiliRefusal, MeiliServer
from index.meili.query import one_of
from index.meili.schema import ABOUT, MADE_BY, SETTINGS, WHOLE, about, same_settings
from index.port import Prepared
from kring.errors import DiskFull, SearchDown

BATCH_BYTES, BATCH_DOCUMENTS = 8_000_000, 5_000
"""Of one request of a rebuild, at most (the server takes 100 MB)."""
REBUILD_SECONDS = 3600.0
"""How long one batch of a rebuild may wait for its turn and be done."""
STALE = timedelta(hours=1)
"""An index of a rebuild to which nothing was written for so long was left by a crash."""
_AHEAD = 2  # batches that are sent before the first of them is done
_FETCHED = 10_000  # small documents of one answer
_LOOKS, _LOOK_SECONDS = 20, 0.5  # at an index that is being written to
_GONE = ("index_not_found", "document_not_found")


class MeiliWriter:
    def __init__(self, server: MeiliServer, index: str) -> None:
        self._server = server
        self._index = index

    def about(self, index: str) -> Mapping[str, Any]:
        """What the index says of itself; empty if it is not there, or not one of ours."""
        try:
            about = self._server.ask("get", f"indexes/{index}/documents/{ABOUT}")
        except MeiliRefusal as refused:
            if refused.code in _GONE:
                return {}
            raise
        return about if isinstance(about, dict) else {}

    def is_ours(self, index: str) -> bool:
        """Whether this version of Kring made it."""
        return self.about(index).get("made_by") == MADE_BY

    def problem(self) -> str:
        """What is not as it was written, in words; empty if all is.

        Every document says how many its recording has, and the server counts the documents that have a field. While
        the index is written to the two may differ: then it is counted again.
        """
        if not same_settings(SETTINGS, self._server.ask("get", f"indexes/{self._index}/settings")):
            return "its settings are not Kring's"
        for _ in range(_LOOKS):
            before = self._writes()
            stats = self._server.ask("get", f"indexes/{self._index}/stats")
            firsts = self._fetch(self._index, "number = 0", _FETCHED, fields=["recording_id", "passages"])
            expected = sum(int(first.get("passages") or 0) for first in firsts)
            counts = [stats["fieldDistribution"].get(name, 0) for name in WHOLE] if expected else []
            if stats["numberOfDocuments"] == expected + 1 and set(counts) <= {expected}:
                return ""
            if before is not None and before == self._writes():
                return "documents are missing from it, or fields from its documents"
            time.sleep(_LOOK_SECONDS)
        return ""  # it is written to all the time; the next look may find it at rest

    def _writes(self) -> int | None:
        """The number of the last task; None while one is to be done."""
        path = f"tasks?indexUids={self._index}&limit=1"
        if self._server.ask("get", f"{path}&statuses=enqueued,processing")["results"]:
            return None
        last = self._server.ask("get", path)["results"]
        return int(last[0]["uid"]) if last else 0

    def update_settings(self, index: str) -> None:
        """Bring its settings up to date, if they are not."""
        if not same_settings(SETTINGS, self._server.ask("get", f"indexes/{index}/settings")):
            self._server.wait([self._server.submit("patch", f"indexes/{index}/settings", SETTINGS)], REBUILD_SECONDS)

    @contextmanager
    def building(self, *, complete: bool) -> Iterator[str]:
        """The uid of a new empty index. What has this uid in the end goes, be it that index or the one it replaced."""
        new = f"{self._index}-new-{secrets.token_hex(8)}"
        try:
            self._server.wait(
                [
                    self._server.submit("post", "indexes", {"uid": new, "primaryKey": "id"}),
                    self._server.submit("patch", f"indexes/{new}/settings", SETTINGS),
                    self._add(new, [about(complete=complete)]),
                ]
            )
            yield new
        finally:
            with suppress(SearchDown, DiskFull):  # what is left goes with a later sweep
                self._server.submit("delete", f"indexes/{new}")

    def publish(self, new: str, *, unless_ours: bool = False) -> None:
        """Let `new` be searched; it changes places with the index before, in one moment.

        With `unless_ours` an index of ours stays that another process has made in the meantime.
        """
        exists = self._exists(self._index)
        if exists and unless_ours and self.is_ours(self._index):
            return
        try:
            self._swap(new, rename=not exists)
        except MeiliRefusal:
            if exists or not self._exists(self._index):
                raise
            if not unless_ours:
                self._swap(new, rename=False)

    def put(self, index: str, recording_id: str, documents: Sequence[Mapping[str, Any]]) -> list[int]:
        """These documents, and no others, for this recording; the tasks that do it.

        What is too much goes first: a recording whose writing stops half-way still has its old version.
        """
        rest = [one_of("recording_id", [recording_id]), f"number >= {len(documents)}"]
        tasks = [self._server.submit("post", f"indexes/{index}/documents/delete", {"filter": rest})]
        return [*tasks, self._add(index, documents)] if documents else tasks

    def add_all(self, index: str, recordings: Iterable[Prepared]) -> int:
        """Add all of them; the number of passages. Errors of the iterable pass through as they are."""
        sent: deque[int] = deque()
        count = 0
        for batch, size in _batches(recordings):
            sent.append(self._server.submit("post", f"indexes/{index}/documents?primaryKey=id", batch))
            count += size
            if len(sent) > _AHEAD:
                self._server.wait([sent.popleft()], REBUILD_SECONDS)
        self._server.wait(sent, REBUILD_SECONDS)
        return count

    def versions(self, index: str) -> dict[str, int]:
        """Recording id → version; empty if there is no such index, or none with our settings."""
        try:
            documents = self._fetch(index, "number = 0", _FETCHED, fields=["recording_id", "version"])
            return {document["recording_id"]: document["version"] for document in documents if "version" in document}
        except MeiliRefusal as refused:
            if refused.code in (*_GONE, "invalid_document_filter"):
                return {}
            raise

    def carry_over(self, before: Mapping[str, int], source: str, target: str) -> dict[str, int]:
        """Bring into `target` what was written to `source`, an index of ours, since it had the versions `before`.

        What `target` has newer stays. Returns the versions that `source` has now.
        """
        after, target_versions = self.versions(source), self.versions(target)
        changed = {
            recording_id: version for recording_id, version in after.items() if before.get(recording_id) != version
        }
        changed |= {recording_id: version for recording_id, version in before.items() if recording_id not in after}
        tasks: list[int] = []
        for previous_id, version in changed.items():
            if target_versions.get(previous_id, 0) <= version:
                documents = (
                    list(self._fetch(source, one_of("recording_id", [previous_id]), 1000))
                    if previous_id in after
                    else []
                )
                tasks += self.put(target, previous_id, documents)
        self._server.wait(tasks, REBUILD_SECONDS)
        return after

    def sweep(self) -> None:
        """Delete what crashed rebuilds left."""
        unfinished = re.compile(rf"{re.escape(self._index)}-new-[0-9a-f]{{16}}")
        old = datetime.now(UTC) - STALE
        for info in self._server.ask("get", "indexes?limit=1000")["results"]:
            if unfinished.fullmatch(info["uid"]) and _moment(info["updatedAt"]) < old:
                self._server.submit("delete", f"indexes/{info['uid']}")

    def forget_past(self) -> None:
        """Wait until the index before is deleted, and delete what the server remembers of the writes to both."""
        told = self._server.ask("get", "tasks?limit=1000")["results"]
        ours = re.compile(rf"{re.escape(self._index)}(-new-[0-9a-f]{{16}})?")
        uids = ",".join(sorted({task["indexUid"] for task in told if ours.fullmatch(task["indexUid"] or "")}))
        if not uids:
            return
        going = self._server.ask("get", f"tasks?limit=1000&indexUids={uids}&statuses=enqueued,processing")["results"]
        self._server.wait([task["uid"] for task in going], REBUILD_SECONDS)
        done = f"tasks?indexUids={uids}&statuses=succeeded,failed,canceled"
        self._server.wait([self._server.submit("delete", done)], REBUILD_SECONDS)

    def _exists(self, index: str) -> bool:
        try:
            self._server.ask("get", f"indexes/{index}")
        except MeiliRefusal as refused:
            if refused.code in _GONE:
                return False
            raise
        return True

    def _swap(self, new: str, *, rename: bool) -> None:
        swap: dict[str, Any] = {"indexes": [new, self._index]} | ({"rename": True} if rename else {})
        self._server.wait([self._server.submit("post", "swap-indexes", [swap])], REBUILD_SECONDS)

    def _add(self, index: str, documents: Sequence[Mapping[str, Any]]) -> int:
        return self._server.submit("post", f"indexes/{index}/documents?primaryKey=id", list(documents))

    def _fetch(self, index: str, which: str, size: int, **options: Any) -> Iterator[dict[str, Any]]:
        """All documents that pass this filter."""
        offset = 0
        while True:
            asked = {"filter": which, "offset": offset, "limit": size, **options}
            documents = self._server.ask("post", f"indexes/{index}/documents/fetch", asked)["results"]
            yield from documents
            offset += len(documents)
            if len(documents) < size:
                return


def _batches(recordings: Iterable[Prepared]) -> Iterator[tuple[bytes, int]]:
    """Documents as bodies of requests, with how many there are in each."""
    batch: list[bytes] = []
    size = 0
    for made in (document for recording in recordings for document in recording.content):
        if batch and (size + len(made) > BATCH_BYTES or len(batch) == BATCH_DOCUMENTS):
            yield b"[" + b",".join(batch) + b"]", len(batch)
            batch, size = [], 0
        batch.append(made)
        size += len(made)
    if batch:
        yield b"[" + b",".join(batch) + b"]", len(batch)


def _moment(written: str) -> datetime:
    """RFC 3339, with any number of decimals, in UTC."""
    return datetime.fromisoformat(written[:19]).replace(tzinfo=UTC)
