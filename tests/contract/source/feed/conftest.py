"""A feed read from a real web server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.sources.feeds.feed import Feed
from kring.settings import FeedSource, Settings
from storage.archive.archive import Archive
from storage.port import ObjectStore
from tests.support.feeds import Read
from tests.support.http.web_server import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture
def read(site: Site, tmp_path: Path) -> Read:
    def feed(path: str = "/feed", store: ObjectStore | None = None, **more: object) -> Feed:
        source = FeedSource.model_validate(
            {"name": "it", "url": site.address + path, "circle": "privacy", "allow_private": True, **more}
        )
        archive = None if store is None else Archive(store)
        return Feed(source, Settings(data_dir=tmp_path), archive, seconds=30)

    return feed
