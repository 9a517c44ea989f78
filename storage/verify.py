"""Whether the bucket keeps its promises: every manifest's objects are there, and nothing lies about unused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from kring.errors import KringError
from kring.model import Manifest, Original
from kring.uploads import Upload
from storage.archive import Archive
from storage.corrections import gaps
from storage.documents import DamagedDocument
from storage.keys import (
    ADDRESSES,
    CIRCLES,
    CORRECTIONS,
    MEDIA_MARK,
    PROBE_RECIPE,
    RECORDINGS,
    RENDITIONS_MARK,
    RUNS,
    UPLOADS,
    correction_named,
    corrections_of,
    incoming_key,
    rendition_key,
    transcripts_of,
)
from storage.port import ObjectInfo, ObjectStore

READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Missing:
    """A manifest names this key, or it is a correction between others, and there is no such object (or one of another
    size)."""

    recording_id: str
    key: str


@dataclass(frozen=True, slots=True)
class DamagedKey:
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    recordings: int
    objects: int
    size: int
    """Bytes of all objects."""
    missing: tuple[Missing, ...]
    damaged: tuple[DamagedKey, ...]
    """Documents that cannot be read."""
    altered: tuple[Missing, ...]
    """Originals whose bytes are no longer those that came in; only looked for when asked deeply."""
    older: tuple[ObjectInfo, ...]
    """Transcripts that were replaced by newer ones of the same recording: kept, and no fault."""
    orphans: tuple[ObjectInfo, ...] | None
    """Other objects no manifest names: work of a run that is under way or crashed, or replaced by newer work.
    None (and no older ones): not known, because a manifest or an upload that cannot be read may name any of them."""

    @property
    def sound(self) -> bool:
        """Nothing is lost or damaged; orphans only cost room."""
        return not (self.missing or self.damaged or self.altered)


def verify(archive: Archive, *, deep: bool = False) -> Report:
    """Look over the whole bucket. `deep` reads every original and compares its SHA-256, with constant memory.

    Holds one entry per object in memory (about 400 bytes). Raises StorageDown.
    """
    damaged: list[DamagedKey] = []

    def note(key: str, error: KringError) -> None:
        damaged.append(DamagedKey(key, str(error)))

    # The manifests come first: an object that a run adds meanwhile is an orphan at worst, never missing.
    manifests = list(archive.manifests(note))
    archive.circles(note)
    uploads = list(archive.uploads(note))
    objects = {info.key: info for info in archive.store.list()}
    for recording_id in sorted({named[0] for named in map(correction_named, objects) if named}):
        try:
            archive.corrections(recording_id)
        except DamagedDocument as error:
            note(corrections_of(recording_id), error)
    missing = tuple(_missing(manifests, objects))
    lost = {entry.key for entry in missing}
    unknown = any(entry.key.startswith((RECORDINGS, UPLOADS)) for entry in damaged)
    unnamed = () if unknown else tuple(_unnamed(manifests, uploads, objects))
    older = frozenset(_older(manifests, unnamed))
    return Report(
        recordings=len(manifests),
        objects=len(objects),
        size=sum(info.size for info in objects.values()),
        missing=missing,
        damaged=tuple(damaged),
        altered=tuple(_altered(archive.store, manifests, lost)) if deep else (),
        older=tuple(info for info in unnamed if info in older),
        orphans=None if unknown else tuple(info for info in unnamed if info not in older),
    )


def keys_of(manifest: Manifest) -> Iterator[str]:
    """Every key a manifest names."""
    yield manifest.original.key
    if manifest.captions is not None:
        yield manifest.captions.key
    if manifest.renditions is not None:
        made = manifest.renditions
        yield from (key for key in (made.playback, made.speech, made.poster, made.peaks) if key is not None)
    yield from (track.key for track in (manifest.transcript, manifest.english) if track is not None)
    for attachment in manifest.attachments:
        yield attachment.original.key
        if attachment.text is not None:
            yield attachment.text


def _brought(manifest: Manifest) -> Iterator[Original]:
    """All that came in from outside; each lies under its hash."""
    yield manifest.original
    if manifest.captions is not None:
        yield manifest.captions
    yield from (attachment.original for attachment in manifest.attachments)


def _named_by(upload: Upload) -> Iterator[str]:
    """What lies there for an upload that is not taken in yet."""
    yield incoming_key(upload.id)
    if upload.captions is not None:
        yield upload.captions.key
    yield from (attachment.original.key for attachment in upload.attachments)


def _missing(manifests: list[Manifest], objects: dict[str, ObjectInfo]) -> Iterator[Missing]:
    for manifest in manifests:
        sizes = {original.key: original.size for original in _brought(manifest)}
        for key in keys_of(manifest):
            found = objects.get(key)
            if found is None or found.size != sizes.get(key, found.size):
                yield Missing(manifest.id, key)
    yield from (Missing(*gap) for gap in gaps(objects, {manifest.id: manifest.corrected for manifest in manifests}))


def _unnamed(manifests: list[Manifest], uploads: list[Upload], objects: dict[str, ObjectInfo]) -> Iterator[ObjectInfo]:
    named = {key for manifest in manifests for key in keys_of(manifest)}
    named |= {key for upload in uploads for key in _named_by(upload)}
    ids = {manifest.id for manifest in manifests}
    named |= {key for manifest in manifests for key in _marks(manifest)}
    for key, info in objects.items():
        kept = key.startswith((RECORDINGS, CIRCLES, RUNS, UPLOADS))
        corrected = key.startswith(CORRECTIONS) and key.removeprefix(CORRECTIONS).partition("/")[0] in ids
        to_fetch = key.startswith(ADDRESSES) and key.removeprefix(ADDRESSES).removesuffix(".json") not in ids
        if not (kept or corrected or to_fetch or key in named):
            yield info


def _older(manifests: list[Manifest], unnamed: tuple[ObjectInfo, ...]) -> Iterator[ObjectInfo]:
    folders = {transcripts_of(manifest.original.sha256) for manifest in manifests if manifest.transcript is not None}
    yield from (info for info in unnamed if info.key.rpartition("/")[0] + "/" in folders)


def _marks(manifest: Manifest) -> Iterator[str]:
    """The objects that say of this recording's original which steps are complete."""
    yield rendition_key(manifest.original.sha256, PROBE_RECIPE, MEDIA_MARK)
    if manifest.renditions is not None:
        yield rendition_key(manifest.original.sha256, manifest.renditions.recipe, RENDITIONS_MARK)


def _altered(store: ObjectStore, manifests: list[Manifest], lost: set[str]) -> Iterator[Missing]:
    seen: set[str] = set(lost)
    for manifest in manifests:
        for original in _brought(manifest):
            if original.key in seen:
                continue
            seen.add(original.key)
            if _sha256(store, original.key) != original.sha256:
                yield Missing(manifest.id, original.key)


def _sha256(store: ObjectStore, key: str) -> str:
    digest = hashlib.sha256()
    with store.open(key) as stream:
        while data := stream.read(READ_BYTES):
            digest.update(data)
    return digest.hexdigest()
