"""Taking in what people have uploaded in a browser. Safe to repeat at any point: the bytes in the bucket are deleted
only once the manifest names the original, and the upload's document after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flows.sources.uploaded import Uploaded
from flows.steps.transcribe import Report
from kring.errors import InputError, SourceError
from kring.intake.item import Item
from kring.intake.uploads import Upload, UploadState, source_of
from kring.model import Manifest, now
from kring.sentence import Sentence
from services.intake import describe, store_original
from services.ports import Ports
from services.removal.replacement import can_be_replaced, replace_file
from services.runs.requests import try_start_again
from storage import BROUGHT_UPLOAD
from storage.archive.archive import Archive
from storage.keys import incoming_key, manifest_key

BYTES_DIFFER = (
    "What has arrived of {name} is not the file that was chosen: it was changed while it was sent, or damaged on the "
    "way. Upload it again."
)

NOTHING_TO_REPLACE = "The recording whose file {name} was to replace is there no longer."


def receive_upload(ports: Ports, item: Item, folder: Path, report: Report) -> Manifest | None:
    """Make the recording of an upload, unless that was done before. If its file takes the place of another recording's,
    that recording.

    If what arrived is not what was announced, the upload says so and its bytes are deleted: sent again, they may be
    right.
    """
    archive = ports.archive
    if archive.store.exists(manifest_key(item.recording_id)):
        return None
    upload = archive.find_upload(item.location)
    if upload is None:
        raise SourceError("{name} was taken back before it was taken in; upload it again.", name=item.file_name)
    if upload.state is not UploadState.ARRIVED:
        if upload.problem:
            raise SourceError.saying(upload.problem)
        raise SourceError("Not all of {name} has arrived; go on uploading it.", name=item.file_name)
    if upload.replaces is not None and not can_be_replaced(archive, upload.replaces.recording_id):
        _forget(archive, upload)
        raise SourceError(NOTHING_TO_REPLACE, name=item.file_name)
    try:
        path = _fetched(Uploaded(ports.settings, archive), upload, folder, report)
    except InputError as error:
        _refuse(archive, upload, error.sentence)
        raise
    store_original(archive, upload.original, path, lambda fraction: report(0.7 + 0.3 * fraction, "storing"))
    upload = archive.upload(upload.id)
    if upload.replaces is not None:
        return _replace(ports, upload)
    archive.create(_manifest(upload))
    return None


def _replace(ports: Ports, upload: Upload) -> Manifest:
    replaced = replace_file(ports, upload)
    _forget(ports.archive, upload)
    if replaced is None:  # it was erased in this moment; `kring verify` names the new file
        raise SourceError(NOTHING_TO_REPLACE, name=upload.original.file_name)
    try_start_again(ports.runs, replaced)
    return replaced


def _forget(archive: Archive, upload: Upload) -> None:
    archive.store.delete(incoming_key(upload.id))
    archive.forget_upload(upload.id)


def settle_upload(archive: Archive, recording_id: str) -> None:
    """Once the manifest is there: what was said of the upload until the last moment, and then the upload is gone."""
    upload = archive.find_upload(recording_id)
    if upload is None:
        return
    archive.update(recording_id, _with_last_details(upload))
    _forget(archive, upload)


def sweep_uploads(archive: Archive, moment: datetime) -> int:
    """Forget uploads that were not continued, or sent again, for so long that the store has dropped their parts too;
    how many there were."""
    old = [
        upload
        for upload in archive.uploads()
        if upload.state is not UploadState.ARRIVED and moment - upload.changed_at > BROUGHT_UPLOAD
    ]
    for upload in old:
        _forget(archive, upload)
    return len(old)


def _fetched(source: Uploaded, upload: Upload, folder: Path, report: Report) -> Path:
    """The file, being what was announced. If an earlier run was cut off with its machine, what it left on the disk
    may be wrong though the upload is not: so that is fetched once more."""
    path, part = folder / "original", folder / "original.part"

    def fetched(done: int, total: int | None) -> None:
        report(0.7 * done / total if total else 0.0, "fetching")

    while True:
        left_over = path.exists() or part.exists()
        if not path.exists():
            source.fetch(upload.id, part, fetched)
            part.rename(path)
        description = describe(path)
        if (description.sha256, description.size) == (upload.original.sha256, upload.original.size):
            return path
        path.unlink()
        if not left_over:
            raise SourceError(BYTES_DIFFER, name=upload.original.file_name)


def _refuse(archive: Archive, upload: Upload, problem: Sentence) -> None:
    archive.update_upload(
        upload.id, lambda old: old.model_copy(update={"state": UploadState.FAILED, "problem": problem})
    )
    archive.store.delete(incoming_key(upload.id))


def _manifest(upload: Upload) -> Manifest:
    moment = now()
    return Manifest(
        id=upload.id,
        source=source_of(upload.original.sha256),
        details=upload.details,
        original=upload.original,
        captions=upload.captions,
        attachments=upload.attachments,
        brought_by=upload.by,
        received_at=moment,
        changed_at=moment,
    )


def _with_last_details(upload: Upload) -> Callable[[Manifest], Manifest]:
    """What changed in the upload's document while its manifest was written; later it is the manifest that changes."""

    def change(manifest: Manifest) -> Manifest:
        if manifest.version > 1 or manifest.brought_by != upload.by:
            return manifest
        last = {"details": upload.details, "captions": upload.captions, "attachments": upload.attachments}
        return manifest.model_copy(update=last)

    return change
