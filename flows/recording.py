"""The Prefect flow of one recording: `receive → probe → render → transcribe → publish → index`.

Thin on purpose: what the steps do is in `flows.steps.steps`, who may do it in `storage.leases`, where they go on
after a crash in the bucket. Only ids travel between tasks.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import httpx
from prefect import Task, flow, runtime
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State as PrefectState, StateDetails
from prefect.exceptions import PrefectException
from prefect.states import Completed, Failed

from flows.errors import as_kring_error
from flows.heartbeat import Heartbeat, LeaseLost
from flows.run_summary import summary
from flows.steps import steps
from flows.steps.recording_job import Job
from kring.errors import (
    Busy,
    Damaged,
    DiskFull,
    Gone,
    KringError,
    NotFound,
    NotThere,
    SlowSource,
    SourceDown,
)
from kring.intake.item import Item
from kring.local_stack import public_address
from kring.model import Step
from kring.process import die_with_parent
from services.ports import Ports, ports_from_environment
from services.problems import damaged_of, record_problem, take_up
from services.retry import RETRY_SECONDS, may_pass
from services.runs.port import NOT_THERE, STOPPED
from services.scratch import clear_scratch
from storage.archive.erasures import Erasures
from storage.keys import manifest_key
from storage.leases import owner_name

LONG_STEPS = (Step.RECEIVE, Step.RENDER, Step.TRANSCRIBE)

Given = ParamSpec("Given")
Made = TypeVar("Made")

_run: ContextVar[tuple[Ports, Heartbeat, dict[Step, float]]] = ContextVar("run")
log = logging.getLogger(__name__)


def current_step() -> Step | None:
    """What this process is working on; None outside a run."""
    run = _run.get(None)
    return run[1].current_step if run else None


def _may_pass(_task: Any, _run: Any, state: PrefectState[Any]) -> bool:
    error = state.data
    return may_pass(getattr(error, "exception", error))


@contextmanager
def _working_on(step: Step, recording_id: str, item: Item | None = None) -> Iterator[Job]:
    """A job whose progress goes to the lease and, for long steps, to a progress artifact in Prefect's UI."""
    ports, heart, seconds = _run.get()
    show = _progress_artifact(step) if step in LONG_STEPS else None
    started = time.monotonic()
    with heart.step(step, show):
        yield Job(ports, recording_id, heart.report, item)
    seconds[step] = round(time.monotonic() - started, 2)
    if show:
        show(1.0, "done")


def _progress_artifact(step: Step) -> Callable[[float, str], None]:
    key = f"{step.value}-{runtime.flow_run.id}"
    artifact = _tell(lambda: create_progress_artifact(progress=0.0, key=key, description=step.value))

    def show(fraction: float, note: str) -> None:
        if isinstance(artifact, UUID):
            percent, words = round(100 * fraction, 1), f"{step.value}: {note}"
            _tell(lambda: update_progress_artifact(artifact, progress=percent, description=words))

    return show


def _tell(report: Callable[[], object]) -> object:
    """Tell Prefect's pages something; hours of work must not fail because the server is away for a moment."""
    try:
        return report()
    except (httpx.HTTPError, PrefectException, KringError) as error:
        log.warning("The Prefect server could not be told how far it is: %s", error)
        return None


def as_step(step: Step) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """A Prefect task that is tried again only for what may pass."""

    def make(work: Callable[Given, Made]) -> Callable[Given, Made]:
        return Task(
            work,
            name=step.value,
            retries=len(RETRY_SECONDS),
            retry_delay_seconds=RETRY_SECONDS,
            retry_condition_fn=_may_pass,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    return make


@as_step(Step.RECEIVE)
def receive(recording_id: str, item: dict[str, Any] | None) -> bool:
    with _working_on(Step.RECEIVE, recording_id, Item.model_validate(item) if item else None) as job:
        return steps.receive(job)


@as_step(Step.PROBE)
def probe(recording_id: str) -> None:
    with _working_on(Step.PROBE, recording_id) as job:
        steps.probe(job)


@as_step(Step.RENDER)
def render(recording_id: str) -> None:
    with _working_on(Step.RENDER, recording_id) as job:
        steps.render(job)


@as_step(Step.TRANSCRIBE)
def transcribe(recording_id: str) -> None:
    with _working_on(Step.TRANSCRIBE, recording_id) as job:
        steps.transcribe(job)


@as_step(Step.PUBLISH)
def publish(recording_id: str) -> None:
    with _working_on(Step.PUBLISH, recording_id) as job:
        steps.publish(job, _run.get()[2])


@as_step(Step.INDEX)
def index(recording_id: str) -> None:
    with _working_on(Step.INDEX, recording_id) as job:
        steps.index(job)


@flow(name="recording", flow_run_name="{title}", persist_result=False, validate_parameters=False)
def process_recording(recording_id: str, title: str, item: dict[str, Any] | None = None) -> PrefectState[Any]:  # noqa: ARG001
    """Take one recording the whole way; safe to run again at any time.

    `item` (an `Item` as plain data) says where to fetch it; None: it was received already. The state says how it
    ended: Completed, Failed (may pass: `reconcile` starts it again), Not there (its file could not be fetched: tried
    again after ever longer pauses) or Stopped (someone must do something first).
    """
    die_with_parent()
    ports = ports_from_environment()
    if Erasures(ports.archive.store).has(recording_id):
        return Completed(message="This recording was erased.")
    owner = owner_name(str(runtime.flow_run.id))
    if not ports.leases.take(recording_id, owner):
        return Completed(message="Another run is already working on this recording.")
    seconds: dict[Step, float] = {}
    with Heartbeat(ports.leases, recording_id, owner, every=ports.settings.worker.lease_seconds / 4) as heart:
        token = _run.set((ports, heart, seconds))
        try:
            take_up(ports.archive, recording_id)
            if not receive(recording_id, item):
                return Completed(message="Its file has replaced that of another recording.")
            for step in (probe, render, transcribe, publish, index):
                step(recording_id)
        except LeaseLost as lost:
            return Completed(message=str(lost))
        except Exception as error:  # noqa: BLE001 — nothing may end a run without saying why in the manifest
            return _record_failure(ports, heart, recording_id, error)
        finally:
            _run.reset(token)
    _leave_artifacts(ports, recording_id, seconds)
    clear_scratch(ports.settings, recording_id)
    return Completed(message="Published and searchable.")


def _record_failure(ports: Ports, heart: Heartbeat, recording_id: str, error: Exception) -> PrefectState[Any]:
    """Write down why it stopped, in the manifest if there is one and in the run's state."""
    known = as_kring_error(error)
    not_there = _is_not_there(ports, heart, recording_id, known)
    log.warning("Stopped: %s", known, exc_info=None if known is error else error)
    if isinstance(known, Damaged) or (isinstance(known, NotFound) and heart.current_step is not Step.RECEIVE):
        known = damaged_of(recording_id)
    try:
        record_problem(ports.archive, recording_id, heart.current_step, known.sentence, transient=known.transient)
    except KringError as down:  # the manifest stays unfinished, which is what reconcile looks for
        log.warning("The problem could not be written down: %s", down)
    _tell(lambda: ports.runs.explain(str(runtime.flow_run.id), known.sentence))
    if isinstance(known, DiskFull) or not known.transient:
        clear_scratch(ports.settings, recording_id)
    until = known.until if isinstance(known, Busy) else None
    details = StateDetails.model_validate({"scheduled_time": until})
    if not_there:
        return Failed(name=NOT_THERE, message=str(known), state_details=details)
    if known.transient:
        return Failed(message=str(known), state_details=details)
    return Failed(name=STOPPED, message=str(known))


def _is_not_there(ports: Ports, heart: Heartbeat, recording_id: str, error: KringError) -> bool:
    """Whether its file could not be fetched, so that it is tried again after ever longer pauses. A server that is slow
    goes on, and of one that failed once the recording was here, `reconcile` knows from the manifest."""
    if heart.current_step is not Step.RECEIVE or isinstance(error, SlowSource):
        return False
    if isinstance(error, SourceDown):
        return not ports.archive.store.exists(manifest_key(recording_id))
    return isinstance(error, NotThere) and not isinstance(error, Gone)


def _leave_artifacts(ports: Ports, recording_id: str, seconds: dict[Step, float]) -> None:
    text = summary(ports.archive.manifest(recording_id), seconds)
    page = f"{public_address(ports.settings)}/r/{recording_id}"
    about = "The recording's page"
    _tell(
        lambda: create_link_artifact(
            page, link_text="Open the recording", key=f"page-{recording_id}", description=about
        )
    )
    _tell(lambda: create_markdown_artifact(text, key=f"summary-{recording_id}", description="What was done"))
