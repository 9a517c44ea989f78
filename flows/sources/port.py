"""The recording source as Kring sees it: it says what there is, and brings one item's bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason

Progress = Callable[[int, int | None], None]
"""Called with the bytes there so far and, where known, all there will be."""


class RecordingSource(Protocol):
    name: str

    def list(self) -> Iterator[Item]:
        """What is there now and complete; the same recording has the same `ref` every time.

        Raises SourceError for what is not as the settings say, SourceDown if it does not answer. An item that
        cannot be understood is reported through `problems` and does not hold up the others.
        """
        ...

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        """Write the bytes to `dest`, going on from what is already there; constant memory.

        Raises SourceError for more than `max_bytes` (default: `media.max_gb`).
        """

    @property
    def problems(self) -> tuple[LeftOutReason, ...]:
        """Each item the last `list` had to leave out, or of which something is doubtful."""
        ...
