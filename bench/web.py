"""How soon pages are seen, and how heavy they are: `python -m bench.web [--json FILE] [--times N]`.

Opens the start page, a search, a recording and the upload page in headless Chromium, over the small archive of the
tests (tests/support/web/member_archive.py) served by this process with its adapters in memory: so it tells what the
pages cost, not the object store or a large index (`bench.search` does that).

- first contentful paint, from the browser's own paint timing: cold in a browser that has never been here, warm when
  the page is opened once more, with its scripts and styles in the browser's cache; medians
- bytes on the wire of one cold opening: the page itself, scripts, styles, pictures (sound and film are left out)
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from index.memory import MemoryIndex
from kring.settings import Settings
from search_ui.app import create_app
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import DESKTOP, FLAGS, find_chromium, serving
from tests.support.web.member_archive import FILM

TIMES = 9
"""Openings of each page, cold and warm."""
PAGES = {
    "start": "/",
    "search": "/?q=personvern",
    "recording": f"/r/{FILM.id}?q=personvern",
    "editor": f"/r/{FILM.id}/edit",
    "upload": "/upload",
}
KINDS = {"Document": "page", "Script": "scripts", "Stylesheet": "styles", "Image": "pictures"}
PAINTED = """() => new Promise(resolve => new PerformanceObserver((list, observer) => {
    const first = list.getEntriesByName("first-contentful-paint")[0];
    if (first) { observer.disconnect(); resolve(first.startTime); }
}).observe({ type: "paint", buffered: true }))"""
console = Console()


@dataclass
class Figures:
    """Of one page. Milliseconds until something of it is seen, medians; bytes by kind."""

    cold_ms: float = 0.0
    warm_ms: float = 0.0
    bytes: dict[str, int] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each page is opened")
    options = parser.parse_args()
    with served() as origin, chromium() as browser:
        opened(browser, origin, PAGES["recording"])  # the first page of all pays for what starts late in both programs
        figures = {name: measured(browser, origin, path, options.times) for name, path in PAGES.items()}
    table = Table("page", "cold, ms", "warm, ms", *(f"{kind}, kB" for kind in KINDS.values()))
    for name, one in figures.items():
        weights = (f"{one.bytes.get(kind, 0) / 1000:.1f}" for kind in KINDS.values())
        table.add_row(name, f"{one.cold_ms:.0f}", f"{one.warm_ms:.0f}", *weights)
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps({name: asdict(one) for name, one in figures.items()}, indent=2) + "\n")


@contextmanager
def served() -> Iterator[str]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    member_archive.fill(archive, index)
    with tempfile.TemporaryDirectory(prefix="kring-bench-") as data:
        settings = Settings(data_dir=Path(data))
        with serving(create_app(settings, archive, index, MemoryRuns())) as origin:
            yield origin


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


def measured(browser: Browser, origin: str, path: str, times: int) -> Figures:
    runs = [opened(browser, origin, path) for _ in range(times)]
    return Figures(
        cold_ms=round(statistics.median(one.cold_ms for one in runs), 1),
        warm_ms=round(statistics.median(one.warm_ms for one in runs), 1),
        bytes=runs[-1].bytes,
    )


def opened(browser: Browser, origin: str, path: str) -> Figures:
    """In a browser that is new here, and then once more."""
    context = browser.new_context(base_url=origin, viewport=DESKTOP)  # type: ignore[arg-type]
    facilitator.let_in(context, origin)
    try:
        page = context.new_page()
        weights = weighed(context, page)
        cold = painted(page, path)
        weighty = dict(weights)
        page.goto("about:blank")
        return Figures(cold, painted(page, path), weighty)
    finally:
        context.close()


def painted(page: Page, path: str) -> float:
    page.goto(path, wait_until="load")
    return float(page.evaluate(PAINTED))


def weighed(context: BrowserContext, page: Page) -> dict[str, int]:
    """Bytes on the wire by kind, headers included, as Chromium goes on counting them."""
    weights = dict.fromkeys(KINDS.values(), 0)
    kinds: dict[str, str] = {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))

    def count(told: dict[str, object]) -> None:
        kind = KINDS.get(kinds.get(str(told["requestId"]), ""))
        if kind:
            weights[kind] += int(str(told["encodedDataLength"]).partition(".")[0])

    session.on("Network.loadingFinished", count)
    return weights


if __name__ == "__main__":
    main()
