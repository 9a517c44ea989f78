"""Whether the bucket keeps its promises: all that manifests name is there and whole, and nothing lies about unused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from kring.errors import Damaged, KringError, NotFound
from kring.model import Content, Manifest, State
from storage.archive.archive import Archive
from storage.archive.corrections import gaps
from storage.keys import (
    FINDINGS,
    RECORDINGS,
    UPLOADS,
    circle_key,
    corrections_of,
    manifest_key,
    transcripts_of,
)
from storage.port import ObjectInfo
from storage.verify.expected import contents_of, keys_of, marks_of
from storage.verify.findings import Damage, DamageKind, keep_findings
from storage.verify.inspect import (
    DeepCheck,
    damage_of,
    document_damage,
    is_document,
    recording_damages,
    unnamed_damages,
)
from storage.verify.orphans import made_by_original, manifest_set_aside, older_objects, unnamed_objects
from storage.verify.versions import Versions, count_versions

VerifyProgress = Callable[[int, int], None]
"""Called with the bytes read so far, and those there are."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
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
    """Transcripts and renditions that were replaced by newer ones of the same recording: kept, and no fault."""
    orphans: tuple[ObjectInfo, ...] | None
    """Other objects no manifest names: work of a run that is under way or crashed.
    None (and no older ones): not known, because a manifest or an upload that cannot be read may name any of them."""
    versions: Versions
    """What documents are called → `schema_version` → how many there are."""
    newer: tuple[str, ...]
    """Keys of documents that a newer Kring made: whole, but this one cannot look into them."""
    not_kept: str = ""
    """Why the findings could not be written down for `kring status`."""

    @property
    def missing(self) -> tuple[Damage, ...]:
        return self._of(DamageKind.MISSING)

    @property
    def damaged(self) -> tuple[Damage, ...]:
        return self._of(DamageKind.DAMAGED, DamageKind.UNREADABLE)

    @property
    def altered(self) -> tuple[Damage, ...]:
        return self._of(DamageKind.ALTERED)

    @property
    def sound(self) -> bool:
        """Nothing is lost or damaged; orphans only cost room."""
        return not self.damages

    def _of(self, *kinds: DamageKind) -> tuple[Damage, ...]:
        return tuple(damage for damage in self.damages if damage.kind in kinds)


def verify(
    archive: Archive, *, deep: bool = False, progress: VerifyProgress = lambda _done, _all: None
) -> VerifyReport:
    """Look over the whole bucket, and keep what was found for `kring status`.

    `deep` reads every object and compares its SHA-256, with constant memory, and goes on after each that cannot be
    read. Holds one entry per object in memory (about 400 bytes). Raises StorageDown if the store does not answer.
    """
    # The manifests come first: an object that a run adds meanwhile is an orphan at worst, never missing.
    manifests = list(archive.manifests(_quietly))
    uploads = list(archive.uploads(_quietly))
    objects = {info.key: info for info in archive.store.list()}
    damages = {
        info.key: damage
        for info in objects.values()
        if is_document(info.key) and (damage := document_damage(archive.store, info)) is not None
    }
    known = {manifest.id for manifest in manifests}
    for recording_id, key in gaps(objects, {manifest.id: manifest.corrected for manifest in manifests}):
        if recording_id in known:
            damages[key] = damage_of(key, DamageKind.MISSING, recording_id, None)
    for circle in sorted({manifest.details.circle for manifest in manifests if manifest.state is State.PUBLISHED}):
        if circle_key(circle) not in objects:
            damages[circle_key(circle)] = damage_of(circle_key(circle), DamageKind.MISSING, None, None)
    contents: dict[str, Content] = {}
    owners: dict[str, list[str]] = defaultdict(list)
    made = made_by_original(objects)
    for manifest in manifests:
        for key in (*keys_of(manifest), *marks_of(manifest)):
            owners[key].append(manifest.id)
        contents |= contents_of(manifest)
        own = made.get(manifest.original.sha256, {})
        hurt = [*recording_damages(archive.store, manifest, objects), *unnamed_damages(archive.store, manifest, own)]
        if hurt and _has_changed(archive, manifest):
            continue  # a run has just published something else; the next look sees that
        for damage in hurt:
            damages.setdefault(damage.key, damage)
    look = DeepCheck(archive.store)
    if deep:
        left = [info for info in objects.values() if info.key not in damages and info.key != FINDINGS]
        done, total = 0, sum(info.size for info in left)
        for info, damage in look.damages(left, contents, {key: ids[0] for key, ids in owners.items()}):
            done += info.size
            progress(done, total)
            if damage is not None:
                damages[damage.key] = damage
    versions, newer = count_versions(archive.store, objects.values())
    unreadable = any(key.startswith((RECORDINGS, UPLOADS)) for key in (*damages, *newer))
    unknown = unreadable or manifest_set_aside(objects)
    unnamed = tuple(unnamed_objects(manifests, uploads, objects)) if not unknown else ()
    older = frozenset(older_objects(manifests, unnamed, objects))
    # Two recordings may share an original, and all that is made of it.
    all_found = tuple(
        damages[key].model_copy(update={"recording_id": owner})
        for key in sorted(damages)
        for owner in owners.get(key, [damages[key].recording_id])
    )
    harmed = {damage.recording_id for damage in all_found}
    return VerifyReport(
        recordings=len(manifests),
        objects=len(objects),
        size=sum(info.size for info in objects.values()),
        damages=all_found,
        titles={manifest.id: manifest.details.title for manifest in manifests if manifest.id in harmed},
        unchecked=look.unchecked,
        older=tuple(info for info in unnamed if info in older),
        orphans=None if unknown else tuple(info for info in unnamed if info not in older),
        versions=versions,
        newer=newer,
        not_kept=_keep(archive, all_found, deep=deep),
    )


def inspect(archive: Archive, recording_id: str) -> tuple[Damage, ...]:
    """A deep look at one recording; what was found is kept for `kring status`. Raises StorageDown."""
    store = archive.store
    info = store.stat(manifest_key(recording_id))
    damages: dict[str, Damage] = {}
    manifest: Manifest | None = None
    if info is not None and (damage := document_damage(store, info)) is not None:
        damages[info.key] = damage
    elif info is not None:
        manifest = archive.manifest(recording_id)  # first: a correction that is added meanwhile is not missing
    listed = {info.key: info for info in store.list(corrections_of(recording_id))}
    damages |= {key: damage for key, info in listed.items() if (damage := document_damage(store, info)) is not None}
    if manifest is not None:
        sha256 = manifest.original.sha256
        expected_keys = (*keys_of(manifest), *marks_of(manifest), manifest_key(recording_id))
        present = {info.key: info for key in expected_keys if (info := store.stat(key)) is not None} | listed
        made = {
            info.key: info
            for prefix in (transcripts_of(sha256), f"renditions/{sha256}/")
            for info in store.list(prefix)
        }
        for damage in (
            *(
                damage_of(key, DamageKind.MISSING, recording_id, None)
                for _, key in gaps(listed, {recording_id: manifest.corrected})
            ),
            *recording_damages(store, manifest, present),
            *unnamed_damages(store, manifest, made),
        ):
            damages.setdefault(damage.key, damage)
        left = [info for info in present.values() if info.key not in damages]
        for _, damage in DeepCheck(store).damages(left, contents_of(manifest), dict.fromkeys(present, recording_id)):
            if damage is not None:
                damages[damage.key] = damage
    found_here = tuple(damages[key] for key in sorted(damages))
    _keep(archive, found_here, of=recording_id, deep=True)
    return found_here


def _keep(archive: Archive, damages: tuple[Damage, ...], *, of: str | None = None, deep: bool) -> str:
    """Keep them for `kring status`; why they could not be, or nothing: what was found counts all the same."""
    try:
        keep_findings(archive.store, damages, of=of, deep=deep)
    except KringError as error:
        return str(error)
    return ""


def _has_changed(archive: Archive, manifest: Manifest) -> bool:
    try:
        return archive.manifest(manifest.id).version != manifest.version
    except (NotFound, Damaged):
        return True


def _quietly(_key: str, _error: object) -> None:
    """Documents that cannot be read are looked at one by one."""
