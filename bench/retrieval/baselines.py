"""What a search engine finds out of the box, given the same passages: what Kring's language work is measured against.

`plain_tantivy`: title, text and speakers with Tantivy's `default` tokenizer (lower case, no stemming: passages are in
five languages, and Tantivy's ready-made `en_stem` knows one), asked through its own query parser over the three fields,
words joined by OR as it does. A recording counts with its best passage.

`plain_meilisearch`: a server's default settings through the official client, and `recording` as the distinct attribute.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import meilisearch
import tantivy
from meilisearch.errors import MeilisearchError

from bench.retrieval.ranking import DEPTH
from index.port import Passage
from tests.support.stack.ports import free_port

Ask = Callable[[str], Sequence[str]]
"""A question's text → ids of recordings, best first."""
_FIELDS = ("title", "text", "speakers")
_START_SECONDS = 30.0
_TASK_MS = 120_000


class Server(NamedTuple):
    url: str
    key: str | None


def plain_tantivy(passages: Sequence[Passage]) -> Ask:
    builder = tantivy.SchemaBuilder()
    for name in _FIELDS:
        builder.add_text_field(name, tokenizer_name="default")
    builder.add_text_field("recording", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build())
    writer = index.writer(num_threads=1)  # one thread: the same order every time
    for passage in passages:
        writer.add_document(tantivy.Document(recording=passage.recording_id, **_said(passage)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(text: str) -> list[str]:
        found = searcher.search(index.parse_query(text, list(_FIELDS)), limit=len(passages))
        ids = (searcher.doc(address)["recording"][0] for _, address in found.hits)
        return list(dict.fromkeys(ids))[:DEPTH]

    return ask


@contextmanager
def plain_meilisearch(server: Server, passages: Sequence[Passage]) -> Iterator[Ask]:
    """An index of its own on that server, deleted afterwards."""
    client = meilisearch.Client(server.url, server.key)
    index = client.index(f"plain-{secrets.token_hex(6)}")
    documents = [
        {"id": passage.id, "recording": passage.recording_id, **_said(passage)} for passage in passages
    ]  # all attributes are searched, in this order: so it is by default
    try:
        _finish(client, index.add_documents(documents, "id").task_uid)
        _finish(client, index.update_distinct_attribute("recording").task_uid)
        yield lambda text: [hit["recording"] for hit in index.search(text, {"limit": DEPTH})["hits"]]
    finally:
        index.delete()


@contextmanager
def meilisearch_server() -> Iterator[Server | None]:
    """The server at KRING_TEST_MEILI_URL, else one started from the `meilisearch` on the PATH, else None."""
    if url := os.environ.get("KRING_TEST_MEILI_URL"):
        yield Server(url, os.environ.get("KRING_TEST_MEILI_KEY"))
    elif program := shutil.which("meilisearch"):
        with tempfile.TemporaryDirectory() as folder, _started(program, folder) as url:
            yield Server(url, None)
    else:
        yield None


@contextmanager
def _started(program: str, folder: str) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    command = [program, "--http-addr", address, "--db-path", f"{folder}/data", "--no-analytics"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client = meilisearch.Client(f"http://{address}")
        deadline = time.monotonic() + _START_SECONDS
        while not client.is_healthy():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{program} does not start; set KRING_TEST_MEILI_URL to a server that runs.")
            time.sleep(0.1)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def _said(passage: Passage) -> dict[str, str]:
    return {"title": passage.title, "text": passage.text, "speakers": " ".join(passage.speakers)}


def _finish(client: meilisearch.Client, task: int) -> None:
    done = client.wait_for_task(task, timeout_in_ms=_TASK_MS)
    if done.status != "succeeded":
        raise MeilisearchError(str(done.error))
