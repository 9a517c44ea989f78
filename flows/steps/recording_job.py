"""One recording on its way through the steps: what it works with, and its objects in the bucket."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from flows.steps.transcribe import Report
from kring.errors import Damaged
from kring.intake.item import Item
from kring.model import Frozen, Manifest, Media, Original
from services.ports import Ports
from services.scratch import require_space, scratch_folder
from storage.keys import MEDIA_MARK, PROBE_RECIPE, rendition_key
from transcribe.media.probe import probe as probe_file
from transcribe.rendering.render import Rendered, render

JSON = "application/json"

Document = TypeVar("Document", bound=Frozen)


@dataclass(frozen=True)
class Job:
    """One recording on its way through the steps."""

    ports: Ports
    recording_id: str
    report: Report
    item: Item | None = None
    """Where to fetch it from; None: it was received before this run."""

    def read_manifest(self) -> Manifest:
        """As it is stored now: each step reads it once, and works with what it said then. Raises NotFound."""
        return self.ports.archive.manifest(self.recording_id)

    @property
    def folder(self) -> Path:
        return scratch_folder(self.ports.settings, self.recording_id)

    def load(self, key: str, kind: type[Document]) -> Document | None:
        """None: it has to be made."""
        store = self.ports.archive.store
        if not store.exists(key):
            return None
        try:
            return kind.model_validate_json(store.get_bytes(key).data)
        except (ValidationError, Damaged):  # damaged, or of an older Kring: it is made again
            return None

    def put(self, key: str, document: Document) -> Document:
        self.ports.archive.store.put_bytes(key, document.model_dump_json(indent=1).encode(), media_type=JSON)
        return document

    def probed(self, original: Original) -> Media:
        """What is in the file. Raises the InputError that says why it cannot be used."""
        key = rendition_key(original.sha256, PROBE_RECIPE, MEDIA_MARK)
        stored = self.load(key, Media)
        if stored is not None:
            return stored
        return self.put(key, probe_file(self.local_original(original), self.ports.settings.media))

    def rendered(self, manifest: Manifest, name: str) -> Rendered:
        """What is played of the original, without passages that were cut, in the folder `name` of the scratch folder.
        Raises the InputError that says why the file cannot be used."""
        original = manifest.original
        media, path = self.probed(original), self.local_original(original)
        require_space(self.folder, original.size, self.ports.settings)
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return render(
            path,
            media,
            folder,
            self.ports.settings.media,
            lambda fraction: self.report(0.9 * fraction, "converting"),
            sound_track=manifest.sound_track,
            cuts=tuple((cut.start, cut.end) for cut in manifest.silenced),
        )

    def local_original(self, original: Original) -> Path:
        return self.local_copy(original.key, "original", original.size)

    def local_copy(self, key: str, name: str, size: int | None = None) -> Path:
        """The object as a file in the scratch folder, fetched once per run and machine."""
        path = self.folder / name
        if path.exists() and (size is None or path.stat().st_size == size):
            return path
        info = self.ports.archive.store.stat(key)
        require_space(self.folder, info.size if info else 0, self.ports.settings)
        self.ports.archive.store.get_file(key, path)
        return path
