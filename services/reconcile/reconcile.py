"""Carries out the actions of `services.reconcile.plan`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from kring.errors import KringError, NotFound, OrchestratorDown, StorageDown
from kring.intake.requests import Request
from kring.model import State, Step, now
from services.ports import Ports
from services.problems import record_cancelled
from services.rebuild_index import rebuild_index
from services.reconcile.plan import Action, Cancel, Crash, Rebuild, Restart, Settle, Unindex, plan
from services.runs.older_runs import take_over
from services.runs.port import NOT_THERE
from services.scratch import sweep_scratch
from services.search_index.ownership import require_own_index
from storage.archive.erasures import Erasures
from storage.archive.requests import Requests

INTERRUPTED = timedelta(hours=1)
"""How long a partly fetched file is kept, so that the next attempt can resume it."""

log = logging.getLogger(__name__)


def reconcile(
    ports: Ports,
    *,
    retry_failed: bool = False,
    whole: bool = True,
    problems: list[str] | None = None,
) -> list[Action]:
    """Plan for the archive as it is, carry the plan out, and return the actions that succeeded.

    A line for each action that failed is added to `problems`. `whole` False: only recordings with a run that did not
    end well, and without the index. Raises SetupError if another index belongs to the archive.
    """
    if whole:
        require_own_index(ports.settings, ports.archive.store)
    stored_requests = Requests(ports.archive.store)
    take_over(ports.settings.data_dir, ports.archive)
    requests = stored_requests.all()
    runs = ports.runs.runs(finished_well=False)
    concerned = {run.recording_id for run in runs}
    if whole:
        corrections = ports.archive.last_corrections()  # first, so that one added meanwhile is in its manifest too
        manifests = list(ports.archive.manifests())
    else:
        corrections, manifests = {}, list(ports.archive.some_manifests(concerned))
        requests = {request.id: request for request in requests.values() if request.id in concerned}
    activities = {}
    for recording_id in {run.recording_id for run in runs if run.active} | {
        manifest.id for manifest in manifests if manifest.state is not State.PUBLISHED or manifest.again
    }:
        activity = ports.leases.read(recording_id)
        if activity is not None:
            activities[recording_id] = (activity, ports.leases.is_alive(activity))
    actions = plan(
        manifests,
        _versions(ports)
        if whole
        else {manifest.id: manifest.version for manifest in manifests if not manifest.withdrawn},
        runs,
        activities,
        moment=now(),
        grace=timedelta(seconds=ports.settings.worker.lease_seconds),
        retry_failed=retry_failed,
        corrections=corrections,
        requests=requests,
        look_seconds=ports.settings.worker.discover_seconds,
        erased=Erasures(ports.archive.store).ids(),
    )
    done = [action for action in actions if _try(action, ports, requests, problems if problems is not None else [])]
    for manifest in manifests:
        if manifest.id in requests:
            stored_requests.forget(manifest.id)
    if not whole:
        return done
    active = {run.recording_id for run in runs if run.going}
    active |= {run.recording_id for run in runs if run.state_name == NOT_THERE and now() - run.since < INTERRUPTED}
    active |= {action.recording_id for action in actions if isinstance(action, Restart)}
    active |= {recording_id for recording_id, (_, alive) in activities.items() if alive}
    sweep_scratch(ports.settings, active)
    return done


def describe_action(action: Action) -> str:
    """One line that describes the action."""
    match action:
        case Crash(run):
            return f"declared dead   {run.recording_id}  {run.parameters.get('title', '')}"
        case Cancel(run):
            return f"stays cancelled {run.recording_id}  {run.parameters.get('title', '')}"
        case Rebuild(missing):
            return f"index rebuilt   {missing} recordings were missing from it"
        case Settle(recording_id):
            return f"put right       {recording_id}  corrections its manifest did not know of"
        case Unindex(recording_id):
            return f"out of search   {recording_id}  it was withdrawn or erased"
        case Restart(recording_id, why):
            return f"started again   {recording_id}  {why}"


def _versions(ports: Ports) -> dict[str, int] | None:
    return None if ports.index.needs_rebuild else ports.index.versions()


def _try(action: Action, ports: Ports, requests: Mapping[str, Request], problems: list[str]) -> bool:
    """Carry the action out; False, with a line in `problems`, if that fails. Raises StorageDown and OrchestratorDown,
    because then no other action could succeed either.
    """
    try:
        _carry_out(action, ports, requests)
    except (StorageDown, OrchestratorDown):
        raise
    except KringError as error:
        log.warning("not done: %s: %s", describe_action(action), error)
        problems.append(f"{describe_action(action)}: {error}")
        return False
    return True


def _carry_out(action: Action, ports: Ports, requests: Mapping[str, Request]) -> None:
    match action:
        case Crash(run) if run.cancelled:
            ports.runs.end_cancelled(run.id)
        case Crash(run):
            ports.runs.crash(run.id, "Its process is gone; the recording goes on in a new run.")
        case Settle(recording_id):
            ports.archive.settle_corrections(recording_id)
        case Rebuild():
            rebuild_index(ports)
        case Unindex(recording_id):
            _unindex(ports, recording_id)
        case Cancel(run):
            activity = ports.leases.read(run.recording_id)
            record_cancelled(ports.archive, run, activity.step if activity is not None else Step.RECEIVE)
        case Restart(recording_id, _, manifest, place):
            last = ports.runs.newest(recording_id)
            if manifest is not None:
                ports.runs.start(
                    recording_id,
                    title=manifest.details.title,
                    circle=manifest.details.circle,
                    after=last.id if last else None,
                    place=place,
                )
            elif last is not None:
                ports.runs.start_again(last.parameters, tags=last.tags, after=last.id, place=place)
            elif recording_id in requests:
                request = requests[recording_id]
                ports.runs.start_again(request.parameters, tags=request.tags, after=None, place=place)


def _unindex(ports: Ports, recording_id: str) -> None:
    """Unless it may be found after all: it was published, or put back, since the manifests were read."""
    with suppress(NotFound):
        manifest = ports.archive.manifest(recording_id)
        if manifest.withdrawn is None and manifest.state is State.PUBLISHED:
            return
    ports.index.remove(recording_id)
