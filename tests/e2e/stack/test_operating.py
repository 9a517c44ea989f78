"""The running Kring when something of it is damaged or missing: it says so in words, and mends what it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from index.memory import MemoryIndex
from kring.settings import SearchSettings, Settings, WorkerSettings
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.stack.running import Kring, eventually, running
from tests.support.web import facilitator, sample_archive

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("operating") / "data",
        search=SearchSettings(engine="embedded"),
        worker=WorkerSettings(reconcile_seconds=30),
    )
    with running(settings) as kring:
        yield kring


def unwell(kring: Kring) -> dict[str, Any] | None:
    """What `/healthz` says of a Kring that is not well."""
    answer = httpx.get(f"{kring.address}/healthz", timeout=PATIENCE)
    return None if answer.status_code == 200 else dict(answer.json())


@pytest.fixture(scope="module")
def filled(kring: Kring) -> Kring:
    sample_archive.fill(kring.ports.archive, MemoryIndex())
    assert "passages indexed" in kring.run("reindex").stdout
    return kring


def test_a_new_archive_is_empty_not_in_preparation(kring: Kring) -> None:
    assert httpx.get(f"{kring.address}/api/search", timeout=PATIENCE).json()["total"] == 0


@contextmanager
def worker_at_rest(kring: Kring) -> Iterator[None]:
    """While the block runs, the worker and its chores stand still."""
    worker = psutil.Process(kring.stack.pids()["worker"])
    family = [worker, *worker.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


def test_a_corrupt_index_says_so_everywhere_and_heals_by_itself(filled: Kring) -> None:
    search, cookies = f"{filled.address}/api/search?q=personvern", facilitator.cookies(filled.address)
    before = httpx.get(search, cookies=cookies, timeout=PATIENCE).json()["total"]
    assert before > 0
    with worker_at_rest(filled):
        for path in Path(filled.ports.settings.index_dir).rglob("*.idx"):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 8
            path.write_bytes(data)

        refused = httpx.get(search, cookies=cookies, timeout=PATIENCE)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "is being built" in refused.json()["error"]
        page = httpx.get(
            f"{filled.address}/?q=personvern", headers={"Accept-Language": "da"}, cookies=cookies, timeout=PATIENCE
        )
        assert page.status_code == 503
        assert "Søgeindekset for dette arkiv bygges nu" in page.text
        health = eventually(lambda: unwell(filled), what="/healthz to see it")
        assert health["parts"]["search"]["why"].startswith("The search index of this archive is being built")
        assert health["parts"]["storage"]["ok"]
        for command in (("search", "personvern"), ("check",)):
            done = filled.run(*command)
            assert done.returncode == 1, done.stdout
            assert "The search index is damaged" in done.stdout + done.stderr

    eventually(
        lambda: httpx.get(search, cookies=cookies, timeout=PATIENCE).status_code == 200,
        what="reconcile to build the index anew",
    )
    assert httpx.get(search, cookies=cookies, timeout=PATIENCE).json()["total"] == before
    eventually(lambda: unwell(filled) is None, what="/healthz to see it")
    assert filled.run("check").returncode == 0


DATED = re.compile(r"(\x1b\[\d+m)*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


def test_every_line_of_every_log_has_date_and_time_and_no_secret(filled: Kring) -> None:
    settings = filled.ports.settings
    logs = sorted((settings.data_dir / "logs").glob("*.log"))
    assert {"objects", "prefect", "web", "worker"} <= {log.stem for log in logs}
    assert settings.s3_secret_key is not None
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert text, log
        assert [line for line in text.splitlines() if not DATED.match(line)] == [], log
        assert settings.s3_secret_key.get_secret_value() not in text


def test_status_while_prefect_or_the_index_cannot_be_asked(filled: Kring) -> None:
    title = sample_archive.TALKS[0].title
    nobody = {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    done = filled.run("status", environment=nobody)
    assert done.stderr.count("Recordings that are not received yet are shown only in part: The Prefect server") == 1
    assert title in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

    elsewhere = {"KRING_SEARCH__ENGINE": "meilisearch", "MEILI_URL": f"http://127.0.0.1:{free_port()}"}
    done = filled.run("status", environment=elsewhere)
    assert done.returncode == 1
    assert done.stderr.count("What search finds is not known: Meilisearch at") == 1
    assert title in done.stdout
    assert "All are searchable" not in done.stdout
