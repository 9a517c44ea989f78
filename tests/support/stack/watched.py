"""A running Kring that takes in what is put into a watched folder, over each search engine, and what is found there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.stack.postgres.home import remembered
from kring.settings import FolderSource, Settings, WorkerSettings
from kring.settings.sections import SearchSettings
from tests.support.left_bytes import places_of
from tests.support.patience import PATIENCE
from tests.support.stack.running import Kring, running


@pytest.fixture(scope="module", params=["embedded", "meilisearch"])
def kring(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kring, Path]]:
    """With the folder that it watches."""
    if request.param == "meilisearch" and shutil.which("meilisearch") is None:
        pytest.skip("there is no meilisearch program")
    folder = tmp_path_factory.mktemp("watching")
    watched = folder / "watched"
    watched.mkdir()
    settings = Settings(
        data_dir=folder / "data",
        search=SearchSettings(engine=request.param),
        worker=WorkerSettings(discover_seconds=5),
        sources=(FolderSource(name="shared drive", path=watched, circle="privacy", settle_seconds=1),),
    )
    with running(settings) as kring:
        yield kring, watched


def left(kring: Kring, words: list[bytes]) -> dict[str, list[bytes]]:
    """Where these words lie in files of the data folder and of what Prefect's database keeps outside it."""
    data_dir = kring.ports.settings.data_dir
    outside = remembered(data_dir).outside
    return places_of(words, data_dir, *([outside] if outside else []))


def found(kring: Kring, text: str) -> int:
    """How many recordings a search finds."""
    asked = httpx.get(f"{kring.address}/api/search", params={"q": text}, timeout=PATIENCE, trust_env=False)
    return int(asked.raise_for_status().json()["total"])
