"""A real Chromium for tests, driven by Playwright; and a real server on a free port."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

from search_ui.server.server import server_config
from tests.support.patience import PATIENCE
from tests.support.web import facilitator

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=PATIENCE * 1000)

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def find_chromium() -> str:
    """Path of the system's Chromium. Without it tests are skipped, except in CI, where they fail."""
    path = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if path is None:
        reason = "no Chromium on the PATH; install it with `apt install chromium`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Import this into a test module. One Chromium per module: Playwright allows one driver at a time per thread."""
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


class Complaints(list[str]):
    """What a page complained about: console errors (broken policies among them), exceptions, foreign requests."""

    def watch(self, context: BrowserContext, origin: str) -> None:
        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.append(message.text)

        def guard(route: Route) -> None:
            self.append(f"asked a foreign host: {route.request.url}")
            route.abort()

        context.on("console", hear)
        context.on("weberror", lambda error: self.append(str(error.error)))
        context.route(lambda url: not url.startswith((origin, "data:", "blob:", "about:")), guard)


@contextmanager
def open_page(browser: Browser, origin: str, **options: object) -> Iterator[tuple[Page, Complaints]]:
    """A facilitator's page, in a fresh context, with what it complained about. Fails at the end if it did."""
    context = browser.new_context(**({"base_url": origin, "viewport": DESKTOP} | options))  # type: ignore[arg-type]
    complaints = Complaints()
    complaints.watch(context, origin)
    facilitator.let_in(context, origin)
    context.set_default_timeout(PATIENCE * 1000)
    try:
        yield context.new_page(), complaints
        assert complaints == [], complaints
    finally:
        context.close()


def eventually(page: Page, check: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """Wait until `check` holds. Playwright's own `wait_for_function` evaluates text, which our policy forbids."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, "this did not come true in time"
        page.wait_for_timeout(50)


def player_time(page: Page) -> float:
    """Seconds at which the player stands."""
    return float(page.evaluate("document.getElementById('player').currentTime"))


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve `app` in a thread on a free loopback port; its address."""
    server = uvicorn.Server(server_config(app, app.state.site.settings.web, port=0, graceful_seconds=1))
    started = threading.Event()
    startup = server.startup

    async def startup_and_tell(*args: object, **kwargs: object) -> None:
        try:
            await startup(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            started.set()

    server.startup = startup_and_tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(PATIENCE)
        assert server.started, "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        origin = f"http://127.0.0.1:{port}"
        facilitator.know(origin, app.state.site.settings)
        yield origin
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
