"""When all parts of an upload are there: put them together and have them taken in; and having it tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, FailFast, Field

from kring.errors import Conflict, NotFound, OrchestratorDown, SetupError
from kring.intake.uploads import Upload, UploadState, page_id_of
from kring.model import now
from kring.people.audit import Act
from kring.sentence import Sentence
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.context import Site
from search_ui.i18n.gettext import N_, _
from search_ui.upload.parts import SentPart, parts_of
from search_ui.upload.validation import has_arrived, own_upload, part_count
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from services.runs.requests import start_again, try_start_upload
from storage.keys import incoming_key
from storage.parts import MAX_PARTS

router = APIRouter(prefix="/api", tags=["uploads"])


class SentParts(BaseModel):
    parts: Annotated[list[SentPart], Field(max_length=MAX_PARTS), FailFast()]


class TakenIn(BaseModel):
    """`started`: a run was asked for; else it starts by itself once that is possible, as `note` says."""

    id: str
    url: str
    started: bool = True
    note: str = ""


@router.post("/uploads/{upload_id}/complete")
def complete(
    upload_id: str,
    sent: SentParts,
    view: ArchiveViewDep,
    person: FacilitatorDep,
) -> TakenIn:
    """All parts are there: put them together and have it taken in. Asking again is harmless."""
    site = view.site
    upload = site.archive.find_upload(upload_id)
    if upload is None and _was_taken_in(view, upload_id, person):
        return TakenIn(id=upload_id, url=f"/r/{upload_id}")
    upload = own_upload(view, upload_id, person)
    if upload.state is not UploadState.ARRIVED:
        if upload.state is UploadState.FAILED:
            raise Conflict.saying(upload.problem or Sentence(""))
        if not has_arrived(site, upload):
            _put_together(site, upload, sent.parts)
        upload = site.archive.update_upload(upload.id, _mark_arrived)
        if upload.state is UploadState.FAILED:  # another request was faster, and so was the run it asked for
            raise Conflict.saying(upload.problem or Sentence(""))
    return request_run(site, upload)


def _mark_arrived(old: Upload) -> Upload:
    return old.model_copy(update={"state": UploadState.ARRIVED}) if old.state is UploadState.ARRIVING else old


def _was_taken_in(view: ArchiveView, upload_id: str, person: Person) -> bool:
    try:
        return view.open(upload_id).brought_by == person.id
    except NotFound:
        return False


def _put_together(site: Site, upload: Upload, sent: Sequence[SentPart]) -> None:
    """Raises Conflict if a part is missing, or the parts together are not as long as was said."""
    by_number = {part.PartNumber: part.ETag for part in sent}
    missing = sorted(set(range(1, part_count(upload) + 1)) - by_number.keys())
    if missing or len(by_number) > part_count(upload):
        raise Conflict(N_("Part {number} has not arrived yet; continue sending."), number=min(missing, default=0))
    try:
        parts_of(site).complete(incoming_key(upload.id), upload.parts_id, sorted(by_number.items()))
    except NotFound:
        if not has_arrived(site, upload):  # nor did another request complete it meanwhile
            raise
    if not has_arrived(site, upload):
        site.archive.store.delete(incoming_key(upload.id))
        raise Conflict(N_("What has arrived is not as long as the file; choose it again and upload it once more."))


def request_run(site: Site, upload: Upload) -> TakenIn:
    """Ask for a run that takes it in; if Prefect does not answer, `discover` finds it later."""
    arrived = TakenIn(id=upload.id, url=f"/r/{page_id_of(upload)}")
    if not try_start_upload(site.runs, upload):
        note = _("The recording has arrived and is safe. Work on it starts by itself as soon as that is possible.")
        return arrived.model_copy(update={"started": False, "note": note})
    return arrived


@router.post("/recordings/{recording_id}/retry", status_code=202)
def retry(
    recording_id: str,
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001  who may is all there is to ask
    record: RecorderDep,
) -> TakenIn:
    """A recording that was stopped by a problem goes on. Asked twice, it goes on once."""
    site, upload = view.site, view.find_upload(recording_id)
    try:
        manifest = view.open_to_change(recording_id)
    except NotFound:
        if upload is None:
            raise
        view.check_changes(upload.details.circle)
        return _retry_upload(site, upload)
    activity = site.leases.read(manifest.id)
    if activity is not None and site.leases.is_alive(activity):
        raise Conflict(N_("This recording is being worked on just now; wait until that has ended."))
    if manifest.problem is None:
        raise Conflict(N_("Nothing is wrong with this recording, so there is nothing to try again."))
    record.note(Act.CHANGE, manifest.id, "tried again")
    try:
        start_again(site.runs, manifest)
    except SetupError as error:  # for the operator to mend; to the reader it is away
        raise OrchestratorDown.saying(error.sentence) from None
    return TakenIn(id=manifest.id, url=f"/r/{manifest.id}")


def _retry_upload(site: Site, upload: Upload) -> TakenIn:
    """If its run has stopped, saying so in `problem`, another one is needed; else it stays the same run."""
    if upload.state is UploadState.ARRIVED:
        return request_run(site, site.archive.update_upload(upload.id, _mark_retried))
    if upload.problem is not None:
        raise Conflict.saying(upload.problem)
    raise Conflict(N_("Not all of it has arrived; open the upload page and continue."))


def _mark_retried(old: Upload) -> Upload:
    return old if old.problem is None else old.model_copy(update={"problem": None, "begun_at": now()})
