"""After a passage was taken out: what was made before goes, and the files in which deleted bytes lie are written anew.

A mark in the bucket says that this is to be done; it goes last, so that whoever is killed on the way, the next round
goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from kring.errors import Damaged, NotFound
from kring.model import Manifest, State, now
from services.ports import Ports
from services.rebuild_index import rebuild_index
from services.removal.belongings import original_key
from services.removal.erasure import alone, compact_store
from services.removal.passage import redact
from services.runs.requests import try_start_again
from services.scratch import clear_scratch
from storage.archive.archive import Archive
from storage.archive.erasures import LOST, Erasures
from storage.keys import (
    ASIDE,
    CUTTING,
    MEDIA_MARK,
    PROBE_RECIPE,
    cutting_key,
    manifest_key,
    rendition_key,
    renditions_of,
    transcripts_of,
)
from storage.leases import owner_name
from storage.verify.expected import keys_of, marks_of

log = logging.getLogger(__name__)


def finish_cuts(ports: Ports) -> list[str]:
    """Remove what is left of passages that were cut from recordings which are there again: the ids of those. Raises
    StorageDown, OrchestratorDown, SearchDown."""
    store = ports.archive.store
    if next(iter(store.list(CUTTING)), None) is None:
        return []
    with alone(ports.settings.data_dir):
        emptied = [recording_id for recording_id in _waiting(ports) if _empty(ports, recording_id)]
        if emptied:
            rebuild_index(ports)
            ports.index.forget_past()
            if (left := compact_store(ports).left) is not None:
                log.warning("Of passages that were taken out, bytes are left: %s", left)
        for recording_id in emptied:
            if all(cut.done_at for cut in ports.archive.manifest(recording_id).cuts):  # else another was asked for
                store.delete(cutting_key(recording_id))
        return emptied


def _waiting(ports: Ports) -> Iterator[str]:
    store, erased = ports.archive.store, Erasures(ports.archive.store).ids()
    for info in store.list(CUTTING):
        recording_id = info.key.removeprefix(CUTTING)
        try:
            manifest = ports.archive.manifest(recording_id)
        except NotFound:
            store.delete(info.key)
            continue
        except Damaged as error:
            log.warning("The passage taken out of %s waits: %s", recording_id, error)
            continue
        if not manifest.cuts:
            if now() - info.modified > LOST:  # its process was killed before the manifest was written
                store.delete(info.key)
        elif manifest.state is State.PUBLISHED and recording_id not in erased:
            yield recording_id


def _empty(ports: Ports, recording_id: str) -> bool:
    """Whether everything that was made before is gone; nobody works on the recording meanwhile."""
    owner = owner_name("passage")
    if not ports.leases.take(recording_id, owner):
        return False
    try:
        manifest = ports.archive.manifest(recording_id)
        if manifest.state is not State.PUBLISHED:
            return False
        redacted = redact(ports.archive, manifest)
        if redacted.captions != manifest.captions:  # somebody has brought other ones meanwhile
            try_start_again(ports.runs, redacted)
            return False
        for key in _superseded(ports.archive, manifest):
            ports.archive.store.delete(key)
        clear_scratch(ports.settings, recording_id)
        manifest = ports.archive.update(recording_id, _done)
    finally:
        ports.leases.release(recording_id, owner)
    return manifest.state is State.PUBLISHED


def _done(manifest: Manifest) -> Manifest:
    if manifest.state is not State.PUBLISHED:  # another passage was cut meanwhile
        return manifest
    cuts = tuple(cut if cut.done_at else cut.model_copy(update={"done_at": now()}) for cut in manifest.cuts)
    return manifest.model_copy(update={"cuts": cuts})


def _superseded(archive: Archive, manifest: Manifest) -> list[str]:
    """Keys of all that lies there of the recording's files, and of those it had before, and that no recording or upload
    names: another one may have the same file."""
    store = archive.store
    named = {rendition_key(manifest.original.sha256, PROBE_RECIPE, MEDIA_MARK)}
    for other in archive.manifests():
        named.update((*keys_of(other), *marks_of(other)))
    for upload in archive.uploads():
        named.update(attachment.original.key for attachment in upload.attachments)
        named.update([upload.captions.key] if upload.captions is not None else [])
    found: list[str] = []
    for sha256 in (manifest.original.sha256, *(original.sha256 for original in manifest.once)):
        for prefix in (renditions_of(sha256), transcripts_of(sha256)):
            found += [info.key for at in (prefix, ASIDE + prefix) for info in store.list(at)]
        found += [original_key(sha256)]
    found += [f"{ASIDE}{manifest_key(manifest.id)}"]
    return [key for key in found if key not in named and store.exists(key)]
