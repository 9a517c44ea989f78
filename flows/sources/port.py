"""The recording source as Kring sees it: it says what there is, and brings one item's bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from kring.intake.left_out import LeftOutReason
from kring.model import Details, Frozen, SourceRef

Progress = Callable[[int, int | None], None]
"""Called with the bytes there so far and, where known, all there will be."""


class Item(Frozen):
    """One recording a source offers, before it is fetched. Plain data: it travels as a flow's parameter."""

    ref: SourceRef
    details: Details
    file_name: str
    location: str
    """Path or URL, for the source that listed it; of a URL only host and path travel as a flow's parameter."""
    sha256: str | None = None
    """Of the bytes, where the source has looked at them: others are another recording."""
    hidden: bool = False
    """Both locations lack what is secret in them, which lies in the archive (`flows.hiding`)."""
    captions_location: str | None = None
    """Path or URL of the platform's own transcript."""
    captions_sha256: str | None = None
    """Its hash, where the source can tell cheaply; a new one is a new transcript."""
    grown: bool = False
    """Under this reference a first part of it was offered before, when it was still being copied; this is the whole."""
    attempt: str | None = None
    """Differs where the source offers it anew after it could not be taken in: then a new run is wanted."""

    @property
    def recording_id(self) -> str:
        return self.ref.recording_id


class RecordingSource(Protocol):
    name: str

    def list(self) -> Iterator[Item]:
        """What is there now and complete; the same recording has the same `ref` every time.

        Raises SourceError for what is not as the settings say, SourceDown where it does not answer. An item that
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
