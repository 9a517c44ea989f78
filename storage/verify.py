"""Whether the bucket keeps its promises: all that manifests name is there and whole, and nothing lies about unused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kring.model import Content, Manifest
from kring.uploads import Upload
from storage.archive import Archive
from storage.damage import Damage, Kind, keep_findings
from storage.expected import contents_of, keys_of, marks_of
from storage.inspect import DeepLook, document_damage, is_document, recording_damages
from storage.keys import (
    ADDRESSES,
    ASIDE,
    CIRCLES,
    CORRECTIONS,
    FINDINGS,
    INDEX_OWNER,
    MEDIA_MARK,
    PROBE_RECIPE,
    RECORDINGS,
    REQUESTS,
    RUNS,
    UPLOADS,
    corrections_of,
    incoming_key,
    manifest_key,
    rendition_key,
    transcripts_of,
)
from storage.port import ObjectInfo

Progress = Callable[[int, int], None]
"""Called with the bytes read so far, and those there are."""


@dataclass(frozen=True, slots=True)
class Report:
    recordings: int
    objects: int
    size: int
    """Bytes of all objects."""
    damages: tuple[Damage, ...]
    titles: dict[str, str]
    """Recording → its title, of those with damage whose manifest can be read."""
    unchecked: int
    """Objects nothing is known of to compare them with: stored by a Kring that wrote no hashes. Only counted deeply."""
    older: tuple[ObjectInfo, ...]
    """Transcripts that were replaced by newer ones of the same recording: kept, and no fault."""
    orphans: tuple[ObjectInfo, ...] | None
    """Other objects no manifest names: work of a run that is under way or crashed, or replaced by newer work.
    None (and no older ones): not known, because a manifest or an upload that cannot be read may name any of them."""

    @property
    def missing(self) -> tuple[Damage, ...]:
        return self._of(Kind.MISSING)

    @property
    def damaged(self) -> tuple[Damage, ...]:
        return self._of(Kind.DAMAGED)

    @property
    def altered(self) -> tuple[Damage, ...]:
        return self._of(Kind.ALTERED)

    @property
    def sound(self) -> bool:
        """Nothing is lost or damaged; orphans only cost room."""
        return not self.damages

    def _of(self, kind: Kind) -> tuple[Damage, ...]:
        return tuple(damage for damage in self.damages if damage.kind is kind)


def verify(archive: Archive, *, deep: bool = False, progress: Progress = lambda _done, _all: None) -> Report:
    """Look over the whole bucket, and keep what was found for `kring status`.

    `deep` reads every object and compares its SHA-256, with constant memory, and goes on after each that cannot be
    read. Holds one entry per object in memory (about 400 bytes). Raises StorageDown where the store does not answer.
    """
    # The manifests come first: an object that a run adds meanwhile is an orphan at worst, never missing.
    manifests = list(archive.manifests(_quietly))
    uploads = list(archive.uploads(_quietly))
    objects = {info.key: info for info in archive.store.list()}
    ids = {manifest.id for manifest in manifests}
    damages: dict[str, Damage] = {}
    for info in objects.values():
        if is_document(info.key) and (damage := document_damage(archive.store, info)):
            damages[info.key] = damage
    contents: dict[str, Content] = {}
    owners: dict[str, str] = {}
    for manifest in manifests:
        owners |= dict.fromkeys((*keys_of(manifest), *marks_of(manifest)), manifest.id)
        contents |= contents_of(manifest)
        for damage in recording_damages(archive.store, manifest, objects):
            damages.setdefault(damage.key, damage)
    look = DeepLook(archive.store)
    if deep:
        left = [info for info in objects.values() if info.key not in damages and info.key != FINDINGS]
        done, total = 0, sum(info.size for info in left)
        for info, hurt in zip(left, look.damages(left, contents, owners), strict=True):
            done += info.size
            progress(done, total)
            if hurt is not None:
                damages[hurt.key] = hurt
    unknown = any(damage.key.startswith((RECORDINGS, UPLOADS)) for damage in damages.values())
    unnamed = () if unknown else tuple(_unnamed(manifests, uploads, objects, ids))
    older = frozenset(_older(manifests, unnamed))
    found = tuple(damages[key] for key in sorted(damages))
    keep_findings(archive.store, found, deep=deep)
    harmed = {damage.recording_id for damage in found}
    return Report(
        recordings=len(manifests),
        objects=len(objects),
        size=sum(info.size for info in objects.values()),
        damages=found,
        titles={manifest.id: manifest.details.title for manifest in manifests if manifest.id in harmed},
        unchecked=look.unchecked,
        older=tuple(info for info in unnamed if info in older),
        orphans=None if unknown else tuple(info for info in unnamed if info not in older),
    )


def inspect(archive: Archive, recording_id: str) -> tuple[Damage, ...]:
    """A deep look at one recording; what was found is kept for `kring status`. Raises StorageDown."""
    store = archive.store
    info = store.stat(manifest_key(recording_id))
    damages: dict[str, Damage] = {}
    listed = [*store.list(corrections_of(recording_id)), *([info] if info else [])]
    damages |= {one.key: damage for one in listed if (damage := document_damage(store, one)) is not None}
    if info is not None and info.key not in damages:
        manifest = archive.manifest(recording_id)
        wanted = (*keys_of(manifest), *marks_of(manifest), f"{CIRCLES}{manifest.details.circle}.json")
        there = {one.key: one for key in wanted if (one := store.stat(key)) is not None}
        there |= {one.key: one for one in listed}
        for damage in recording_damages(store, manifest, there):
            damages.setdefault(damage.key, damage)
        left = [one for one in there.values() if one.key not in damages]
        for found in DeepLook(store).damages(left, contents_of(manifest), dict.fromkeys(there, recording_id)):
            if found is not None:
                damages[found.key] = found
    found_here = tuple(damages[key] for key in sorted(damages))
    keep_findings(store, found_here, of=recording_id, deep=True)
    return found_here


def _quietly(_key: str, _error: object) -> None:
    """Documents that cannot be read are looked at one by one."""


def _named_by(upload: Upload) -> Iterator[str]:
    """What lies there for an upload that is not taken in yet."""
    yield incoming_key(upload.id)
    if upload.captions is not None:
        yield upload.captions.key
    yield from (attachment.original.key for attachment in upload.attachments)


def _unnamed(
    manifests: list[Manifest], uploads: list[Upload], objects: dict[str, ObjectInfo], ids: set[str]
) -> Iterator[ObjectInfo]:
    named = {key for manifest in manifests for key in (*keys_of(manifest), *marks_of(manifest))}
    # What `probe` found is there before the manifest says so.
    named |= {rendition_key(manifest.original.sha256, PROBE_RECIPE, MEDIA_MARK) for manifest in manifests}
    named |= {key for upload in uploads for key in _named_by(upload)}
    for key, info in objects.items():
        known = (RECORDINGS, CIRCLES, RUNS, UPLOADS, REQUESTS, ASIDE)
        kept = key.startswith(known) or key in (FINDINGS, INDEX_OWNER)
        corrected = key.startswith(CORRECTIONS) and key.removeprefix(CORRECTIONS).partition("/")[0] in ids
        to_fetch = key.startswith(ADDRESSES) and key.removeprefix(ADDRESSES).removesuffix(".json") not in ids
        if not (kept or corrected or to_fetch or key in named):
            yield info


def _older(manifests: list[Manifest], unnamed: tuple[ObjectInfo, ...]) -> Iterator[ObjectInfo]:
    folders = {transcripts_of(manifest.original.sha256) for manifest in manifests if manifest.transcript is not None}
    yield from (info for info in unnamed if info.key.rpartition("/")[0] + "/" in folders)
