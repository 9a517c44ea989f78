"""Web addresses that people give by hand: nothing to list, only to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from flows.sources.download import download
from flows.sources.port import Progress
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.settings import Settings


def file_name_of(url: str) -> str:
    """The last part of the address's path, fit to be kept as a file name."""
    return PurePosixPath(unquote(urlsplit(url).path)).name[-255:] or "recording"


class Address:
    name = "address"
    problems: tuple[LeftOutReason, ...] = ()

    def __init__(self, settings: Settings, *, allow_private: bool) -> None:
        self._settings, self._allow_private = settings, allow_private

    def list(self) -> Iterator[Item]:
        return iter(())

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        download(
            location,
            dest,
            allow_private=self._allow_private,
            max_bytes=max_bytes or int(self._settings.media.max_gb * 1e9),
            progress=progress,
        )
