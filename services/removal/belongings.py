"""What belongs to one recording in the bucket, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kring.corrections.changes import AttachmentChange, Correction, DetailsChange
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


def belongings_of(archive: Archive, manifest: Manifest) -> Belongings:
    """Looks through all manifests and uploads for files that are used twice. Raises StorageDown."""
    store = archive.store
    mine = {*(original.sha256 for original in manifest.received), *manifest.once}
    keys, shared = _unshared(archive, manifest.id, mine)
    keys[Place.CORRECTIONS] = [info.key for info in store.list(corrections_of(manifest.id))]
    about = [key_of(manifest.id) for key_of in ABOUT]
    everything = [*about, manifest_key(manifest.id), *(key for listed in keys.values() for key in listed)]
    aside = [f"{ASIDE}{key}" for key in everything]
    keys[Place.DOCUMENTS] = [key for key in (*about, *aside) if store.exists(key)]
    return Belongings(
        keys=keys,
        shared=shared,
        words=tuple(sorted(set(_words(manifest, archive.corrections(manifest.id))), key=len, reverse=True)),
        other_ids=tuple(_other_ids(manifest)),
    )


def left_behind(archive: Archive, manifest: Manifest) -> list[str]:
    """Keys of what came in for a recording that it names no longer, and of all that was made of it."""
    keys, _ = _unshared(archive, manifest.id, set(manifest.once))
    return [key for listed in keys.values() for key in listed]


def _unshared(archive: Archive, recording_id: str, mine: set[str]) -> tuple[dict[Place, list[str]], frozenset[Place]]:
    """Keys of these originals and of what was made of them, as far as no other recording has the same; and where
    something stays because one has."""
    store = archive.store
    whole, parts = _used_by_others(archive, recording_id)
    keys: dict[Place, list[str]] = {place: [] for place in Place}
    shared: set[Place] = set()
    for sha256 in sorted(mine):
        if sha256 in parts:
            shared.add(Place.ORIGINALS)
        elif store.exists(original_key(sha256)):
            keys[Place.ORIGINALS].append(original_key(sha256))
        made = {Place.RENDITIONS: renditions_of(sha256), Place.TRANSCRIPTS: transcripts_of(sha256)}
        for place, prefix in made.items():
            listed = [info.key for info in store.list(prefix)]
            if listed and sha256 in (whole if place is Place.TRANSCRIPTS else parts):
                shared.add(place)
            else:
                keys[place] += listed
    return keys, frozenset(shared)


def original_key(sha256: str) -> str:
    """The key of bytes that came in."""
    return Original(sha256=sha256, size=0, file_name="-").key


def _used_by_others(archive: Archive, recording_id: str) -> tuple[set[str], set[str]]:
    """SHA-256 of what other recordings were made of; and of all that came in for others, documents too."""
    whole: set[str] = set()
    parts: set[str] = set()
    for other in archive.manifests():
        if other.id != recording_id:
            whole.add(other.original.sha256)
            parts |= {original.sha256 for original in other.received}
    for upload in archive.uploads():
        if upload.id != recording_id:
            parts |= {attachment.original.sha256 for attachment in upload.attachments}
            parts |= {upload.captions.sha256} if upload.captions is not None else set()
    return whole, parts


def _words(manifest: Manifest, corrections: tuple[Correction, ...]) -> Iterator[str]:
    changes = [correction.change for correction in corrections]
    titles = [
        side.title for change in changes if isinstance(change, DetailsChange) for side in (change.before, change.after)
    ]
    titles += [
        title for change in changes if isinstance(change, AttachmentChange) for title in (change.before, change.title)
    ]
    titles += [manifest.details.title, *(attachment.title for attachment in manifest.attachments)]
    names = [original.file_name for original in manifest.received]
    for word in (*titles, *names):
        if len(word) >= SHORTEST_WORD:
            yield word


def _other_ids(manifest: Manifest) -> Iterator[str]:
    for sha256 in {manifest.original.sha256, *manifest.once}:
        other = SourceRef(source=manifest.source.source, external_id=sha256).recording_id
        if other != manifest.id:
            yield other
