"""The scheduled flows: `discover` looks for new recordings, `reconcile` for unfinished ones."""

from __future__ import annotations

import logging

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.heart import die_with_parent
from flows.orchestrator import Orchestrator
from flows.reconcile import reconcile as reconcile_archive
from flows.reports import foreseen
from flows.sources import open_sources
from flows.sources.port import Item, RecordingSource
from flows.uploads import sweep_uploads
from flows.wiring import Ports, ports_from_environment
from kring.errors import OrchestratorDown, StorageDown
from kring.model import now
from storage.keys import manifest_key

log = logging.getLogger(__name__)


@flow(name="discover", persist_result=False)
def discover() -> State[None]:
    """Start a run for every recording the sources offer that the archive does not have. Asking again is harmless."""
    die_with_parent()
    ports, orchestrator = ports_from_environment(), Orchestrator()
    started, problems = 0, []
    sweep_uploads(ports.archive, now())
    for source in open_sources(ports.settings, ports.archive):
        try:
            started += start_new(source, ports, orchestrator)
        except (StorageDown, OrchestratorDown):
            raise
        except Exception as error:  # one bad source does not hold up the others
            known = foreseen(error)
            log.warning("%s: %s", source.name, known, exc_info=None if known is error else error)
            problems.append(f"{source.name}: {known}")
        problems += source.problems
    for problem in problems:
        log.warning("Left out: %s", problem)
    said = f"{started} new recordings."
    return Failed(message=f"{said} {' '.join(problems)}") if problems else Completed(message=said)


def start_new(source: RecordingSource, ports: Ports, orchestrator: Orchestrator) -> int:
    """One run per item that is not in the archive, or whose transcript has changed; the number asked for."""
    started = 0
    for item in source.list():
        after = item.attempt
        if ports.archive.store.exists(manifest_key(item.recording_id)):
            if item.captions_sha256 is None or _same_captions(ports, item):
                continue
            last = orchestrator.newest(item.recording_id)
            if last is not None and last.going:
                continue
            after = last.id if last else None
        orchestrator.start(
            item.recording_id,
            title=item.details.title,
            circle=item.details.circle,
            item=item.model_dump(mode="json"),
            after=after,
        )
        started += 1
    return started


def _same_captions(ports: Ports, item: Item) -> bool:
    captions = ports.archive.manifest(item.recording_id).captions
    return captions is not None and captions.sha256 == item.captions_sha256


@flow(name="reconcile", persist_result=False)
def reconcile() -> State[None]:
    """Start again what a crash or a server that was down has left unfinished."""
    die_with_parent()
    actions = reconcile_archive(ports_from_environment(), Orchestrator())
    return Completed(message=f"{len(actions)} things put right.")
