"""Every adapter of the search index, for the suite they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embedded import EmbeddedIndex
from index.memory import MemoryIndex
from index.port import SearchIndex


@pytest.fixture(params=["memory", "embedded"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    made: SearchIndex = MemoryIndex() if request.param == "memory" else EmbeddedIndex(tmp_path / "index")
    yield made
    made.close()
