"""`/healthz`: each part is asked by using it, one at a time, never for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.memory import MemoryIndex
from kring.errors import IndexNotReady, KringError, SearchDown, StorageDown
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.http import rendering
from search_ui.http.health import Health, Probe
from services.runs.memory import MemoryRuns
from services.runs.prefect import PrefectRuns
from storage.archive.archive import Archive
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.web import sample_archive
from tests.support.web.browser import serving
from tests.support.web.served_site import MoodyIndex, MoodyStore


class Site:
    def __init__(self, folder: Path) -> None:
        self.store, self.index, self.runs = MoodyStore(), MoodyIndex(), MemoryRuns()
        archive = Archive(self.store)
        sample_archive.fill(archive, self.index)
        self.app = create_app(Settings(data_dir=folder), archive, self.index, self.runs)
        self.app.state.site.add(Health(self.app.state.site.get(Health).probes, kept=0, patience=20))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def web(site: Site) -> Iterator[httpx.Client]:
    with serving(site.app) as origin, httpx.Client(base_url=origin, timeout=PATIENCE) as web:
        yield web


def wrong(answer: httpx.Response) -> dict[str, str]:
    return {name: part["why"] for name, part in answer.json()["parts"].items() if not part["ok"]}


def test_all_is_well(web: httpx.Client) -> None:
    answer = web.get("/healthz")
    said: dict[str, Any] = answer.json()
    assert (answer.status_code, said["status"], said["error"]) == (200, "ok", "")
    assert set(said["parts"]) == {"storage", "search", "files", "uploads"}
    assert wrong(answer) == {}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(SearchDown("at 10.0.0.1"), "The archive's search does not answer"), (IndexNotReady("x"), "is being built")],
)
def test_search_does_not_work(site: Site, web: httpx.Client, error: KringError, sentence: str) -> None:
    site.index.mood = error
    answer = web.get("/healthz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["status"] == "down"
    assert list(wrong(answer)) == ["search"]
    assert sentence in answer.json()["error"]
    assert "10.0.0.1" not in answer.text
    site.index.mood = None
    assert web.get("/healthz").status_code == 200


def test_something_nobody_foresaw(site: Site, web: httpx.Client) -> None:
    site.index.mood = RuntimeError("secret at /srv/keys")
    answer = web.get("/healthz")
    assert list(wrong(answer)) == ["search"]
    assert "secret" not in answer.text


def test_objects_cannot_be_read(site: Site, web: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise StorageDown("the object store at 127.0.0.1:1 refused the connection")

    monkeypatch.setattr(site.store, "open", gone)
    answer = web.get("/healthz", headers={"Accept-Language": "nl"})
    assert answer.status_code == 503
    assert wrong(answer)["storage"].startswith("De opslag")
    assert "127.0.0.1" not in answer.text


def test_a_script_is_gone(web: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "BUILT", tmp_path)
    answer = web.get("/healthz")
    assert answer.status_code == 503
    assert list(wrong(answer)) == ["files"]


def test_without_prefect_readers_are_served(site: Site, web: httpx.Client) -> None:
    site.runs.down = True
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "impaired")
    assert "Prefect" in wrong(answer)["uploads"]


def test_a_real_prefect_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path).model_copy(update={"prefect_api_url": f"http://127.0.0.1:{free_port()}/api"})
    with pytest.raises(KringError, match="Prefect server does not answer"):
        PrefectRuns(settings).check()


def test_what_hangs_costs_its_patience_and_one_thread(site: Site, web: httpx.Client) -> None:
    let_go = threading.Event()
    asked = []

    def hang() -> None:
        asked.append(1)
        let_go.wait(PATIENCE)

    health = Health({"search": Probe(hang), "storage": Probe(lambda: None)}, kept=0, patience=0.3)
    site.app.state.site.add(health)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: web.get("/healthz"), range(8)))
    assert time.monotonic() - began < PATIENCE
    assert {answer.status_code for answer in answers} == {503}
    assert all(list(wrong(answer)) == ["search"] for answer in answers)
    assert len(asked) == 1
    let_go.set()
    assert health.probes


def test_an_answer_is_kept_for_a_moment(site: Site, web: httpx.Client) -> None:
    asked = []
    site.app.state.site.add(Health({"search": Probe(lambda: asked.append(1))}, kept=60))
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: web.get("/healthz"), range(40))} == {200}
    assert len(asked) == 1


def test_an_index_that_is_not_built_is_not_well(tmp_path: Path) -> None:
    with pytest.raises(IndexNotReady):
        MemoryIndex(built=False).check()
