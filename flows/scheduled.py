"""The chores: `discover` looks for new recordings, `reconcile` for unfinished ones, `retain` for those that are to be
erased. `flows.chores` runs them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from prefect import Flow, tags
from prefect.client.schemas.objects import State
from prefect.exceptions import PrefectException
from prefect.states import Completed, Failed

from flows.discovery import look_at_all
from flows.errors import as_kring_error
from flows.new_runs import start_new
from flows.retaining import RemovalRounds
from flows.sources import open_sources
from flows.steps.uploads import sweep_uploads
from kring.errors import KringError
from kring.intake.left_out import LeftOutReason
from kring.model import now
from kring.settings import Settings, WorkerSettings
from services.people_sweep import sweep_people
from services.ports import Ports, open_ports
from services.reconcile import reconcile as reconciling
from services.runs.prefect import PrefectRuns
from services.search_index.ownership import host, require_own_index
from storage.archive.left_out import forget_other_sources, keep_left_out

TAG = "chore"
"""Of the runs that say what a chore has done."""
TOLD = 10
"""So many sentences are in a run's message; all are in its log."""

RETAIN_PAUSE = 20
"""Seconds between two looks whether a person wants something erased."""
LOOK_SECONDS = 10.0
"""Between two looks whether a person has cancelled a run."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoundOutcome:
    """What one round of a chore has done and what it could not do, a sentence each."""

    done: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def is_news_after(self, before: RoundOutcome) -> bool:
        """Whether an operator wants to know: something was done, or what is wrong has changed since the last round."""
        return bool(self.done) or self.problems != before.problems


def discover(ports: Ports) -> RoundOutcome:
    """Start a run for every recording the sources offer that the archive does not have. Asking again is harmless."""
    store = ports.archive.store
    sweep_uploads(ports.archive, now())
    sweep_people(store, ports.settings, now())
    sources = open_sources(ports.settings, ports.archive)
    stopped: dict[str, list[LeftOutReason]] = {source.name: [] for source in sources}
    asked = look_at_all(sources, lambda source: start_new(source, ports, stopped[source.name]))
    problems = {result.name: [*result.problems, *stopped[result.name]] for result in asked}
    looker = f"{host()} {ports.settings.data_dir}"
    for name, reasons in problems.items():
        keep_left_out(store, looker, name, reasons, now())
    forget_other_sources(store, looker, problems, now())
    return RoundOutcome(
        tuple(f"{result.name}: {result.started} new recordings." for result in asked if result.started),
        tuple(reason.says for reasons in problems.values() for reason in reasons),
    )


def reconcile(ports: Ports) -> RoundOutcome:
    """Start again what a crash or a server that was down has left unfinished."""
    problems: list[str] = []
    done = reconciling.reconcile(ports, problems=problems)
    return RoundOutcome(tuple(reconciling.describe_action(action) for action in done), tuple(problems))


_removals = RemovalRounds()


def remove(ports: Ports) -> RoundOutcome:
    """Erase what is to be erased, in the one process of this machine that feeds the index."""
    require_own_index(ports.settings, ports.archive.store)
    done, problems = _removals.remove(ports)
    return RoundOutcome(tuple(done), tuple(problems))


@dataclass(frozen=True)
class Chore:
    name: str
    work: Callable[[Ports], RoundOutcome]
    pause: Callable[[WorkerSettings], int]
    """Seconds from the end of a round to the next."""
    hurries: bool = False
    """The next round comes at once when a person has cancelled a run."""


CHORES = {
    chore.name: chore
    for chore in (
        Chore("discover", discover, lambda worker: worker.discover_seconds),
        Chore("reconcile", reconcile, lambda worker: worker.reconcile_seconds, hurries=True),
        Chore("retain", remove, lambda _: RETAIN_PAUSE),
    )
}


def attempt(chore: Chore, settings: Settings) -> RoundOutcome:
    """One round; that it failed is an outcome too, the next one may do better."""
    try:
        return chore.work(open_ports(settings))
    except Exception as error:  # whatever it was, the rounds go on
        known = as_kring_error(error)
        log.warning("%s: %s", chore.name, known, exc_info=None if known is error else error)
        return RoundOutcome(problems=(str(known),))


def cancelled_by(chore: Chore, settings: Settings) -> set[str]:
    """Ids of the runs that a person has cancelled, for a chore that hurries for new ones; none if Prefect does not
    answer.
    """
    try:
        return PrefectRuns(settings).cancelled() if chore.hurries else set()
    except KringError:
        return set()


def rest(chore: Chore, settings: Settings, known: set[str]) -> None:
    """Wait for the next round. `known`: runs that were cancelled before the last one began."""
    until = time.monotonic() + chore.pause(settings.worker)
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK_SECONDS, left) if chore.hurries else left)
        if cancelled_by(chore, settings) - known:
            return


def tell(chore: Chore, outcome: RoundOutcome, before: RoundOutcome) -> bool:
    """Show an outcome on Prefect's runs page, as a run with a name of its own; whether that could be done.

    `before`: what was shown there last.
    """

    def report() -> State[None]:
        for sentence in outcome.done:
            log.info(sentence)
        for problem in outcome.problems:
            log.warning(problem)
        if outcome.problems:
            return Failed(message=" ".join(outcome.problems))
        well_again = ["All is well again."] if before.problems else []
        return Completed(message=" ".join([*outcome.done[:TOLD], *well_again]))

    run_name = f"{chore.name} {datetime.now().astimezone():%Y-%m-%d %H:%M}"
    try:
        with tags(TAG):
            Flow(report, name=chore.name, flow_run_name=run_name, persist_result=False)(return_state=True)
    except (httpx.HTTPError, PrefectException, RuntimeError) as error:
        log.warning("The Prefect server could not be told what %s has done: %s", chore.name, error)
        return False
    return True
