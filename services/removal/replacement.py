"""Putting another file in the place of the one that a recording has: its page, its documents and what is said about it
stay, the old file and all that was made of it go."""

from __future__ import annotations

from kring.corrections.apply import active
from kring.corrections.changes import ChapterChange, Correction, LineChange, Undo
from kring.errors import NotFound, TransientError
from kring.intake.uploads import Upload
from kring.model import Manifest, now
from services.intake import with_other_original
from services.ports import Ports
from services.removal.belongings import left_behind
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.leases import owner_name

BUSY = "The recording {id} is being worked on; its file is replaced once that has ended."


def replace_file(ports: Ports, upload: Upload) -> Manifest | None:
    """The recording with the file of `upload`, whose original is stored, ready to be made anew; None if the recording
    is there no longer. Safe to repeat. Raises TransientError if a run works on it, or store or index do not answer."""
    if upload.replaces is None:
        raise ValueError(f"{upload.id} replaces nothing")
    archive, recording_id = ports.archive, upload.replaces.recording_id
    if not can_be_replaced(archive, recording_id):
        return None
    owner = owner_name(upload.id)
    if not ports.leases.take(recording_id, owner):
        raise TransientError(BUSY, id=recording_id)
    try:
        if not upload.replaces.keep_corrections:
            take_back_what_has_times(archive, recording_id, upload)
        ports.index.remove(recording_id)
        manifest = archive.update(recording_id, lambda old: _with_file(old, upload))
        for key in left_behind(archive, manifest):
            archive.store.delete(key)
        return manifest
    finally:
        ports.leases.release(recording_id, owner)


def can_be_replaced(archive: Archive, recording_id: str) -> bool:
    """Whether the recording is there, and is not being erased. Raises Damaged if its manifest cannot be read."""
    try:
        archive.manifest(recording_id)
    except NotFound:
        return False
    return not Erasures(archive.store).has(recording_id)


def _with_file(manifest: Manifest, upload: Upload) -> Manifest:
    if manifest.original.sha256 == upload.original.sha256:
        return manifest
    known = {attachment.original.sha256 for attachment in manifest.attachments}
    added = tuple(attachment for attachment in upload.attachments if attachment.original.sha256 not in known)
    same_times = upload.replaces is not None and upload.replaces.keep_corrections
    others = {
        "replaced": True,
        "cuts": tuple(cut.model_copy(update={"in_original": True}) for cut in manifest.cuts) if same_times else (),
        "captions": upload.captions,
        "attachments": (*manifest.attachments, *added),
        "sound_track": None,
        "brought_by": upload.by,
    }
    return with_other_original(manifest, upload.original).model_copy(update=others)


def take_back_what_has_times(archive: Archive, recording_id: str, upload: Upload) -> None:
    """Lines and chapters that people corrected stood at times of the file before: they count no longer."""
    for correction in active(archive.corrections(recording_id)):
        if isinstance(correction.change, LineChange | ChapterChange):
            _take_back(archive, recording_id, correction, upload)


def _take_back(archive: Archive, recording_id: str, correction: Correction, upload: Upload) -> None:
    undo = Undo(number=correction.number)
    moment = now()

    def make(stored: tuple[Correction, ...]) -> Correction:
        return Correction(
            recording_id=recording_id,
            number=len(stored) + 1,
            by=upload.by,
            by_name=upload.by_name,
            at=moment,
            change=undo,
        )

    archive.correct(recording_id, make)
