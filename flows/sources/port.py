"""The port of recording sources: lists the items, and fetches the bytes of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason

Progress = Callable[[int, int | None], None]
"""Called with the bytes received so far and the total, or None if that is unknown."""


class RecordingSource(Protocol):
    name: str

    def list(self) -> Iterator[Item]:
        """The items that are complete now. The same recording has the same `ref` every time.

        Raises SourceError if the source is not as the settings say, SourceDown if it does not answer. An item that
        cannot be read is reported through `problems` and does not hold up the others.
        """
        ...

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        """Write the bytes to `dest`, resuming if a part is there; constant memory.

        Raises SourceError for more than `max_bytes` (default: `media.max_gb`).
        """

    @property
    def problems(self) -> tuple[LeftOutReason, ...]:
        """One reason for each item that the last `list` left out or found doubtful."""
        ...
