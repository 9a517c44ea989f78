"""Every adapter of the object store and of the search index, for the suites they share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embedded.index import EmbeddedIndex
from index.meili.index import MeiliIndex
from index.memory import MemoryIndex
from index.port import SearchIndex
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from tests.support.stack.meilisearch import Meili, meili
from tests.support.stack.seaweed import Weed

__all__ = ["meili"]


IN_MEMORY = pytest.param("memory", marks=pytest.mark.quick)


@pytest.fixture(params=[IN_MEMORY, "s3"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    weed: Weed = request.getfixturevalue("seaweed")
    s3 = weed.store()
    yield s3
    s3.close()


@pytest.fixture(params=[IN_MEMORY, "embedded", "meilisearch"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    if request.param == "meilisearch":
        server: Meili = request.getfixturevalue("meili")
        uid = server.index()
        in_meili = MeiliIndex(server.server, uid)
        yield in_meili
        in_meili.close()
        server.forget(uid)
        return
    made: SearchIndex = MemoryIndex(built=False) if request.param == "memory" else EmbeddedIndex(tmp_path / "index")
    yield made
    made.close()


@pytest.fixture(params=["system", "packed"])
def _each_ffmpeg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once with the ffmpeg on the PATH, once with only the one of imageio-ffmpeg to be found."""
    if request.param == "packed":
        monkeypatch.setenv("PATH", str(tmp_path / "nothing-here"))
    elif shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg on the PATH of this machine")
