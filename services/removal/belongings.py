"""What belongs to one recording in the bucket, and to no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from kring.corrections.changes import AttachmentChange, Correction, DetailsChange
from kring.intake.uploads import Upload, page_id_of, source_of
from kring.model import Manifest, Original, SourceRef
from kring.model.erased import Place
from storage.archive.archive import Archive
from storage.keys import (
    ASIDE,
    activity_key,
    address_key,
    corrections_of,
    cutting_key,
    incoming_key,
    manifest_key,
    renditions_of,
    request_key,
    transcripts_of,
    upload_key,
    withdrawn_key,
)

SHORTEST_WORD = 4
"""Characters; a line of a log is not blanked for a title or a name that is shorter."""

ABOUT = (activity_key, upload_key, request_key, incoming_key, address_key, withdrawn_key, cutting_key)
"""Documents about one recording, but for its manifest."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is to be removed with a recording."""

    keys: dict[Place, list[str]] = field(default_factory=dict)
    shared: frozenset[Place] = frozenset()
    """Where something stays because another recording has the same file."""
    words: tuple[str, ...] = ()
    """By which logs and other databases speak of it: titles and file names."""
    other_ids: tuple[str, ...] = ()
    """Ids that the same source would give to the same bytes."""
    run_ids: tuple[str, ...] = ()
    """Ids under which runs may have brought its files in."""


@dataclass(frozen=True, slots=True)
class FilesInUse:
    """Which recordings and uploads have which files, by SHA-256: of a look through all of them."""

    whole: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What recordings are made of → their ids."""
    parts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What came in for recordings, documents too, or is coming in → their ids."""
    replacing: dict[str, list[Upload]] = field(default_factory=lambda: defaultdict(list))
    """Recording → the uploads that are to replace its file."""

    def others(self, sha256: str, recording_id: str, *, whole: bool) -> bool:
        """Whether another recording has it."""
        return bool((self.whole if whole else self.parts).get(sha256, set()) - {recording_id})


def files_in_use(archive: Archive) -> FilesInUse:
    """Reads every manifest and every upload. Raises StorageDown."""
    used = FilesInUse()
    for manifest in archive.manifests():
        used.whole[manifest.original.sha256].add(manifest.id)
        for original in manifest.received:
            used.parts[original.sha256].add(manifest.id)
    for upload in archive.uploads():
        if upload.replaces is not None:
            used.replacing[upload.replaces.recording_id].append(upload)
        captions = (upload.captions,) if upload.captions is not None else ()
        for original in (upload.original, *captions, *(attachment.original for attachment in upload.attachments)):
            used.parts[original.sha256].add(page_id_of(upload))
    return used


def belongings_of(archive: Archive, manifest: Manifest, used: FilesInUse) -> Belongings:
    """What goes with a recording, as far as no other has the same. Raises StorageDown."""
    store = archive.store
    mine = {original.sha256 for original in (*manifest.received, *manifest.once)}
    keys, shared = _unshared(archive, manifest.id, mine, used)
    keys[Place.CORRECTIONS] = [info.key for info in store.list(corrections_of(manifest.id))]
    uploads = used.replacing.get(manifest.id, [])
    about = [key_of(each) for each in (manifest.id, *(upload.id for upload in uploads)) for key_of in ABOUT]
    everything = [*about, manifest_key(manifest.id), *(key for listed in keys.values() for key in listed)]
    aside = [f"{ASIDE}{key}" for key in everything]
    keys[Place.DOCUMENTS] = [key for key in (*about, *aside) if store.exists(key)]
    return Belongings(
        keys=keys,
        shared=shared,
        words=tuple(sorted(set(_words(manifest, archive.corrections(manifest.id))), key=len, reverse=True)),
        other_ids=tuple(_other_ids(manifest)),
        run_ids=tuple({source_of(original.sha256).recording_id for original in (manifest.original, *manifest.once)}),
    )


def left_behind(archive: Archive, manifest: Manifest) -> list[str]:
    """Keys of what came in for a recording that it names no longer, and of all that was made of it. Raises
    StorageDown."""
    once = {original.sha256 for original in manifest.once}
    keys, _ = _unshared(archive, manifest.id, once, files_in_use(archive))
    return [key for listed in keys.values() for key in listed]


def _unshared(
    archive: Archive, recording_id: str, mine: set[str], used: FilesInUse
) -> tuple[dict[Place, list[str]], frozenset[Place]]:
    """Keys of these originals and of what was made of them, as far as no other recording has the same; and where
    something stays because one has."""
    store = archive.store
    keys: dict[Place, list[str]] = {place: [] for place in Place}
    shared: set[Place] = set()
    for sha256 in sorted(mine):
        in_parts = used.others(sha256, recording_id, whole=False)
        if in_parts:
            shared.add(Place.ORIGINALS)
        elif store.exists(original_key(sha256)):
            keys[Place.ORIGINALS].append(original_key(sha256))
        in_whole = used.others(sha256, recording_id, whole=True)
        made = (
            (Place.RENDITIONS, renditions_of(sha256), in_parts),
            (Place.TRANSCRIPTS, transcripts_of(sha256), in_whole),
        )
        for place, prefix, is_shared in made:
            listed = [info.key for info in store.list(prefix)]
            if listed and is_shared:
                shared.add(place)
            else:
                keys[place] += listed
    return keys, frozenset(shared)


def original_key(sha256: str) -> str:
    """The key of bytes that came in."""
    return Original(sha256=sha256, size=0, file_name="-").key


def _words(manifest: Manifest, corrections: tuple[Correction, ...]) -> Iterator[str]:
    changes = [correction.change for correction in corrections]
    titles = [
        side.title for change in changes if isinstance(change, DetailsChange) for side in (change.before, change.after)
    ]
    titles += [
        title for change in changes if isinstance(change, AttachmentChange) for title in (change.before, change.title)
    ]
    titles += [manifest.details.title, *(attachment.title for attachment in manifest.attachments)]
    names = [original.file_name for original in (*manifest.received, *manifest.once)]
    for word in (*titles, *names):
        if len(word) >= SHORTEST_WORD:
            yield word


def _other_ids(manifest: Manifest) -> Iterator[str]:
    for sha256 in {original.sha256 for original in (manifest.original, *manifest.once)}:
        other = SourceRef(source=manifest.source.source, external_id=sha256).recording_id
        if other != manifest.id:
            yield other
