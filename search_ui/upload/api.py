"""Bringing recordings in with a browser: begin, go on, take back. The bytes come in `search_ui.upload.parts`, what
happens once they are there is in `search_ui.upload.complete`.

An upload is a document in the archive from before its first byte, so it survives a closed browser, a crash of this
process and a restart of the machine; asked for again, it goes on with the parts that have arrived.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from kring.errors import Conflict, NotAllowed, NotFound
from kring.intake.uploads import FileReplacement, Upload, UploadState, page_id_of, source_of
from kring.model import Details, Sha256, now
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.context import Site
from search_ui.i18n.gettext import N_
from search_ui.upload.parts import parts_of, received, stored_parts
from search_ui.upload.promised import RESERVATION_LOCK, has_lapsed, promised_bytes
from search_ui.upload.validation import (
    FileInfo,
    KnownRecording,
    change_upload,
    check_file,
    check_free,
    check_room,
    checked_details,
    own_upload,
    part_size,
    same_file,
)
from search_ui.viewer import ArchiveViewDep
from search_ui.viewer.visit import Person, VisitDep
from storage.archive.archive import RECEIVED_TYPE
from storage.keys import incoming_key

NOT_FOR_KEYS = N_("A file is replaced by a person on the recording's page, not with a key.")

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


class UnfinishedUpload(BaseModel):
    """An upload of one's own that can go on."""

    id: str
    received: int


class FileCheck(BaseModel):
    recording: KnownRecording | None = None
    upload: UnfinishedUpload | None = None


class NewUpload(FileInfo):
    """`replaces`: a recording whose file it is to be from now on, with the details that it has."""

    sha256: Sha256
    details: dict[str, Any]
    replaces: FileReplacement | None = None


class NewDetails(BaseModel):
    details: dict[str, Any]


class UploadTarget(BaseModel):
    """Where to send the parts to (`/api/uploads/{id}/parts`); each but the last has `partSize` bytes."""

    id: str
    part_size: int = Field(serialization_alias="partSize")
    url: str


@router.post("/check")
def check(file: FileInfo, view: ArchiveViewDep, person: FacilitatorDep) -> FileCheck:
    """Whether this file can be taken, before it is sent; with its hash also whether the archive has it already."""
    site = view.site
    check_file(file, site.settings)
    if file.sha256 is not None:
        recording = same_file(view, file.sha256)
        if recording is not None:
            return FileCheck(recording=recording)
        upload = site.archive.find_upload(source_of(file.sha256).recording_id)
        if upload is not None:
            check_free(upload, person)
            if upload.state is UploadState.ARRIVING and upload.by == person.id:
                return FileCheck(upload=UnfinishedUpload(id=upload.id, received=received(site, upload)))
    besides = source_of(file.sha256).recording_id if file.sha256 else ""
    check_room(file.size, site.settings, promised=promised_bytes(site, besides))
    return FileCheck()


@router.post("", status_code=201)
def begin(
    file: NewUpload,
    response: Response,
    view: ArchiveViewDep,
    person: FacilitatorDep,
    visit: VisitDep,
    record: RecorderDep,
) -> UploadTarget:
    """Make room for a file; asked again for the same one: the same upload, with the details as they are now."""
    site = view.site
    check_file(file, site.settings)
    if file.replaces is None:
        details = checked_details(view, file.details)
    elif visit.scopes is not None:
        raise NotAllowed(NOT_FOR_KEYS)
    else:
        details = view.open_to_change(file.replaces.recording_id).details
    recording = same_file(view, file.sha256)
    if recording is not None:
        raise Conflict(
            N_("This recording is in the archive already: “{title}”, at {url}."),
            title=recording.title,
            url=recording.url,
        )
    upload_id = source_of(file.sha256).recording_id
    known = site.archive.find_upload(upload_id)
    if file.replaces is not None and (known is None or known.replaces != file.replaces):
        record.note(Act.CHANGE, file.replaces.recording_id, f"replaces its file: {file.replaces.reason}")
    if known is None:
        if file.replaces is None:
            record.note(Act.UPLOAD, upload_id, details.circle)
        with RESERVATION_LOCK:
            check_room(file.size, site.settings, promised=promised_bytes(site, upload_id))
            upload = _new(site, person, file, details)
    else:
        response.status_code = 200
        upload = known
    if known is not None or upload.by != person.id:
        upload = _resume(site, person, upload, {"details": details, "replaces": file.replaces})
    return UploadTarget(id=upload.id, part_size=upload.part_size, url=f"/r/{page_id_of(upload)}")


def _new(site: Site, person: Person, file: NewUpload, details: Details) -> Upload:
    """Begin it; if two people begin the same file at the same time, one of them."""
    original = file.original(file.sha256)
    upload_id = source_of(original.sha256).recording_id
    parts, key, moment = parts_of(site), incoming_key(upload_id), now()
    upload = Upload(
        id=upload_id,
        original=original,
        details=details,
        parts_id=parts.begin(key, media_type=RECEIVED_TYPE),
        part_size=part_size(original.size),
        by=person.id,
        by_name=person.name or None,
        replaces=file.replaces,
        begun_at=moment,
        changed_at=moment,
    )
    created = site.archive.create_upload(upload)
    if created.parts_id != upload.parts_id:
        parts.abort(key, upload.parts_id)
    return created


def _resume(site: Site, person: Person, upload: Upload, wanted: dict[str, Any]) -> Upload:
    """Go on with one that was begun before; from its beginning if what had arrived is gone or was wrong."""
    check_free(upload, person)
    update: dict[str, Any] = {**wanted, "by": person.id, "by_name": person.name or upload.by_name}
    fresh = upload.state is UploadState.FAILED or not _can_resume(site, upload)
    with RESERVATION_LOCK:
        if fresh or has_lapsed(upload):
            arrived = 0 if fresh else received(site, upload)
            check_room(upload.original.size, site.settings, arrived=arrived, promised=promised_bytes(site, upload.id))
        if fresh:
            update |= _restart(site, upload)

        def change(old: Upload) -> Upload:
            arrived_meanwhile = old.state is UploadState.ARRIVED
            return old if arrived_meanwhile else old.model_copy(update=update)

        return site.archive.update_upload(upload.id, change)


def _restart(site: Site, upload: Upload) -> dict[str, Any]:
    """What changes if nothing of it is kept."""
    site.archive.store.delete(incoming_key(upload.id))
    parts_id = parts_of(site).begin(incoming_key(upload.id), media_type=RECEIVED_TYPE)
    return {"state": UploadState.ARRIVING, "problem": None, "begun_at": now(), "parts_id": parts_id}


def _can_resume(site: Site, upload: Upload) -> bool:
    try:
        stored_parts(site, upload)
    except NotFound:
        return False
    return True


@router.patch("/{upload_id}")
def change(
    upload_id: str,
    request: NewDetails,
    view: ArchiveViewDep,
    person: FacilitatorDep,
) -> Details:
    """Other details, as long as it is on its way."""
    site = view.site
    own_upload(view, upload_id, person)
    details = checked_details(view, request.details)
    return change_upload(site, upload_id, lambda old: old.model_copy(update={"details": details})).details


@router.delete("/{upload_id}", status_code=204)
def cancel(upload_id: str, view: ArchiveViewDep, person: FacilitatorDep) -> None:
    """Forget it and what has arrived of it."""
    site = view.site
    upload = own_upload(view, upload_id, person)
    if upload.state is UploadState.ARRIVED:
        raise Conflict(N_("All of it has arrived and is being processed; it can no longer be cancelled."))
    parts_of(site).abort(incoming_key(upload.id), upload.parts_id)
    site.archive.store.delete(incoming_key(upload.id))
    site.archive.forget_upload(upload.id)
