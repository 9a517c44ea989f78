"""What people have uploaded in a browser and no run has taken in yet: the bytes lie in the bucket already."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

from flows.sources.port import Progress
from kring.errors import SourceError
from kring.intake.item import Item
from kring.intake.left_out import LeftOutReason
from kring.intake.uploads import UploadState, item_of
from kring.model import UPLOAD
from kring.settings import Settings
from services.scratch import disk_full, require_space
from storage.archive.archive import Archive
from storage.keys import incoming_key

CHUNK = 4 << 20
WINDOW = 64 << 20
"""Bytes asked of the store at a time: a connection that breaks costs no more, and none is held for hours."""


class Uploaded:
    """`location` is the id of the upload."""

    name = UPLOAD
    problems: tuple[LeftOutReason, ...] = ()

    def __init__(self, settings: Settings, archive: Archive) -> None:
        self._settings, self._archive = settings, archive

    def list(self) -> Iterator[Item]:
        for upload in self._archive.uploads():
            if upload.state is UploadState.ARRIVED:
                yield Item.model_validate(item_of(upload))

    def fetch(
        self, location: str, dest: Path, progress: Progress | None = None, *, max_bytes: int | None = None
    ) -> None:
        store, key = self._archive.store, incoming_key(location)
        info = store.stat(key)
        if info is None:
            raise SourceError("What was uploaded is no longer there; upload the recording again.")
        limit = max_bytes or int(self._settings.media.max_gb * 1e9)
        if info.size > limit:
            raise SourceError(
                "What was uploaded has {size} MB; at most {most} MB are taken.",
                size=f"{info.size / 1e6:.0f}",
                most=f"{limit / 1e6:.0f}",
            )
        at = dest.stat().st_size if dest.exists() else 0
        if at > info.size:
            dest.unlink()
            at = 0
        require_space(dest.parent, info.size - at, self._settings)
        try:
            with dest.open("ab") as write:
                while at < info.size:
                    with store.open(key, at, min(at + WINDOW, info.size)) as read:
                        while chunk := read.read(CHUNK):
                            write.write(chunk)
                            at += len(chunk)
                            if progress:
                                progress(at, info.size)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise disk_full() from None
