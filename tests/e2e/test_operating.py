"""The running Kring when something of it is damaged or missing: it says so in words, and mends what it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index.memory import MemoryIndex
from kring.settings import Search, Settings, Worker
from tests import web_archive
from tests.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("operating") / "data",
        search=Search(engine="embedded"),
        worker=Worker(reconcile_seconds=30),
    )
    with running(settings) as kring:
        yield kring


@pytest.fixture(scope="module")
def filled(kring: Kring) -> Kring:
    web_archive.fill(kring.ports.archive, MemoryIndex())
    assert "index rebuilt" in kring.run("reconcile").stdout
    return kring


def test_a_new_archive_is_empty_not_in_preparation(kring: Kring) -> None:
    assert httpx.get(f"{kring.address}/api/search").json()["total"] == 0


def test_a_corrupt_index_says_so_everywhere_and_heals_by_itself(filled: Kring) -> None:
    search = f"{filled.address}/api/search?q=personvern"
    before = httpx.get(search).json()["total"]
    assert before > 0
    for path in Path(filled.ports.settings.index_dir).rglob("*.idx"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 8
        path.write_bytes(data)

    refused = httpx.get(search)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "is being built" in refused.json()["error"]
    page = httpx.get(f"{filled.address}/?q=personvern", headers={"Accept-Language": "da"})
    assert page.status_code == 503
    assert "Søgeindekset for dette arkiv bygges nu" in page.text
    assert httpx.get(f"{filled.address}/healthz").status_code == 503
    for command in (("search", "personvern"), ("check",)):
        done = filled.run(*command)
        assert done.returncode == 1, done.stdout
        assert "The search index is damaged" in done.stdout + done.stderr

    eventually(lambda: httpx.get(search).status_code == 200, seconds=120, what="reconcile to build the index anew")
    assert httpx.get(search).json()["total"] == before
    assert httpx.get(f"{filled.address}/healthz").status_code == 200
    assert filled.run("check").returncode == 0
