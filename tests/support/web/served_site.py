"""The web application served over the in-memory adapters, which can be told not to answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from index.memory import MemoryIndex
from index.port import Query, Results
from kring.errors import StorageDown
from kring.model import Manifest
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving


class MoodyIndex(MemoryIndex):
    """An index that can be told not to answer, to break, or what to answer."""

    mood: Exception | None = None
    answers: Results | None = None

    def search(self, query: Query) -> Results:
        if self.mood is not None:
            raise self.mood
        return self.answers or super().search(query)

    def check(self) -> None:
        if self.mood is not None:
            raise self.mood
        super().check()


class MoodyStore(MemoryStore):
    down = False

    def exists(self, key: str) -> bool:
        if self.down:
            raise StorageDown("the object store at 127.0.0.1:1 refused the connection")
        return super().exists(key)


@dataclass
class Served:
    web: httpx.Client
    archive: Archive
    store: MoodyStore
    index: MoodyIndex
    going: Manifest
    broken: Manifest


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store, index = MoodyStore(), MoodyIndex()
    archive = Archive(store)
    sample_archive.fill(archive, index)
    going, broken = sample_archive.add_unfinished(archive)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"), web=WebSettings(public_url="https://kring.example.org/")
    )
    with serving(create_app(settings, archive, index)) as origin, facilitator.client(origin) as web:
        yield Served(web, archive, store, index, going, broken)
