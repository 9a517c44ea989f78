"""Flow runs as Kring sees them: what is known of one, and how one is requested.

A recording's run carries the recording's id, so that everything that asks for a run, looks at runs or writes down what
became of one means the same recording.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from kring.sentence import Sentence
from storage.migrations.sentences_2 import recognised

FLOW = "recording"
DEPLOYMENT = f"{FLOW}/kring"
RECORDING_ID = re.compile(r"[0-9a-f]{16}")
"""A run made by hand in Prefect's pages may be about anything; it is not ours to look after."""
STOPPED = "Stopped"
"""Name of the state of a run that failed for a reason that trying again does not remove."""
NOT_THERE = "Not there"
"""Name of the state of a run whose file could not be fetched: tried again after ever longer pauses."""
SHUTTING_DOWN = "Runner is shutting down."
"""The message with which Prefect's runner cancels its runs when the worker stops, and no person has cancelled them."""


class StateType(StrEnum):
    """Prefect's types of state, https://docs.prefect.io/v3/concepts/states"""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CRASHED = "CRASHED"
    CANCELLED = "CANCELLED"


ACTIVE = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED})


@dataclass(frozen=True)
class Run:
    """One flow run of one recording."""

    id: str
    recording_id: str
    state: StateType
    state_name: str
    message: str
    created: datetime
    since: datetime
    """When it came into this state."""
    parameters: dict[str, Any]
    tags: tuple[str, ...]
    place: datetime
    """Its place in the queue: runs are taken up in the order of this."""
    not_before: datetime | None = None
    """For a failed run: when the next one may begin, if a server has said so."""
    problem: Sentence | None = None
    """Why it stopped, if the run has said so (`Runs.explain`)."""

    @property
    def reason(self) -> Sentence:
        """Why it stopped. Of a run that has not said so (an older one, or Prefect was away just then) only the message
        of its state is known, so its template is recognised; without values if it is none of ours."""
        return self.problem or recognised(self.message) or Sentence(self.message)

    @property
    def cancelled(self) -> bool:
        """Whether a person has cancelled it, or has asked for that; a stopped worker has not."""
        if self.state is StateType.CANCELLED:
            return not is_shutdown(self.message)
        return self.state is StateType.CANCELLING

    @property
    def waiting(self) -> bool:
        return self.state is StateType.SCHEDULED

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def going(self) -> bool:
        """Whether it has not ended."""
        return self.waiting or self.active

    @property
    def source(self) -> str:
        """Name of the source that its item is fetched from; empty if nothing is to be fetched."""
        return str(((self.parameters.get("item") or {}).get("ref") or {}).get("source", ""))

    def pauses(self, moment: datetime) -> bool:
        """Whether the next run has to wait longer than until `moment`."""
        return self.not_before is not None and moment < self.not_before


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted of a recording's runs: rows, and whether their bytes are gone from the database's files too."""

    rows: int
    events: bool = True
    """False: the server's events can only be left to its own limit of time."""
    compacted: bool = True


class Runs(Protocol):
    """The flow runs of recordings. Every method raises OrchestratorDown if the server that keeps them does not answer,
    and SetupError if there is none in the settings or it refuses our password. Adapters inherit what follows from the
    rest: `start`, `run_for` and `newest`."""

    def check(self) -> None:
        """Return if runs can be asked for."""

    def start(
        self,
        recording_id: str,
        *,
        title: str,
        circle: str,
        item: dict[str, Any] | None = None,
        after: str | None = None,
        place: datetime | None = None,
    ) -> str:
        """Ask for a run of this recording; the id of the run.

        Asking twice with the same `after` gives the same run. `after` names what a new run follows: the last run, or a
        version of the recording. `item` says where to fetch the recording from (`kring.intake.item.Item` as plain
        data); None: it was received before. `place` in the queue; None: the end.
        """
        parameters = {"recording_id": recording_id, "title": title, "item": item}
        return self.start_again(parameters, tags=run_tags(recording_id, circle), after=after, place=place)

    def start_again(
        self, parameters: dict[str, Any], *, tags: tuple[str, ...], after: str | None, place: datetime | None
    ) -> str:
        """A run with these parameters, e.g. those of a run that died before its recording was received; its id."""
        ...

    def run_for(self, recording_id: str, *, title: str, circle: str, item: dict[str, Any] | None = None) -> str:
        """The run that works on this recording: the one that is waiting or active, else a new one; its id."""
        last = self.newest(recording_id)
        if last is not None and last.going:
            return last.id
        return self.start(recording_id, title=title, circle=circle, item=item, after=last.id if last else None)

    def run(self, run_id: str) -> Run:
        """Raises NotFound."""
        ...

    def runs(self, recording_id: str | None = None, *, finished_well: bool = True) -> list[Run]:
        """The runs of one recording, or of all, newest first; `finished_well` False: without the completed ones."""
        ...

    def newest(self, recording_id: str) -> Run | None:
        """The latest run of one recording; None: there never was one."""
        return next(iter(self.runs(recording_id)), None)

    def cancelled(self) -> set[str]:
        """Ids of runs that a person has cancelled, of the latest few hundred."""
        ...

    def explain(self, run_id: str, problem: Sentence) -> None:
        """Keep with a run why it stopped, so that it can be said in any language."""

    def crash(self, run_id: str, why: str) -> None:
        """Mark a run as crashed whose process is gone."""

    def let_go(self, run_id: str) -> None:
        """Mark a stopped run as settled, because its source no longer offers the recording."""

    def cancel(self, run_id: str) -> None:
        """Have a run stop that waits or works; its process is killed within some seconds. Nothing happens to one that
        has ended."""

    def forget(self, recording_id: str, run_ids: Collection[str]) -> Forgotten:
        """Delete all that is kept of these runs, which have ended, and of this recording."""
        ...

    def end_cancelled(self, run_id: str) -> None:
        """Mark a run as cancelled that was being cancelled by a worker that is gone."""


def run_tags(recording_id: str, circle: str) -> tuple[str, ...]:
    return (circle, f"recording:{recording_id}")


def run_key(recording_id: str, after: str | None = None) -> str:
    """The idempotency key: asking twice gives one run. `after` names what a new run follows."""
    return recording_id + (f":after:{after}" if after else "")


def is_shutdown(message: str) -> bool:
    """Whether this message of a cancelled run says that its worker was stopped."""
    return message == SHUTTING_DOWN
