"""Looking at the objects of one recording, or of all: what is missing, altered or damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kring.errors import Conflict, Damaged, NotFound, SetupError, TransientError
from kring.intake.requests import Request
from kring.intake.uploads import Upload
from kring.model import Circle, Content, Manifest, Media, Pages, Renditions, Transcript
from kring.model.erased import Erasure
from kring.people.accounts import Account, ApiKey, FeedToken, Invitation, KnownLogin, Session
from storage.archive.corrections import read_correction
from storage.archive.reading import named
from storage.contents import sha256_of
from storage.documents import DamagedDocument, plain_document, read_document
from storage.keys import (
    API_KEYS,
    CIRCLES,
    ERASED,
    FEED_TOKENS,
    INVITATIONS,
    LOGINS,
    PEOPLE,
    RECORDINGS,
    RENDITIONS_MARK,
    REQUESTS,
    SESSIONS,
    UPLOADS,
    correction_named,
    manifest_key,
    transcripts_of,
)
from storage.migrations import HASHED, version_of
from storage.port import ObjectInfo, ObjectStore
from storage.verify.expected import contents_of, foreign_keys, keys_of, marks_of
from storage.verify.findings import Damage, DamageKind

Stored = (
    Manifest | Circle | Upload | Request | Account | ApiKey | FeedToken | Invitation | KnownLogin | Session | Erasure
)
DOCUMENTS: dict[str, type[Stored]] = {
    RECORDINGS: Manifest,
    CIRCLES: Circle,
    UPLOADS: Upload,
    REQUESTS: Request,
    PEOPLE: Account,
    INVITATIONS: Invitation,
    LOGINS: KnownLogin,
    API_KEYS: ApiKey,
    FEED_TOKENS: FeedToken,
    SESSIONS: Session,
    ERASED: Erasure,
}
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
    except (NotFound, SetupError):  # erased since it was listed; or a newer Kring wrote it
        return None
    except DamagedDocument as error:
        return damage_of(info.key, DamageKind.DAMAGED, owner_of(info.key), info, str(error))
    except Damaged as error:
        return damage_of(info.key, DamageKind.UNREADABLE, owner_of(info.key), info, str(error))
    return None


def owner_of(key: str) -> str | None:
    """The recording a key names, if it names one."""
    if correction := correction_named(key):
        return correction[0]
    return key.removeprefix(RECORDINGS).removesuffix(".json") if key.startswith(RECORDINGS) else None


def damage_of(
    key: str, kind: DamageKind, recording_id: str | None, info: ObjectInfo | None, reason: str = ""
) -> Damage:
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
            yield damage_of(key, DamageKind.MISSING, manifest.id, None)
        elif key in contents and contents[key].size != info.size:
            reason = f"it has {info.size} bytes, and had {contents[key].size}"
            yield damage_of(key, DamageKind.ALTERED, manifest.id, info, reason)
    for key, said in marks_of(manifest).items():
        yield from _unreadable(store, manifest.id, key, type(said), objects, said)
    for track in (manifest.transcript, manifest.english):
        if track is not None and track.key in objects and track.content is None:
            yield from _unreadable(store, manifest.id, track.key, Transcript, objects)
    if strangers := foreign_keys(manifest):
        key = manifest_key(manifest.id)
        yield damage_of(
            key,
            DamageKind.DAMAGED,
            manifest.id,
            objects.get(key),
            f"it names what is another recording's: {strangers[0]}",
        )
    for attachment in manifest.attachments:
        if attachment.text is not None and attachment.text in objects and attachment.text_content is None:
            yield from _unreadable(store, manifest.id, attachment.text, Pages, objects)


def unnamed_damages(store: ObjectStore, manifest: Manifest, objects: Mapping[str, ObjectInfo]) -> Iterator[Damage]:
    """Of what lies there for the recording and its manifest does not name (yet): what a run would stumble over."""
    named = set(keys_of(manifest)) | set(marks_of(manifest))
    for key in objects:
        if key in named:
            continue
        if key.startswith(transcripts_of(manifest.original.sha256)):
            yield from _unreadable(store, manifest.id, key, Transcript, objects)
        elif key.startswith(f"renditions/{manifest.original.sha256}/") and key.endswith(f"/{RENDITIONS_MARK}"):
            yield from _broken_promises(store, manifest, key, objects)


def _broken_promises(
    store: ObjectStore, manifest: Manifest, mark: str, objects: Mapping[str, ObjectInfo]
) -> Iterator[Damage]:
    """What a mark says is there and is not, or in another size. A mark that cannot be read promises nothing."""
    try:
        promised = read_document(Renditions, mark, store.get_bytes(mark).data)
    except (NotFound, SetupError, Damaged):
        return
    for key in promised.keys:
        info, content = objects.get(key), promised.contents.get(key)
        if info is None or (content is not None and content.size != info.size):
            yield damage_of(mark, DamageKind.DAMAGED, manifest.id, objects[mark], f"{key} is not what it says")
            return


def _unreadable(
    store: ObjectStore,
    recording_id: str,
    key: str,
    kind: type[Media | Renditions | Transcript | Pages],
    objects: Mapping[str, ObjectInfo],
    said: Media | Renditions | None = None,
) -> Iterator[Damage]:
    """`said`: what it has to be, as the manifest says; None: any of its kind."""
    info = objects.get(key)
    if info is None:
        yield damage_of(key, DamageKind.MISSING, recording_id, None)
        return
    try:
        document = read_document(kind, key, store.get_bytes(key).data)
    except (NotFound, SetupError):
        return
    except DamagedDocument as error:
        yield damage_of(key, DamageKind.DAMAGED, recording_id, info, str(error))
    except Damaged as error:
        yield damage_of(key, DamageKind.UNREADABLE, recording_id, info, str(error))
    else:
        if said is not None and document != said:
            yield damage_of(key, DamageKind.ALTERED, recording_id, info, "it is not what the recording's manifest says")


@dataclass
class DeepCheck:
    """Reads objects whole and compares their SHA-256, with constant memory."""

    store: ObjectStore
    unchecked: int = 0
    """Objects that could be read, but of which no manifest says what they were."""
    _in_a_row: int = field(default=0, init=False)

    def damages(
        self,
        objects: Iterable[ObjectInfo],
        contents: Mapping[str, Content],
        owners: Mapping[str, str],
    ) -> Iterator[tuple[ObjectInfo, Damage | None]]:
        """Each object with its damage, or None. One that is not answered for is asked for once more at the end.

        Raises StorageDown if several in a row are not.
        """
        again: list[ObjectInfo] = []
        for info in objects:
            try:
                yield info, self._look(info, contents.get(info.key), owners.get(info.key) or owner_of(info.key))
            except (TransientError, SetupError):
                again.append(info)
                self._in_a_row += 1
                if self._in_a_row >= OUTAGE:
                    raise
            else:
                self._in_a_row = 0
        for info in again:
            owner = owners.get(info.key) or owner_of(info.key)
            try:
                yield info, self._look(info, contents.get(info.key), owner)
            except (TransientError, SetupError) as error:
                yield info, damage_of(info.key, DamageKind.UNREADABLE, owner, info, str(error))

    def _look(self, info: ObjectInfo, content: Content | None, owner: str | None) -> Damage | None:
        try:
            expected = content.sha256 if content else None
            if expected is None:
                stored = self.store.stat(info.key)
                if stored is None:
                    return None
                info, expected = stored, stored.sha256
            digest = sha256_of(self.store, info.key)
            foreign = expected is None and self._is_foreign(info.key)
        except (NotFound, Conflict):  # gone or written anew since it was listed
            return None
        except Damaged as error:
            return damage_of(info.key, DamageKind.UNREADABLE, owner, info, str(error))
        if foreign:
            return damage_of(info.key, DamageKind.ALTERED, owner, info, "another program has stored it")
        if expected is None:
            self.unchecked += 1
        elif digest != expected:
            stored = self.store.stat(info.key)
            if stored is not None and stored.etag == info.etag:  # else it has just been written
                return damage_of(info.key, DamageKind.ALTERED, owner, info)
        return None

    def _is_foreign(self, key: str) -> bool:
        """Whether an object without a hash is a document that Kring would have stored with one."""
        if not is_document(key):
            return False
        return version_of(plain_document(key, self.store.get_bytes(key).data)) >= HASHED
