"""Mending a damaged recording: what can be made again is taken away, so that its next run makes it; what people wrote
and what came in is kept. `plan` decides and `mend` does it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kring.errors import Damaged, NotFound
from kring.model import Attachment, Manifest, State
from services.problems import made_again
from storage.archive.archive import Archive
from storage.documents import JSON, write_document
from storage.keys import (
    API_KEYS,
    ASIDE,
    CIRCLES,
    CORRECTIONS,
    ERASED,
    FEED_TOKENS,
    FEEDS,
    INDEX_OWNER,
    INVITATIONS,
    LEFT_OUT,
    LOGINS,
    PEOPLE,
    RECORDINGS,
    RENDITIONS_MARK,
    REQUESTS,
    RUNS,
    SESSIONS,
    UPLOADS,
    correction_named,
    transcripts_of,
)
from storage.verify.expected import foreign_keys, marks_of
from storage.verify.findings import Damage, DamageKind

UNREADABLE = (
    "The object store cannot give it back any more. Restore it from a backup of the bucket; without one, delete the "
    "object in the bucket and bring in again what it was about."
)


@dataclass(frozen=True, slots=True)
class Mend:
    """What becomes of one damaged object."""

    key: str
    says: str
    """One sentence for the operator."""
    possible: bool = True
    """False: it cannot be made again, and stays as it is until a person does what `says` says."""
    forget: tuple[str, ...] = ()
    """Objects that are deleted, so that a run makes them again."""
    accept: bool = False
    """It is stored again as it is, so that it counts as whole."""
    aside: bool = False
    """The object is moved to `damaged/<key>`."""
    rewrite: bool = False
    """A mark of a complete step: it is written again as the manifest has it."""
    unname: bool = False
    """The manifest no longer names it."""
    run: bool = False
    """The recording has to go through its steps again."""


def plan(manifest: Manifest | None, damages: Iterable[Damage]) -> list[Mend]:
    """What to do about each, of one recording or of what belongs to none. `manifest`: None if it cannot be read."""
    known = list(damages)
    lost = {damage.key for damage in known}
    return [_mend(manifest, damage, lost) for damage in known]


def mend(archive: Archive, manifest: Manifest | None, mends: Collection[Mend]) -> bool:
    """Carry it out; whether a run has to be asked for. Safe to repeat: a crash leaves what the next call finds."""
    runs = manifest is not None and any(repair.run for repair in mends)
    if manifest is not None:  # first, so that `reconcile` knows of it if this process is killed on the way
        unnamed = {repair.key for repair in mends if repair.unname}
        strangers = set(foreign_keys(manifest)) if f"{RECORDINGS}{manifest.id}.json" in unnamed else set()
        if runs or unnamed:
            archive.update(manifest.id, lambda old: _changed(old, unnamed | strangers, runs=runs))
    marks = marks_of(manifest) if manifest is not None else {}
    for repair in mends:
        if repair.aside:
            _set_aside(archive, repair.key)
        for key in repair.forget:
            archive.store.delete(key)
        if repair.accept:
            archive.store.put_bytes(repair.key, archive.store.get_bytes(repair.key).data, media_type=JSON)
        if repair.rewrite and repair.key in marks:
            archive.store.put_bytes(repair.key, write_document(marks[repair.key]), media_type=JSON)
    if manifest is not None and any(repair.run and (repair.forget or repair.aside) for repair in mends):
        _run_those_that_share(archive, manifest)
    return runs


def stopped_by_damage(manifest: Manifest) -> bool:
    """Whether its last run stopped at something damaged, which a look finds whole by now."""
    return manifest.problem is not None and "`kring repair" in manifest.problem.message


def ask_for_run(archive: Archive, recording_id: str) -> None:
    """Have `reconcile`, or the first request, start it again."""
    archive.update(recording_id, lambda old: _changed(old, set(), runs=True))


def _mend(manifest: Manifest | None, damage: Damage, lost: set[str]) -> Mend:  # noqa: PLR0911 — one kind, one line
    key = damage.key
    if key.startswith((SESSIONS, INVITATIONS, LOGINS, API_KEYS, FEED_TOKENS)):
        return Mend(key, "It let a person or program in, who needs another one; it is deleted.", forget=(key,))
    if damage.kind is DamageKind.ALTERED and key.startswith((UPLOADS, CIRCLES, REQUESTS, CORRECTIONS, PEOPLE, ERASED)):
        return Mend(key, "Another program has changed it; it can be read and is kept as it is now.", accept=True)
    if correction := correction_named(key):
        sentence = (
            f"What somebody changed (number {correction[1]}) cannot be read and is not used; all else that people "
            "changed is. Only a backup of the bucket can bring it back."
        )
        return _cannot(key, sentence)
    if key.startswith(ERASED):
        return _cannot(key, "When this recording was erased cannot be read; it stays away as long as this lies there.")
    if damage.kind is DamageKind.UNREADABLE and key.startswith((UPLOADS, CIRCLES, REQUESTS, RECORDINGS, PEOPLE)):
        return _cannot(key, UNREADABLE)
    if key.startswith((UPLOADS, REQUESTS)):
        return Mend(key, "It cannot be read and is set aside: upload the file, or add the address, again.", aside=True)
    if key.startswith(PEOPLE):
        return Mend(key, "What is known of this person cannot be read; it is set aside: invite them again.", aside=True)
    if key.startswith(CIRCLES):
        slug = key.removeprefix(CIRCLES).removesuffix(".json")
        sentence = f"The circle is not there or cannot be read: make it again with `kring circle add {slug}`."
        return Mend(key, sentence, possible=False, aside=damage.kind is not DamageKind.MISSING)
    if key.startswith(RECORDINGS):
        return _of_manifest(manifest, damage)
    if manifest is None:
        return _of_nobody(key)
    return _of_recording(manifest, damage, lost)


def _of_manifest(manifest: Manifest | None, damage: Damage) -> Mend:
    if manifest is None:
        return Mend(
            damage.key,
            "What is known of this recording cannot be read; it is set aside. Add the same file again, in the same "
            "circle: its transcript and all that people changed come back with it. Attach its documents again.",
            possible=False,
            aside=damage.kind is not DamageKind.MISSING,
        )
    if damage.kind is DamageKind.ALTERED:
        sentence = (
            "Another program has changed what is known of this recording; it can be read and is kept as it is now."
        )
        return Mend(damage.key, sentence, unname=True, run=True)
    sentence = "It named files of another recording; they are no longer named, and its own are made again."
    return Mend(damage.key, sentence, unname=True, run=True)


def _of_nobody(key: str) -> Mend:
    if key.startswith((RUNS, FEEDS, LEFT_OUT, INDEX_OWNER)):
        return Mend(key, "It is written anew by whoever needs it next; it is deleted.", forget=(key,))
    return _cannot(key, "No recording that can be read names it; it is left as it is.")


def _of_recording(manifest: Manifest, damage: Damage, lost: set[str]) -> Mend:  # noqa: PLR0911 — one kind, one line
    key, original_lost = damage.key, manifest.original.key in lost
    renditions, captions = manifest.renditions, manifest.captions
    if key == manifest.original.key:
        sentence = (
            "The file that came in is damaged and cannot be made again: put the same file back with "
            f"`kring repair {manifest.id} --original FILE`."
        )
        return _cannot(key, sentence)
    if captions is not None and key == captions.key:
        sentence = "The meeting platform's transcript file is lost; what was made of it stays. Add it again to use it."
        return Mend(key, sentence, unname=True, run=True)
    if attached := _attachment(manifest, key):
        if key == attached.original.key:
            return _cannot(
                key, f"The document “{attached.title}” is damaged and cannot be made again: attach it again."
            )
        if attached.original.key in lost:
            return _cannot(key, f"The text of the document “{attached.title}” cannot be read again: attach it again.")
        return Mend(key, f"The document “{attached.title}” is read again.", forget=(key,), unname=True, run=True)
    if renditions is not None and key in renditions.keys:
        if original_lost:
            return _cannot(key, f"{_name(key)} is made from the file that came in, which is damaged too.")
        mark = next(mark for mark in marks_of(manifest) if mark.endswith(RENDITIONS_MARK))
        return Mend(key, f"{_name(key)} is made again from the file that came in.", forget=(mark,), run=True)
    if key in marks_of(manifest):
        return Mend(key, f"{_name(key)} is written again.", rewrite=True)
    return _of_transcript(manifest, key, sound_lost=original_lost and (renditions is None or renditions.speech in lost))


def _of_transcript(manifest: Manifest, key: str, *, sound_lost: bool) -> Mend:
    for name, track in (("transcript", manifest.transcript), ("English track", manifest.english)):
        if track is not None and key == track.key:
            if sound_lost:
                return _cannot(key, f"The {name} is made from the recording's sound, which is damaged too.")
            return Mend(key, f"The {name} is made again; what people changed in it stays.", aside=True, run=True)
    if key.startswith(transcripts_of(manifest.original.sha256)):
        return Mend(key, "A transcript that is not the recording's is set aside.", aside=True, run=_waits(manifest))
    if key.startswith(f"renditions/{manifest.original.sha256}/"):
        return Mend(key, "What was made before is made again.", forget=(key,), run=_waits(manifest))
    return _of_nobody(key)


def _run_those_that_share(archive: Archive, manifest: Manifest) -> None:
    """What is made again of an original may differ in its bytes: its other recordings have to name the new ones."""
    for other in archive.manifests(lambda _key, _error: None):
        if other.original.sha256 == manifest.original.sha256 and other.id != manifest.id:
            ask_for_run(archive, other.id)


def _waits(manifest: Manifest) -> bool:
    """Whether a run may have stopped at it."""
    return manifest.state is not State.PUBLISHED or manifest.problem is not None


def _cannot(key: str, says: str) -> Mend:
    return Mend(key, says, possible=False)


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _attachment(manifest: Manifest, key: str) -> Attachment | None:
    return next(
        (attachment for attachment in manifest.attachments if key in (attachment.original.key, attachment.text)), None
    )


def _changed(old: Manifest, unnamed: set[str], *, runs: bool) -> Manifest:
    """The manifest without the keys it no longer names; `reconcile` sees to it that a run follows."""
    update: dict[str, object] = {}
    if old.captions is not None and old.captions.key in unnamed:
        update["captions"] = None
    if old.renditions is not None and not unnamed.isdisjoint(old.renditions.keys):
        update["renditions"] = None
    for name in ("transcript", "english"):
        track = getattr(old, name)
        if track is not None and track.key in unnamed:
            update[name] = None
    update["attachments"] = tuple(
        attachment.model_copy(update={"text": None, "text_content": None}) if attachment.text in unnamed else attachment
        for attachment in old.attachments
    )
    if runs:
        update["problem"] = made_again()
        update["state"] = State.PUBLISHED if old.state is State.PUBLISHED else State.RECEIVED
    return old.model_copy(update=update)


def _set_aside(archive: Archive, key: str) -> None:
    """Move an object out of the way. What the store cannot read can be made again, else it is not set aside."""
    try:
        data = archive.store.get_bytes(key).data
    except NotFound:
        return
    except Damaged:
        data = None
    if data is not None:
        archive.store.put_bytes(f"{ASIDE}{key}", data, media_type=JSON)
    archive.store.delete(key)
