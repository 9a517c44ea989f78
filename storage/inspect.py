"""Looking at the objects of one recording, or of all: what is missing, altered or damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kring.errors import Damaged, KringError, NotFound, StorageDown
from kring.model import Circle, Content, Manifest, Media, Renditions, Transcript
from kring.uploads import Upload
from storage.archive import named
from storage.contents import READ_BYTES
from storage.corrections import gaps, read_correction
from storage.damage import Damage, Kind
from storage.documents import read_document
from storage.expected import contents_of, keys_of, marks_of, strangers_in
from storage.keys import CIRCLES, RECORDINGS, UPLOADS, circle_key, correction_named, manifest_key
from storage.port import ObjectInfo, ObjectStore

DOCUMENTS: dict[str, type[Manifest | Circle | Upload]] = {RECORDINGS: Manifest, CIRCLES: Circle, UPLOADS: Upload}
"""What lies where of the documents that change."""
OUTAGE = 5
"""So many objects in a row that cannot be asked for are an outage, not damage."""


def is_document(key: str) -> bool:
    """Whether `document_damage` can say something of it."""
    return key.startswith(tuple(DOCUMENTS)) or correction_named(key) is not None


def document_damage(store: ObjectStore, info: ObjectInfo) -> Damage | None:
    """What is wrong with one of the documents that change: a manifest, a circle, an upload; or with a correction."""
    try:
        data = store.get_bytes(info.key).data
        if correction_named(info.key):
            read_correction(info.key, data)
        else:
            kind = next(kind for prefix, kind in DOCUMENTS.items() if info.key.startswith(prefix))
            named(read_document(kind, info.key, data), info.key)
    except NotFound:  # erased since it was listed
        return None
    except StorageDown:
        raise
    except KringError as error:
        return damage_of(info.key, Kind.DAMAGED, owner_of(info.key), info, str(error))
    return None


def owner_of(key: str) -> str | None:
    """The recording a key names, where it does."""
    if correction := correction_named(key):
        return correction[0]
    return key.removeprefix(RECORDINGS).removesuffix(".json") if key.startswith(RECORDINGS) else None


def damage_of(key: str, kind: Kind, recording_id: str | None, info: ObjectInfo | None, reason: str = "") -> Damage:
    return Damage(
        key=key,
        kind=kind,
        recording_id=recording_id,
        reason=reason,
        etag=info.etag if info else None,
        modified=info.modified if info else None,
    )


def recording_damages(store: ObjectStore, manifest: Manifest, objects: Mapping[str, ObjectInfo]) -> Iterator[Damage]:
    """What can be seen of one recording's objects in a listing, and by reading the small ones."""
    contents = contents_of(manifest)
    for key in keys_of(manifest):
        info = objects.get(key)
        if info is None:
            yield damage_of(key, Kind.MISSING, manifest.id, None)
        elif key in contents and contents[key].size != info.size:
            reason = f"it has {info.size} bytes, and had {contents[key].size}"
            yield damage_of(key, Kind.MISSING, manifest.id, info, reason)
    for key, kind in marks_of(manifest).items():
        yield from _unreadable(store, manifest.id, key, kind, objects)
    for track in (manifest.transcript, manifest.english):
        if track is not None and track.key in objects and track.content is None:
            yield from _unreadable(store, manifest.id, track.key, Transcript, objects)
    if strangers := strangers_in(manifest):
        key = manifest_key(manifest.id)
        yield damage_of(
            key, Kind.DAMAGED, manifest.id, objects.get(key), f"it names what is another recording's: {strangers[0]}"
        )
    if circle_key(manifest.details.circle) not in objects:
        yield damage_of(circle_key(manifest.details.circle), Kind.MISSING, manifest.id, None)
    for _, key in gaps(objects, {manifest.id: manifest.corrected}):
        if key.split("/")[1] == manifest.id:
            yield damage_of(key, Kind.MISSING, manifest.id, None)


def _unreadable(
    store: ObjectStore,
    recording_id: str,
    key: str,
    kind: type[Media | Renditions | Transcript],
    objects: Mapping[str, ObjectInfo],
) -> Iterator[Damage]:
    info = objects.get(key)
    if info is None:
        yield damage_of(key, Kind.MISSING, recording_id, None)
        return
    try:
        read_document(kind, key, store.get_bytes(key).data)
    except NotFound:
        return
    except StorageDown:
        raise
    except KringError as error:
        yield damage_of(key, Kind.DAMAGED, recording_id, info, str(error))


@dataclass
class DeepLook:
    """Reads objects whole and compares their SHA-256, with constant memory."""

    store: ObjectStore
    unchecked: int = 0
    """Objects that could be read, but of which nobody knows what they were."""
    _in_a_row: int = field(default=0, init=False)

    def damages(
        self,
        objects: Iterable[ObjectInfo],
        contents: Mapping[str, Content],
        owners: Mapping[str, str],
    ) -> Iterator[Damage | None]:
        """One answer for each object: its damage, or None. Raises StorageDown if the store does not answer at all."""
        for info in objects:
            try:
                yield self._look(info, contents.get(info.key), owners.get(info.key) or owner_of(info.key))
            except StorageDown:
                self._in_a_row += 1
                if self._in_a_row >= OUTAGE:
                    raise
                self.unchecked += 1
                yield None
            else:
                self._in_a_row = 0

    def _look(self, info: ObjectInfo, content: Content | None, owner: str | None) -> Damage | None:
        try:
            expected = content.sha256 if content else None
            if expected is None:
                there = self.store.stat(info.key)
                if there is None:
                    return None
                info, expected = there, there.sha256
            digest = hashlib.sha256()
            with self.store.open(info.key) as stream:
                while data := stream.read(READ_BYTES):
                    digest.update(data)
        except NotFound:  # gone since it was listed; who names it finds it missing
            return None
        except Damaged as error:
            return damage_of(info.key, Kind.DAMAGED, owner, info, str(error))
        if expected is None:
            self.unchecked += 1
        elif digest.hexdigest() != expected:
            there = self.store.stat(info.key)
            if there is not None and there.etag == info.etag:  # else somebody has just written it
                return damage_of(info.key, Kind.ALTERED, owner, info)
        return None
