"""The bytes of what is brought in with a browser: part by part, each at once to the object store.

A part is in memory while it arrives, so there are only so many of them at a time; who waits is not read from.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kring.errors import InputError, NotFound
from kring.intake.uploads import Upload
from kring.model import now
from search_ui.auth.identity import FacilitatorDep
from search_ui.context import Site, shared
from search_ui.http.body_spool import content_length
from search_ui.i18n.gettext import N_
from search_ui.server.places import MIB, Places, Share
from search_ui.upload.validation import IDLE_TIME, bytes_of_part, has_arrived, own_upload, part_count
from search_ui.viewer import ArchiveViewDep
from storage import open_parts
from storage.keys import incoming_key
from storage.parts import PartStore

PRESIGNED_SECONDS = 3600
ALL_THERE = '"all-there"'
"""Stands for the etags of parts that lie together as one object already."""

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


class SentPart(BaseModel):
    """Named as S3 does, which is what upload programs for browsers know."""

    PartNumber: int
    ETag: str = Field(max_length=300)


class StoredPart(SentPart):
    Size: int


class PartAddress(BaseModel):
    url: str
    method: str = "PUT"
    headers: dict[str, str] = {}


class PartPlaces(Places):
    """Of the parts that are in memory at a time. Browsers send three at a time, of 16 MiB."""

    EACH, TOGETHER = Share(4, 256 * MIB), Share(12, 768 * MIB)


def parts_of(site: Site) -> PartStore:
    return open_parts(site.archive.store, site.settings.web.uploads_to)


def stored_parts(site: Site, upload: Upload) -> list[StoredPart]:
    """What has arrived, also if it is one object already and only the mark is missing. Raises NotFound."""
    if not has_arrived(site, upload):
        try:
            parts = parts_of(site).parts(incoming_key(upload.id), upload.parts_id)
            return [StoredPart(PartNumber=part.number, Size=part.size, ETag=part.etag) for part in parts]
        except NotFound:
            if not has_arrived(site, upload):  # nor did another request put them together meanwhile
                raise
    return [
        StoredPart(PartNumber=number, Size=bytes_of_part(upload, number), ETag=ALL_THERE)
        for number in range(1, part_count(upload) + 1)
    ]


def received(site: Site, upload: Upload) -> int:
    """Bytes that have arrived; 0 if they are gone."""
    try:
        return sum(part.Size for part in stored_parts(site, upload))
    except NotFound:
        return 0


@router.get("/{upload_id}/parts")
def parts(upload_id: str, view: ArchiveViewDep, person: FacilitatorDep) -> list[StoredPart]:
    """Which parts have arrived, so that sending continues where it stopped."""
    return stored_parts(view.site, own_upload(view, upload_id, person))


@router.post("/{upload_id}/parts/{number}")
def address(
    upload_id: str,
    number: int,
    view: ArchiveViewDep,
    person: FacilitatorDep,
) -> PartAddress:
    """Where to send this part: here, or straight to the object store if `web.uploads_to` says so."""
    site = view.site
    upload = own_upload(view, upload_id, person)
    bytes_of_part(upload, number)
    if not site.settings.web.uploads_to:
        return PartAddress(url=f"/api/uploads/{upload.id}/parts/{number}")
    _keep_alive(site, upload)
    url = parts_of(site).presign_part(incoming_key(upload.id), upload.parts_id, number, expires=PRESIGNED_SECONDS)
    return PartAddress(url=url)


@router.put("/{upload_id}/parts/{number}", response_class=Response)
async def put_part(
    upload_id: str,
    number: int,
    request: Request,
    view: ArchiveViewDep,
    person: FacilitatorDep,
    places: Annotated[PartPlaces, Depends(shared(PartPlaces))],
) -> Response:
    """Take one part: `partSize` bytes, the last one the rest. Its `Content-Length` is needed."""
    site = view.site
    upload = await run_in_threadpool(own_upload, view, upload_id, person)
    size = bytes_of_part(upload, number)
    if content_length(request) != size:
        raise InputError(
            N_("Part {number} of this file has {size} bytes, not {other}; the file has changed, choose it again."),
            number=number,
            size=size,
            other=content_length(request),
        )
    async with places.taken(person.id, size):
        data = await _read(request, size)
        etag = await run_in_threadpool(parts_of(site).put_part, incoming_key(upload.id), upload.parts_id, number, data)
    await run_in_threadpool(_keep_alive, site, upload)
    return Response(headers={"ETag": etag})


async def _read(request: Request, size: int) -> bytearray:
    """The body, which is `size` bytes long: servers hold clients to the `Content-Length` they announce."""
    data = bytearray(size)
    at = 0
    async for chunk in request.stream():
        data[at : at + len(chunk)] = chunk
        at += len(chunk)
    return data


def _keep_alive(site: Site, upload: Upload) -> None:
    """Record now and then that the upload is still active."""
    if now() - upload.changed_at > IDLE_TIME / 3:
        site.archive.update_upload(upload.id, lambda old: old.model_copy(update={"changed_at": now()}))
