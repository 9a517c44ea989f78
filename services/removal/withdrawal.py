"""Hiding a recording from all but its facilitators, at once, and putting it back."""

from __future__ import annotations

import logging

from kring.errors import SearchDown
from kring.model import Line, Manifest, Withdrawal, now
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.audit import Doer
from storage.documents import JSON
from storage.keys import WITHDRAWN, withdrawn_key

log = logging.getLogger(__name__)


def withdraw(archive: Archive, reindexing: Reindexing, recording_id: str, by: Doer, reason: Line) -> Manifest:
    """Nobody but the facilitators of its circle finds, reads or plays it once this returns. Withdrawn twice, the first
    reason stands.

    If the index does not answer, the recording is hidden all the same: what search would still show of it is taken out
    by `reconcile`. Raises NotFound, Conflict, StorageDown.
    """
    archive.store.put_bytes(withdrawn_key(recording_id), b"", media_type=JSON)  # first: it leads to the recording
    try:
        reindexing.withhold(recording_id)
    except SearchDown as error:
        log.warning("The recording %s is withdrawn, and taken out of the index later: %s", recording_id, error)
    withdrawal = Withdrawal(by=by.id, by_name=by.name, at=now(), reason=reason)

    def hide(manifest: Manifest) -> Manifest:
        return manifest if manifest.withdrawn else manifest.model_copy(update={"withdrawn": withdrawal})

    manifest = archive.update(recording_id, hide)
    reindexing.refresh(manifest)  # a run may have put it into the index in between
    return manifest


def put_back(archive: Archive, reindexing: Reindexing, recording_id: str) -> bool:
    """It is as it was before it was withdrawn; whether search finds it already. Raises NotFound, Conflict,
    StorageDown."""
    manifest = archive.update(recording_id, lambda old: old.model_copy(update={"withdrawn": None}))
    archive.store.delete(withdrawn_key(recording_id))
    return reindexing.refresh(manifest)


def withdrawn_ids(archive: Archive) -> list[str]:
    """The recordings that are withdrawn, and perhaps one that was to be and is not, without reading any manifest."""
    return [info.key.removeprefix(WITHDRAWN) for info in archive.store.list(WITHDRAWN)]
