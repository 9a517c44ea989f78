"""Erasing a recording: asked for by a person, or because its circle keeps recordings no longer; then carried out.

What is asked for is stored first, and the recording withdrawn. Carrying it out removes one place after the other, the
manifest last, so that whoever is killed on the way, the next round goes on; then the index and the object store write
their files anew, once for all recordings that are erased together.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kring.errors import KringError, NotFound, TransientError
from kring.model import Line, now
from kring.model.erased import EmptiedPlace, Erasure, Place
from kring.sentence import Sentence
from services.ports import Ports
from services.rebuild_index import rebuild_index
from services.removal.belongings import ABOUT, Belongings, FilesInUse, belongings_of, files_in_use
from services.removal.logs import blank_lines
from services.removal.withdrawal import withdraw
from services.runs.port import Run
from services.scratch import clear_scratch
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.audit import Doer
from storage.keys import corrections_of, manifest_key
from storage.leases import owner_name
from storage.seaweed.compaction import compact
from storage.seaweed.program import is_local
from storage.verify.findings import keep_findings

LOCK = "run/erasing.lock"
STOP_SECONDS = 60.0
"""How long the run of a recording may take to stop."""
LATELY_SECONDS = 60.0
LATE_SECONDS = 10.0
"""Prefect's server and its clients write events and logs in batches, of 5 s and less."""
NOT_YET = "The recording {id} was not erased yet: {problem}"
BUSY = "it is still being worked on; erasing it is tried again."
SHARED = "Another recording has the same file, so it stays."
OTHER_STORE = (
    "Deleted objects lie in the files of the object store until it compacts them; see docs/privacy.md for how to have "
    "that done at once."
)
CLOSED_LOGS = "These logs cannot be written to, so lines that name it may stay: {names}."
NO_LOGS = "This machine keeps no logs of Kring; what others keep is theirs to limit."
OTHER_PREFECT = "The events of this Prefect server go with its own limit of time."
NOT_COMPACTED = "The bytes of deleted rows lie in the files of Prefect's database until it writes them anew."

log = logging.getLogger(__name__)

Tell = Callable[[str, Place], None]
"""Told which recording is being removed from where."""


def ask_erasure(archive: Archive, reindexing: Reindexing, recording_id: str, by: Doer, reason: Line) -> Erasure:
    """Have a recording erased: it is hidden once this returns, and removed by the next round. Asked twice, the first
    wish stands. Raises NotFound, Conflict, StorageDown."""
    manifest = archive.manifest(recording_id)
    wish = Erasure(
        id=recording_id,
        circle=manifest.details.circle,
        by=by.id,
        by_name=by.name,
        reason=reason,
        asked_at=now(),
    )
    erasure = Erasures(archive.store).ask(wish)
    withdraw(archive, reindexing, recording_id, by, reason)
    return erasure


def erase_what_came_back(ports: Ports) -> None:
    """Have erased once more what a backup that was put back has brought: its receipt lies there, and so it is to stay
    away (`kring erase --allow-again` takes the receipt away). Raises StorageDown."""
    erasures, reindexing = Erasures(ports.archive.store), Reindexing(ports.archive, ports.index, ports.runs)
    for recording_id in erasures.ids() & set(ports.archive.ids()):
        receipt = erasures.find(recording_id)
        if receipt is not None and receipt.done_at is not None:
            by = Doer(receipt.by, receipt.by_name)
            ask_erasure(ports.archive, reindexing, recording_id, by, receipt.reason)


def carry_out(
    ports: Ports, only: Collection[str] | None = None, tell: Tell = lambda _id, _place: None
) -> tuple[list[Erasure], list[str]]:
    """Erase what is asked for and not done (of `only`, if given): the receipts, and a sentence for each that could not
    be erased yet. Waits for another process of this data folder that does so. Raises StorageDown, OrchestratorDown,
    SearchDown."""
    with alone(ports.settings.data_dir):
        return _carry_out(ports, only, tell)


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Inside, no other process of this data folder erases; the lock ends with the process, whatever ends it."""
    path = data_dir / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _carry_out(ports: Ports, only: Collection[str] | None, tell: Tell) -> tuple[list[Erasure], list[str]]:
    erasures = Erasures(ports.archive.store)
    wanted = [erasure for erasure in erasures.pending() if only is None or erasure.id in only]
    removed: list[Removed] = []
    problems: list[str] = []
    used = files_in_use(ports.archive) if wanted else FilesInUse()
    for erasure in wanted:
        try:
            removed.append(_remove(ports, erasures, erasure, used, tell))
        except (KringError, OSError) as error:  # whatever holds one up, the others are erased
            log.warning("The recording %s was not erased: %s", erasure.id, error)
            problems.append(NOT_YET.format(id=erasure.id, problem=error))
    if not removed:
        return [], problems
    began = time.monotonic()
    last = removed[-1].erasure.id
    tell(last, Place.INDEX)
    rebuild_index(ports)
    ports.index.forget_past()
    index = EmptiedPlace(place=Place.INDEX, removed=len(removed))
    tell(last, Place.STORE)
    store = compact_store(ports)
    if any(each.ran_lately for each in removed):
        time.sleep(max(0.0, LATE_SECONDS - (time.monotonic() - began)))
    receipts = []
    for each in removed:
        _remove_late(ports, each)
        receipts.append(erasures.finish(each.erasure.id, (*each.erasure.places, index, store)))
    return receipts, problems


class Unstoppable(TransientError):
    """The run of a recording has not stopped."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A recording of which only what other programs write late can still come."""

    erasure: Erasure
    run_ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    brought_as: tuple[str, ...] = ()
    """Ids under which runs have brought its files in."""
    ran_lately: bool = False


def _remove(ports: Ports, erasures: Erasures, erasure: Erasure, used: FilesInUse, tell: Tell) -> Removed:
    """Everything but the files of index and object store. Raises Damaged if the manifest cannot be read, Unstoppable,
    StorageDown, OrchestratorDown."""
    archive, recording_id = ports.archive, erasure.id
    try:
        manifest = archive.manifest(recording_id)
    except NotFound:  # it was removed by a round that did not come to its end
        _sweep(archive, recording_id)
        return Removed(erasure, words=(recording_id,), ran_lately=True)
    runs = _stop(ports, recording_id)
    belongings = belongings_of(archive, manifest, used)
    for other_id in belongings.other_ids:
        if not archive.store.exists(manifest_key(other_id)):
            other = {"id": other_id, "other_id_of": recording_id, "done_at": now()}
            erasures.ask(erasure.model_copy(update=other))
    removed = Removed(
        erasure,
        run_ids=tuple(run.id for run in runs),
        words=(recording_id, *(run.id for run in runs), *belongings.words),
        brought_as=tuple(
            each for each in belongings.run_ids if each == recording_id or not archive.store.exists(manifest_key(each))
        ),
        ran_lately=any((now() - run.since).total_seconds() < LATELY_SECONDS for run in runs),
    )
    objects = (Place.ORIGINALS, Place.RENDITIONS, Place.TRANSCRIPTS, Place.CORRECTIONS)
    places = [_emptied(ports, belongings, place) for place in objects]
    tell(recording_id, Place.RUNS)
    places.append(_forget_runs(ports, removed))
    tell(recording_id, Place.LOGS)
    places.append(_blank_logs(ports, removed))
    places.append(_clear_scratch(ports, recording_id))
    tell(recording_id, Place.DOCUMENTS)
    documents = _emptied(ports, belongings, Place.DOCUMENTS)
    places.append(documents.model_copy(update={"removed": documents.removed + 1}))
    keep_findings(archive.store, (), of=recording_id, deep=True)
    newer = archive.manifest(recording_id)
    if newer.version != manifest.version:  # somebody was changing it while it was hidden
        for place in objects:
            _emptied(ports, belongings_of(archive, newer, used), place)
    kept = erasures.change(recording_id, lambda old: old.model_copy(update={"places": tuple(places)}))
    archive.store.delete(manifest_key(recording_id))
    _sweep(archive, recording_id)
    return replace(removed, erasure=kept)


def _sweep(archive: Archive, recording_id: str) -> None:
    """What somebody wrote of the recording in the moment in which it was removed."""
    for key in [
        *(info.key for info in archive.store.list(corrections_of(recording_id))),
        *(of(recording_id) for of in ABOUT),
    ]:
        archive.store.delete(key)


def _remove_late(ports: Ports, removed: Removed) -> None:
    """What a run wrote while it was ended: its last events, and lines of logs."""
    _forget_runs(ports, removed)
    _blank_logs(ports, removed)


def _stop(ports: Ports, recording_id: str) -> list[Run]:
    """Have nobody work on the recording any more; its runs. Raises Unstoppable."""
    for run in ports.runs.runs(recording_id):
        if run.going:
            ports.runs.cancel(run.id)
    until = time.monotonic() + STOP_SECONDS
    held = False
    while True:
        held = held or ports.leases.take(recording_id, owner_name("erasure"))
        runs = ports.runs.runs(recording_id)
        if held and not any(run.going for run in runs):
            return runs
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    if not held:
        raise Unstoppable(BUSY)
    for run in runs:
        if run.going:  # its process is gone
            ports.runs.crash(run.id, "It was ended.")
    return runs


def _emptied(ports: Ports, belongings: Belongings, place: Place) -> EmptiedPlace:
    keys = belongings.keys[place]
    for key in keys:
        ports.archive.store.delete(key)
    left = Sentence(SHARED) if place in belongings.shared else None
    return EmptiedPlace(place=place, removed=len(keys), left=left)


def _forget_runs(ports: Ports, removed: Removed) -> EmptiedPlace:
    told = [ports.runs.forget(each, removed.run_ids) for each in {removed.erasure.id, *removed.brought_as}]
    left = None
    if not all(forgotten.events for forgotten in told):
        left = Sentence(OTHER_PREFECT)
    elif not all(forgotten.compacted for forgotten in told):
        left = Sentence(NOT_COMPACTED)
    return EmptiedPlace(place=Place.RUNS, removed=sum(forgotten.rows for forgotten in told), left=left)


def _blank_logs(ports: Ports, removed: Removed) -> EmptiedPlace:
    folder = ports.settings.data_dir / "logs"
    blanked, closed = blank_lines(folder, removed.words)
    left = None if folder.is_dir() else Sentence(NO_LOGS)
    if closed:
        left = Sentence(CLOSED_LOGS, names=", ".join(closed))
    return EmptiedPlace(place=Place.LOGS, removed=blanked, left=left)


def _clear_scratch(ports: Ports, recording_id: str) -> EmptiedPlace:
    folder = ports.settings.work_dir / recording_id
    count = sum(path.is_file() for path in folder.rglob("*")) if folder.is_dir() else 0
    clear_scratch(ports.settings, recording_id)
    return EmptiedPlace(place=Place.SCRATCH, removed=count)


def compact_store(ports: Ports) -> EmptiedPlace:
    """The local object store's volumes without the bytes of deleted objects."""
    settings = ports.settings
    if not is_local(settings.data_dir, settings.s3_access_key):
        return EmptiedPlace(place=Place.STORE, left=Sentence(OTHER_STORE))
    try:
        compact(settings.data_dir)
    except KringError as error:
        log.warning("%s", error)
        return EmptiedPlace(place=Place.STORE, left=error.sentence)
    return EmptiedPlace(place=Place.STORE, removed=1)
