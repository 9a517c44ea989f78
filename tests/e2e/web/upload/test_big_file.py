"""Two gigabytes through a browser into the running stack; the web server is killed half-way, and what arrived stays."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Response, expect

from kring.intake.uploads import source_of
from kring.model import State
from kring.settings import Settings
from services.intake import describe
from storage.keys import incoming_key
from storage.verify.verify import verify
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running
from tests.support.web import facilitator
from tests.support.web.browser import browser, eventually as eventually_on

__all__ = ["browser"]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

FFMPEG = shutil.which("ffmpeg") or "ffmpeg"
SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
SECONDS = 350
"""Of 192 kHz, 8 channels, 32 bits: 2.15 GB."""
PART = re.compile(r"/parts/(\d+)$")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("big") / "data")) as kring:
        yield kring


@pytest.fixture
def big(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "2026-03-12 personvern.wav"
    sound = ["-af", f"apad=whole_dur={SECONDS}", "-ar", "192000", "-ac", "8", "-c:a", "pcm_s32le"]
    subprocess.run([FFMPEG, "-v", "error", "-t", "12", "-i", str(SPEECH), *sound, str(path)], check=True)
    assert path.stat().st_size > 2 * 1024**3
    yield path
    path.unlink()


def test_two_gigabytes_survive_a_killed_server(browser: Browser, kring: Kring, big: Path) -> None:
    original = describe(big)
    recording_id = source_of(original.sha256).recording_id
    context = browser.new_context(base_url=kring.address)
    facilitator.let_in(context, kring.address)
    page = context.new_page()
    answered: Counter[int] = Counter()

    def count(answer: Response) -> None:
        match = PART.search(answer.url)
        if match and answer.request.method == "PUT" and answer.ok:
            answered[int(match[1])] += 1

    page.on("response", count)
    page.goto("/upload")
    page.locator(".uppy-DragDrop-input").set_input_files(str(big))
    card = page.locator(".upload-card")
    expect(card.get_by_label("Title")).to_have_value("personvern")
    card.get_by_label("Circle").select_option("privacy")
    card.get_by_label("Public meeting").check()
    expect(card).to_have_attribute("data-state", "ready", timeout=240_000)  # the browser has hashed it
    card.get_by_role("button", name="Send").click()

    upload = eventually(lambda: next(kring.ports.archive.uploads(), None), what="the upload to begin")
    parts = -(-original.size // upload.part_size)
    assert upload.id == recording_id
    eventually_on(page, lambda: len(answered) >= parts // 2, seconds=240)
    web = kring.stack.pids()["web"]
    held = psutil.Process(web).memory_info().rss
    os.kill(web, signal.SIGKILL)
    eventually(lambda: kring.stack.pids().get("web") not in {None, web}, what="the web server to be back")

    expect(card).to_have_attribute("data-state", "done", timeout=400_000)
    assert set(answered) == set(range(1, parts + 1))
    again = [number for number, times in answered.items() if times > 1]
    assert len(again) <= 3, again  # what was on its way when the server died, and no more
    assert held < 500_000_000

    card.get_by_role("link", name="Follow its progress").click()
    expect(page).to_have_url(f"{kring.address}/r/{recording_id}")
    expect(page.locator("#player")).to_be_attached(timeout=500_000)  # followed until it was published
    manifest = kring.ports.archive.manifest(recording_id)
    assert (manifest.state, manifest.original.sha256) == (State.PUBLISHED, original.sha256)
    store = kring.ports.archive.store
    eventually(lambda: not store.exists(incoming_key(recording_id)), what="the parts to be cleared away")
    report = verify(kring.ports.archive, deep=True)
    assert (report.missing, report.damaged, report.altered, report.orphans) == ((), (), (), ())
    context.close()
