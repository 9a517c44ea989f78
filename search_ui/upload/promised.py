"""Room on the disk that is promised to uploads: for what was announced and has not arrived, or is not taken in yet."""

from __future__ import annotations

import threading
from datetime import timedelta

from kring.intake.uploads import Upload, UploadState
from kring.model import now
from search_ui.context import Site
from search_ui.upload.parts import received
from search_ui.upload.validation import copies_on_disk

LAPSES = timedelta(days=1)
"""After so long without a part nothing is promised any more; who comes back is asked whether there is room again."""
RESERVATION_LOCK = threading.Lock()
"""Held while room is looked for and until it is promised: else two would get the last of it."""


def promised_bytes(site: Site, besides: str) -> int:
    """Bytes, for all uploads but that of this id. Raises StorageDown."""
    return sum(_outstanding(site, upload) for upload in site.archive.uploads() if upload.id != besides)


def has_lapsed(upload: Upload) -> bool:
    return upload.state is UploadState.ARRIVING and now() - upload.changed_at > LAPSES


def _outstanding(site: Site, upload: Upload) -> int:
    if upload.state is UploadState.FAILED or has_lapsed(upload):
        return 0
    arrived = upload.original.size if upload.state is UploadState.ARRIVED else received(site, upload)
    return max(0, upload.original.size * copies_on_disk(site.settings) - arrived)
