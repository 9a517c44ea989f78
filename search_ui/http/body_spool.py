"""Small files that come in with a request: to a file on this machine, measured and hashed on the way."""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from kring.errors import DiskFull, EmptyFile, InputError
from kring.model import Original
from kring.settings import Settings
from search_ui.context import site_of
from search_ui.http.security import byte_count
from search_ui.i18n.gettext import N_, _
from search_ui.server.places import Places, Share
from search_ui.viewer.visit import Person

FULL = N_("The disk of the Kring machine is full. The operator of Kring has to make room.")


class SpoolPlaces(Places):
    """Of the files that lie on the disk at a time; the largest that are taken have 100 MB."""

    EACH, TOGETHER = Share(3, 200_000_000), Share(12, 600_000_000)


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that is gone when the block ends that `spooled` opens."""

    path: Path
    original: Original


def content_length(request: Request) -> int:
    """The `Content-Length`; 411 if there is none, or if the body comes in chunks, for which it does not hold."""
    length = byte_count(request.headers.get("content-length", ""))
    if length is None or "transfer-encoding" in request.headers:
        raise HTTPException(411, _("Say how many bytes are sent, in the header Content-Length"))
    return length


@asynccontextmanager
async def spool_body(
    request: Request, settings: Settings, person: Person, name: str, most: int
) -> AsyncIterator[SpooledFile]:
    """The body of the request, of at most `most` bytes, with constant memory. Raises InputError, DiskFull, and
    HTTPException (429) if too many files arrive already."""
    size = content_length(request)
    if size == 0:
        raise EmptyFile(N_("{name} is empty; export it again."), name=name)
    if size > most:
        raise InputError(
            N_("{name} has {size} MB; at most {most} MB are taken."),
            name=name,
            size=-(-size // 1_000_000),
            most=most // 1_000_000,
        )
    folder = settings.work_dir
    folder.mkdir(parents=True, exist_ok=True)
    places = site_of(request).get(SpoolPlaces)
    async with places.taken(person.id, size):
        if shutil.disk_usage(folder).free - settings.media.spare_disk_mb * 1_000_000 < places.size:
            raise DiskFull(FULL)
        handle, path = tempfile.mkstemp(dir=folder, prefix="sent-")
        try:
            sha256 = await _written(request, handle)
            yield SpooledFile(Path(path), Original(sha256=sha256, size=size, file_name=name))
        finally:
            Path(path).unlink()


async def _written(request: Request, handle: int) -> str:
    """The hash of what was sent. A full disk may say so as late as when the file is closed."""
    digest = hashlib.sha256()
    try:
        with open(handle, "wb") as file:
            async for chunk in request.stream():
                digest.update(chunk)
                await run_in_threadpool(file.write, chunk)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise DiskFull(FULL) from None
    return digest.hexdigest()
