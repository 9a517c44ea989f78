"""The chores: `discover` looks for new recordings, `reconcile` for unfinished ones. `flows.chores` runs them."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
from prefect import Flow, tags
from prefect.client.schemas.objects import State
from prefect.exceptions import PrefectException
from prefect.states import Completed, Failed

from flows import reconcile as reconciling
from flows.discovery import ask_all
from flows.hiding import hide_secrets
from flows.orchestrator import Orchestrator, Run
from flows.reports import NOT_THERE, STOPPED, foreseen
from flows.sources import open_sources
from flows.sources.port import Item, RecordingSource
from flows.uploads import sweep_uploads
from flows.wiring import Ports, open_ports
from kring.addresses import without_secrets
from kring.errors import KringError, SourceError
from kring.model import now
from kring.requests import Request
from kring.settings import Settings, Worker
from storage.keys import manifest_key
from storage.left_out import forget_other_sources, keep_left_out
from storage.requests import Requests

STAYS_OUT = "{name} was not taken in. {problem}"
TAG = "chore"
"""Of the runs that say what a chore has done."""
TOLD = 10
"""So many sentences are in a run's message; all are in its log."""

LONGEST_PAUSE = 24 * 3600.0
"""Seconds between two tries to fetch what its source still offers."""
LOOK_SECONDS = 10.0
"""Between two looks whether a person has cancelled a run."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What one round of a chore has done and what it could not do, a sentence each."""

    done: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def is_news_after(self, before: Outcome) -> bool:
        """Whether an operator wants to know: something was done, or what is wrong has changed since the last round."""
        return bool(self.done) or self.problems != before.problems


def discover(ports: Ports, orchestrator: Orchestrator) -> Outcome:
    """Start a run for every recording the sources offer that the archive does not have. Asking again is harmless."""
    store = ports.archive.store
    sweep_uploads(ports.archive, now())
    sources = open_sources(ports.settings, ports.archive)
    stopped: dict[str, list[str]] = {source.name: [] for source in sources}
    asked = ask_all(sources, lambda source: start_new(source, ports, orchestrator, stopped[source.name]))
    problems = {one.name: [*one.problems, *stopped[one.name]] for one in asked}
    forget_other_sources(store, problems)
    for name, sentences in problems.items():
        keep_left_out(store, name, sentences, now())
    return Outcome(
        tuple(f"{one.name}: {one.started} new recordings." for one in asked if one.started),
        tuple(problem for sentences in problems.values() for problem in sentences),
    )


def start_new(
    source: RecordingSource, ports: Ports, orchestrator: Orchestrator, stopped: list[str] | None = None
) -> int:
    """One run per item that is not in the archive, or whose transcript has changed; how many were not asked for before.

    Whose run waits or works is not asked for again: of a batch of a hundred, that would be a hundred writes a round.
    What was stopped before it was received and is not tried again by this look is added to `stopped`, a sentence each.
    """
    runs = orchestrator.runs(finished_well=False)
    requests = Requests(ports.archive.store).all()
    of: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        of[run.recording_id].append(run)
    known = {run.id for run in runs}
    started = 0
    for item in source.list():
        after, before = item.attempt, of[item.recording_id]
        if any(run.going for run in before) or _is_cancelled(requests.get(item.recording_id), item):
            continue
        if ports.archive.store.exists(manifest_key(item.recording_id)):
            if not _is_news(ports, item):
                continue
            last = orchestrator.newest(item.recording_id)
            if last is not None and last.going:
                continue
            after = last.id if last else None
        elif before and before[0].state_name in {STOPPED, NOT_THERE} and item.attempt is None:
            if not is_worth_a_try(item, before, ports.settings.worker.discover_seconds, now()):
                if stopped is not None:
                    stopped.append(_why_out(item, before[0]))
                continue
            after = before[0].id
        run_id = orchestrator.start(
            item.recording_id,
            title=item.details.title,
            circle=item.details.circle,
            item=hide_secrets(ports.archive.store, item).model_dump(mode="json"),
            after=after,
        )
        started += run_id not in known
    return started


def _is_cancelled(request: Request | None, item: Item) -> bool:
    """A person has cancelled its run, and nobody has brought it in once more since."""
    if request is None or request.cancelled_at is None:
        return False
    return (request.parameters.get("item") or {}).get("attempt") == item.attempt


def _why_out(item: Item, run: Run) -> str:
    if item.file_name in run.message:
        return run.message
    return str(SourceError(STAYS_OUT, name=item.file_name, problem=run.message))


def _is_news(ports: Ports, item: Item) -> bool:
    """Whether a recording that is there comes with a transcript that is new, or grew after it was taken in."""
    if item.captions_sha256 is None and not item.grown:
        return False
    manifest = ports.archive.manifest(item.recording_id)
    if item.grown and manifest.original.sha256 != item.sha256:
        return True
    there = None if manifest.captions is None else manifest.captions.sha256
    return item.captions_sha256 is not None and item.captions_sha256 != there


def is_worth_a_try(item: Item, before: Sequence[Run], look_seconds: float, moment: datetime) -> bool:
    """Whether what was stopped before it was received is tried again by this look.

    It is where it lies elsewhere than before (a file that was renamed). What could not be fetched is tried by the next
    look, then after ever longer pauses, once a day at last. All else stays as it was, so it would stop again.
    `before`: its runs, newest first. `look_seconds`: from one look to the next.
    """
    last = before[0]
    then: dict[str, object] = last.parameters.get("item") or {}
    offered = (without_secrets(item.location), item.file_name, item.sha256)
    if offered != tuple(then.get(name) for name in ("location", "file_name", "sha256")):
        return True
    if last.state_name != NOT_THERE:
        return False
    tries = sum(run.state_name == NOT_THERE for run in before)
    pause = min(look_seconds * (2 ** min(tries - 1, 20) - 1), LONGEST_PAUSE)
    return bool((moment - last.since).total_seconds() >= pause)


def reconcile(ports: Ports, orchestrator: Orchestrator) -> Outcome:
    """Start again what a crash or a server that was down has left unfinished."""
    problems: list[str] = []
    done = reconciling.reconcile(ports, orchestrator, problems=problems)
    return Outcome(tuple(reconciling.said_of(action) for action in done), tuple(problems))


@dataclass(frozen=True)
class Chore:
    name: str
    work: Callable[[Ports, Orchestrator], Outcome]
    pause: Callable[[Worker], int]
    """Seconds from the end of a round to the next."""
    hurries: bool = False
    """The next round comes at once when a person has cancelled a run."""


CHORES = {
    chore.name: chore
    for chore in (
        Chore("discover", discover, lambda worker: worker.discover_seconds),
        Chore("reconcile", reconcile, lambda worker: worker.reconcile_seconds, hurries=True),
    )
}


def attempt(chore: Chore, settings: Settings) -> Outcome:
    """One round; that it failed is an outcome too, the next one may do better."""
    try:
        return chore.work(open_ports(settings), Orchestrator())
    except Exception as error:  # whatever it was, the rounds go on
        known = foreseen(error)
        log.warning("%s: %s", chore.name, known, exc_info=None if known is error else error)
        return Outcome(problems=(str(known),))


def cancelled_by(chore: Chore) -> set[str]:
    """Ids of the runs that a person has cancelled, for a chore that hurries for new ones; none where nobody answers."""
    try:
        return Orchestrator().cancelled() if chore.hurries else set()
    except KringError:
        return set()


def rest(chore: Chore, settings: Settings, known: set[str]) -> None:
    """Wait for the next round. `known`: runs that were cancelled before the last one began."""
    until = time.monotonic() + chore.pause(settings.worker)
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK_SECONDS, left) if chore.hurries else left)
        if cancelled_by(chore) - known:
            return


def tell(chore: Chore, outcome: Outcome) -> bool:
    """Show an outcome on Prefect's runs page, as a run with a name of its own; whether that could be done."""

    def report() -> State[None]:
        for sentence in outcome.done:
            log.info(sentence)
        for problem in outcome.problems:
            log.warning(problem)
        if outcome.problems:
            return Failed(message=" ".join(outcome.problems))
        return Completed(message=" ".join(outcome.done[:TOLD]) or "All is well again.")

    run_name = f"{chore.name} {datetime.now().astimezone():%Y-%m-%d %H:%M}"
    try:
        with tags(TAG):
            Flow(report, name=chore.name, flow_run_name=run_name, persist_result=False)(return_state=True)
    except (httpx.HTTPError, PrefectException, RuntimeError) as error:
        log.warning("The Prefect server could not be told what %s has done: %s", chore.name, error)
        return False
    return True
