"""Documents that belong to a recording: slides, a report; and the transcript a meeting platform has made.

Only PDF: it can be shown by every browser as it is, and read for search. What it really is, the run that reads it
finds out, in a process of its own (`transcribe.documents.pdf`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query as Parameter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kring.errors import InputError, NotFound
from kring.intake.uploads import Upload
from kring.model import Attachment, Line, Manifest
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.context import Site
from search_ui.http.body_spool import SpooledFile, spool_body
from search_ui.http.security import policy
from search_ui.i18n.gettext import N_, _
from search_ui.recording.media import serve
from search_ui.upload.validation import change_upload, own_upload
from search_ui.viewer import ArchiveViewDep
from services.runs.requests import try_start_again
from transcribe.captions.reader import MAX_BYTES as MAX_CAPTION_BYTES, read_captions

MAX_BYTES = 100_000_000
MAX_ATTACHMENTS = 20
PDF = "application/pdf"
_MAGIC = b"%PDF-"

router = APIRouter(tags=["uploads"])


class StoredFile(BaseModel):
    """One file that was taken: its name is its hash."""

    sha256: str
    title: str
    size: int


class AttachedFile(StoredFile):
    """`started`: its text is read now; else as soon as that is possible."""

    url: str
    started: bool


@router.post("/api/uploads/{upload_id}/files", status_code=201)
async def add_file(
    upload_id: str,
    kind: Literal["attachment", "transcript"],
    name: Annotated[Line, Parameter()],
    request: Request,
    view: ArchiveViewDep,
    person: FacilitatorDep,
    title: Annotated[Line | None, Parameter()] = None,
) -> StoredFile:
    """A file that comes with an upload: a PDF, or the platform's transcript. The body is the file."""
    site = view.site
    await run_in_threadpool(own_upload, view, upload_id, person)
    most = MAX_BYTES if kind == "attachment" else MAX_CAPTION_BYTES
    async with spool_body(request, site.settings, person, name, most) as file:
        if kind == "transcript":
            return await run_in_threadpool(_store_captions, site, upload_id, file)
        return await run_in_threadpool(_store_attachment, site, upload_id, file, title or title_of(name))


@router.delete("/api/uploads/{upload_id}/files/{sha256}", status_code=204)
def remove_file(
    upload_id: str,
    sha256: str,
    view: ArchiveViewDep,
    person: FacilitatorDep,
) -> None:
    """Leave out a file that was added by mistake."""
    site = view.site
    own_upload(view, upload_id, person)

    def change(old: Upload) -> Upload:
        captions = None if old.captions is not None and old.captions.sha256 == sha256 else old.captions
        return old.model_copy(update={"captions": captions, "attachments": without_attachment(old.attachments, sha256)})

    change_upload(site, upload_id, change)


@router.post("/api/recordings/{recording_id}/attachments", status_code=201)
async def attach(
    recording_id: str,
    name: Annotated[Line, Parameter()],
    request: Request,
    view: ArchiveViewDep,
    person: FacilitatorDep,
    record: RecorderDep,
    title: Annotated[Line | None, Parameter()] = None,
) -> AttachedFile:
    """A PDF for a recording that is published. The body is the file; what it says can be found once it was read."""
    await run_in_threadpool(view.open_published_to_change, recording_id)
    async with spool_body(request, view.site.settings, person, name, MAX_BYTES) as file:
        await run_in_threadpool(record.note, Act.CHANGE, recording_id, "attached a document")
        return await run_in_threadpool(_attach, view.site, recording_id, file, title or title_of(name))


@router.delete("/api/recordings/{recording_id}/attachments/{sha256}", status_code=204)
def detach(
    recording_id: str,
    sha256: str,
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001  who may is all there is to ask
    record: RecorderDep,
) -> None:
    """The recording no longer has this document, and search no longer finds it."""
    site = view.site
    attachment_of(view.open_published_to_change(recording_id), sha256)
    record.note(Act.CHANGE, recording_id, "removed a document")
    manifest = site.archive.update(
        recording_id, lambda old: old.model_copy(update={"attachments": without_attachment(old.attachments, sha256)})
    )
    request_reading(site, manifest)


@router.api_route("/r/{recording_id}/attachments/{sha256}", methods=["GET", "HEAD"], include_in_schema=False)
def document(recording_id: str, sha256: str, request: Request, view: ArchiveViewDep) -> Response:
    """The PDF, for the browser's own viewer. The file is untrusted: it gets no rights on this site."""
    attachment = attachment_of(view.open_published(recording_id), sha256)
    response = serve(view.site.archive.store, attachment.original.key, PDF, request)
    response.headers["Content-Disposition"] = inline_as(attachment.original.file_name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


SANDBOX = f"{policy()}; sandbox"


def attachment_of(manifest: Manifest, sha256: str) -> Attachment:
    """Raises NotFound."""
    for attachment in manifest.attachments:
        if attachment.original.sha256 == sha256:
            return attachment
    raise NotFound(N_("This recording has no such document; it may have been removed."))


def request_reading(site: Site, manifest: Manifest) -> bool:
    """Have the documents read and indexed; False if Prefect does not answer: `reconcile` does it later then."""
    return try_start_again(site.runs, manifest)


def _attach(site: Site, recording_id: str, file: SpooledFile, title: str) -> AttachedFile:
    attachment = _store_pdf(site, file, title)
    manifest = site.archive.update(
        recording_id, lambda old: old.model_copy(update={"attachments": with_attachment(old.attachments, attachment)})
    )
    started = request_reading(site, manifest)
    original = file.original
    url = f"/r/{recording_id}/attachments/{original.sha256}"
    title = attachment_of(manifest, original.sha256).title
    return AttachedFile(sha256=original.sha256, title=title, size=original.size, url=url, started=started)


def _store_attachment(site: Site, upload_id: str, file: SpooledFile, title: str) -> StoredFile:
    attachment = _store_pdf(site, file, title)
    _change_upload(site, upload_id, lambda old: {"attachments": with_attachment(old.attachments, attachment)})
    return StoredFile(sha256=file.original.sha256, title=title, size=file.original.size)


def _store_captions(site: Site, upload_id: str, file: SpooledFile) -> StoredFile:
    """Raises BadTranscript, naming the line, while the person is still there to mend it."""
    read_captions(file.path.read_bytes())
    site.archive.put_original(file.original, file.path)
    _change_upload(site, upload_id, lambda _: {"captions": file.original})
    return StoredFile(sha256=file.original.sha256, title=file.original.file_name, size=file.original.size)


def _change_upload(site: Site, upload_id: str, update: Callable[[Upload], dict[str, object]]) -> None:
    change_upload(site, upload_id, lambda old: old.model_copy(update=update(old)))


def _store_pdf(site: Site, file: SpooledFile, title: str) -> Attachment:
    with file.path.open("rb") as stream:
        is_pdf = stream.read(len(_MAGIC)) == _MAGIC
    if not is_pdf:
        raise InputError(N_("{name} is not a PDF; save or print it as PDF first."), name=file.original.file_name)
    site.archive.put_original(file.original, file.path)
    return Attachment(original=file.original, title=title)


def with_attachment(attachments: tuple[Attachment, ...], added: Attachment) -> tuple[Attachment, ...]:
    """The same document is attached once. Raises InputError if there are too many."""
    if any(attachment.original.sha256 == added.original.sha256 for attachment in attachments):
        return attachments
    if len(attachments) >= MAX_ATTACHMENTS:
        raise InputError(N_("A recording has at most {most} documents; remove one first."), most=MAX_ATTACHMENTS)
    return (*attachments, added)


def without_attachment(attachments: tuple[Attachment, ...], sha256: str) -> tuple[Attachment, ...]:
    return tuple(attachment for attachment in attachments if attachment.original.sha256 != sha256)


def title_of(name: str) -> str:
    """`Lysark_mars.pdf` → `Lysark mars`."""
    return " ".join(Path(name).stem.replace("_", " ").split()) or _("Document")


def inline_as(name: str) -> str:
    """The header that shows a document here and saves it under `name` (RFC 6266); quotes and line breaks stay in."""
    stem = Path(name).stem
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in stem) or "document"
    return f"inline; filename=\"{plain}.pdf\"; filename*=UTF-8''{quote(stem, safe='')}.pdf"
