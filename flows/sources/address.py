"""Web addresses that people give by hand: nothing to list, only to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources.download import download
from flows.sources.port import Item, Progress
from kring.settings import Settings


class Address:
    name = "address"
    problems: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def list(self) -> Iterator[Item]:
        return iter(())

    def fetch(self, location: str, dest: Path, progress: Progress | None = None) -> None:
        download(
            location,
            dest,
            allow_private=self._settings.fetch.allow_private,
            max_bytes=int(self._settings.media.max_gb * 1e9),
            progress=progress,
        )
