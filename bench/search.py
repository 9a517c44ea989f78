"""How fast search is, and how big: `python -m bench.search [--recordings N] [--json FILE] [--keep FOLDER]`.

Builds an archive of 10,000 synthetic recordings (bench/retrieval/synthetic_archive.py), 1.2 million passages, and
measures on it

- the engine: one to four words, as people would ask them of these recordings, with filters, facets and grouping
- the same while typing, each letter a search
- the same for viewers who may see 39, 20 and 1 of the 40 circles, query by query beside the one who may see all
- the same for one who may see 20 of them and learns from the others that they have talked about it
- the search page over HTTP, from the real web application in a process of its own
- how soon a new recording is found by that web application after its `index` step began
- a rebuild from a real object store: manifests and transcripts with a time for each word, of the first recordings only
- the memory of the web application, and the disk of the index

Queries are drawn with a fixed seed: two thirds from the topic of one recording, one third from what it says, as it
stands. Half of them have filters. Everything runs on this machine at the same time, the object store too.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from bench.retrieval.synthetic_archive import CIRCLES, circle_of, made, manifest_of, passages_of, transcript_of
from index.embedded.index import EmbeddedIndex
from index.port import Filters, Prepared, Query
from kring.access import audience
from kring.settings import Settings, WebSettings
from search_ui.__main__ import relax_garbage_collection
from search_ui.viewer.previews import MOST
from services.ports import open_ports
from services.prefect_env import environment_of
from services.rebuild_index import rebuild_index
from tests.support.stack.ports import free_port
from tests.support.stack.seaweed import Weed

QUERIES = 600
WARMING = 200
"""The first of them, after which times count."""
TYPED = 40
"""Queries that are typed letter by letter."""
CIRCLES_SEEN = (39, 20, 1)
FOUND_AGAIN = 10
REBUILT = 300
"""Recordings that the rebuild from the bucket is measured on."""
console = Console()


@dataclass(frozen=True, slots=True)
class Figures:
    passages: int
    engine_p95_ms: float
    http_p95_ms: float
    typing_p95_ms: float
    limited_p95: dict[int, float]
    """Circles that are seen → the time of a search, as a multiple of who sees all."""
    previews_p95: float
    """The time of a search with previews of 20 circles, as a multiple of the same without."""
    visible_s: float
    rebuild_per_s: float
    rss_mb: float
    disk_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--keep", type=Path, help="build in this folder, and use what is there already")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="kring-bench-"))
    try:
        figures = measure(folder, options.recordings)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(asdict(figures), indent=2) + "\n")


def measure(folder: Path, recordings: int) -> Figures:
    relax_garbage_collection()  # as the web application does
    weed = Weed(folder / "objects")
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    weed.start()
    try:
        rebuilt = rebuild_per_second(weed, folder, min(REBUILT, recordings))
        settings = weed.settings(folder / "data", "kring-bench")
        settings = settings.model_copy(update={"web": WebSettings(port=free_port())})
        open_ports(settings)  # makes the bucket
        index = EmbeddedIndex(settings.index_dir)
        passages = built(index, recordings)
        disk = sum(file.stat().st_size for file in settings.index_dir.rglob("*") if file.is_file())
        queries = list(drawn(recordings, QUERIES))
        engine = engine_times(index, queries)
        typing = engine_times(index, typed(drawn(recordings, TYPED, seed=2)))
        limited = limited_times(index, queries)
        previews = preview_times(index, queries)
        with WebApplication(settings) as web:
            http = web.times(queries)
            visible = [web.seconds_until_found(index, recordings + number) for number in range(FOUND_AGAIN)]
            rss = web.rss_mb()
    finally:
        weed.stop()
    table = Table("what", "median", "95 of 100", "most", title=f"{recordings} recordings, {passages} passages")
    for name, times in (
        ("engine, ms", engine),
        ("typing, ms", typing),
        *((f"engine, {seen} of {CIRCLES} circles, ms", times) for seen, times in limited.items()),
        *((f"engine, {what} previews, ms", times) for what, times in previews.items()),
        ("HTTP, ms", http),
        ("found after, s", visible),
    ):
        table.add_row(name, *(f"{share(times, part):.3g}" for part in (0.5, 0.95, 1.0)))
    console.print(table)
    console.print(
        f"Rebuild from the bucket: {rebuilt:.0f} passages a second. Web application: {rss:.0f} MB. "
        f"Index: {disk / 1e6:.0f} MB."
    )
    return Figures(
        passages=passages,
        engine_p95_ms=round(share(engine, 0.95), 2),
        http_p95_ms=round(share(http, 0.95), 2),
        typing_p95_ms=round(share(typing, 0.95), 2),
        limited_p95={
            seen: round(share(limited[seen], 0.95) / share(limited[CIRCLES], 0.95), 2) for seen in CIRCLES_SEEN
        },
        previews_p95=round(share(previews["with"], 0.95) / share(previews["without"], 0.95), 2),
        visible_s=round(max(visible), 3),
        rebuild_per_s=round(rebuilt),
        rss_mb=round(rss),
        disk_mb=round(disk / 1e6),
    )


def share(times: Sequence[float], part: float) -> float:
    """The time that this part of all stay below."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def rebuild_per_second(weed: Weed, folder: Path, recordings: int) -> float:
    """Passages a second of `kring rebuild_index`, wall clock, from a bucket with so many recordings."""
    settings = weed.settings(folder / "rebuilt")
    ports = open_ports(settings)
    for number in range(recordings):
        recording = made(number)
        if number < CIRCLES:  # each has been seen by then
            ports.archive.put_circle(circle_of(recording))
        manifest = manifest_of(recording)
        ports.archive.put_transcript(manifest.original.sha256, transcript_of(recording))
        ports.archive.create(manifest)
    began = time.perf_counter()
    passages = rebuild_index(ports)
    return passages / (time.perf_counter() - began)


def built(index: EmbeddedIndex, recordings: int) -> int:
    """The index of the whole archive; the number of its passages."""
    if not index.needs_rebuild:
        console.print("The index is there already.")
        return len(made(0).words) * recordings
    began = time.perf_counter()
    with get_context("spawn").Pool(initializer=gc.disable) as pool:
        count = index.rebuild_prepared(pool.imap(_prepared, range(recordings), chunksize=4))
    console.print(f"Made and indexed {count} passages in {time.perf_counter() - began:.0f} s.")
    return count


def _prepared(number: int) -> Prepared:
    return EmbeddedIndex.prepare(passages_of(made(number)))


def drawn(recordings: int, count: int, seed: int = 1) -> Iterator[Query]:
    """Queries of one to four words, half of them with filters."""
    random = Random(seed)
    for _ in range(count):
        recording = made(random.randrange(recordings), passages=4)
        size = random.randint(1, 4)
        if random.random() < 2 / 3:
            words = random.sample(recording.topic, size)
        else:
            row = random.choice(recording.words)
            at = random.randrange(len(row) - size)
            words = row[at : at + size]
        filters = Filters()
        match random.randrange(6):
            case 0:
                filters = Filters(circles=frozenset({recording.circle}))
            case 1:
                filters = Filters(languages=frozenset({recording.language}))
            case 2:
                filters = Filters(networks=frozenset({recording.network}), after=date(2022, 1, 1))
        yield Query(" ".join(words), filters)


def typed(queries: Iterable[Query]) -> list[Query]:
    return [
        Query(query.text[:end], query.filters, typing=True)
        for query in queries
        for end in range(1, len(query.text) + 1)
    ]


def engine_times(index: EmbeddedIndex, queries: Sequence[Query]) -> list[float]:
    """Milliseconds of each search; the first ones, which load the index and meet new words, are not counted."""
    for query in queries[:WARMING]:
        index.search(query)
    return [milliseconds(index, query) for query in queries[WARMING:]]


def milliseconds(index: EmbeddedIndex, query: Query) -> float:
    """Of one search."""
    began = time.perf_counter()
    index.search(query)
    return (time.perf_counter() - began) * 1000


def limited_times(index: EmbeddedIndex, queries: Sequence[Query]) -> dict[int, list[float]]:
    """Circles that are seen → milliseconds of each search. Each query is asked for all viewers in turn."""
    viewers = {
        seen: frozenset(audience(f"circle-{number}", None) for number in range(seen))
        for seen in (CIRCLES, *CIRCLES_SEEN)
    }
    times: dict[int, list[float]] = {seen: [] for seen in viewers}
    for number, query in enumerate(queries):
        for seen, visible_to in viewers.items():
            took = milliseconds(index, replace(query, visible_to=visible_to))
            if number >= WARMING:
                times[seen].append(took)
    return times


def preview_times(index: EmbeddedIndex, queries: Sequence[Query]) -> dict[str, list[float]]:
    """Milliseconds of each search without filters, for who sees half of the circles, with and without previews of the
    other half."""
    mine, others = (
        frozenset(audience(f"circle-{number}", None) for number in half)
        for half in (range(CIRCLES // 2), range(CIRCLES // 2, CIRCLES))
    )
    times: dict[str, list[float]] = {"without": [], "with": []}
    for number, query in enumerate(query for query in queries if query.filters == Filters()):
        took = milliseconds(index, replace(query, visible_to=mine))
        began = time.perf_counter()
        index.previews(replace(query, visible_to=others, per_page=MOST + 1))
        more = (time.perf_counter() - began) * 1000
        if number >= WARMING // 2:
            times["without"].append(took)
            times["with"].append(took + more)
    return times


class WebApplication:
    """The real one, in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://127.0.0.1:{settings.web.port}"
        environment = environment_of(settings) | {"PYTHONPATH": str(Path.cwd())}
        self._process = subprocess.Popen([sys.executable, "-m", "search_ui"], env=environment)
        self._client = httpx.Client(base_url=self._url, trust_env=False, timeout=30)

    def __enter__(self) -> WebApplication:
        deadline = time.monotonic() + 60
        while True:
            try:
                if self._client.get("/healthz").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise SystemExit("The web application did not start.")
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(20)

    def times(self, queries: Sequence[Query]) -> list[float]:
        """Milliseconds until the list of results is there, as the page fetches it."""
        addresses = ["/?" + urlencode(_parameters(query), doseq=True) for query in queries]
        for address in addresses[:WARMING]:
            self._client.get(address)
        times = []
        for address in addresses[WARMING:]:
            began = time.perf_counter()
            self._client.get(address).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
        return times

    def seconds_until_found(self, index: EmbeddedIndex, number: int) -> float:
        """From the beginning of the `index` step until a search finds the new recording."""
        recording = made(number)
        word = f"nytt{recording.recording_id}"
        recording.words[0][0] = word
        passages = passages_of(recording)
        began = time.perf_counter()
        index.replace(recording.recording_id, passages)
        while self._client.get("/api/search", params={"q": word}).json()["total"] != 1:
            time.sleep(0.01)
        return time.perf_counter() - began

    def rss_mb(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6


def _parameters(query: Query) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "q": query.text,
        "circle": sorted(query.filters.circles),
        "network": sorted(query.filters.networks),
        "language": sorted(query.filters.languages),
        "part": "results",
    }
    if query.filters.after:
        parameters["after"] = query.filters.after.isoformat()
    return parameters


if __name__ == "__main__":
    main()
