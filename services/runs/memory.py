"""Flow runs in memory, for tests and for looking at pages without a Prefect server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from kring.errors import NotFound, OrchestratorDown
from kring.model import now
from kring.sentence import Sentence
from services.runs.port import Forgotten, Run, Runs, StateType, run_key


class MemoryRuns(Runs):
    """Without a worker: what is asked for stays scheduled. `down`: it does not answer."""

    def __init__(self) -> None:
        self.asked: dict[str, dict[str, Any]] = {}
        """Idempotency key → what was asked for first."""
        self.down = False
        self._runs: dict[str, Run] = {}
        self._ids: dict[str, str] = {}
        self._numbers = count(1)

    def check(self) -> None:
        if self.down:
            raise OrchestratorDown(
                "The Prefect server does not answer ({error}); see whether `kring up` runs.", error="down"
            )

    def start_again(
        self, parameters: dict[str, Any], *, tags: tuple[str, ...], after: str | None, place: datetime | None
    ) -> str:
        self.check()
        key = run_key(parameters["recording_id"], after)
        if key not in self._ids:
            moment = now()
            run_id = self._ids[key] = f"run-{next(self._numbers)}"
            self.asked[key] = {**parameters, "circle": tags[0] if tags else ""}
            self._runs[run_id] = Run(
                id=run_id,
                recording_id=parameters["recording_id"],
                state=StateType.SCHEDULED,
                state_name="Scheduled",
                message="",
                created=moment,
                since=moment,
                parameters=parameters,
                tags=tags,
                place=place or moment,
            )
        return self._ids[key]

    def run(self, run_id: str) -> Run:
        self.check()
        if run_id not in self._runs:
            raise NotFound("The Prefect server does not know this run (any more).")
        return self._runs[run_id]

    def runs(self, recording_id: str | None = None, *, finished_well: bool = True) -> list[Run]:
        self.check()
        return [
            run
            for run in reversed(self._runs.values())
            if recording_id in (None, run.recording_id) and (finished_well or run.state is not StateType.COMPLETED)
        ]

    def cancelled(self) -> set[str]:
        return {run.id for run in self.runs() if run.state is StateType.CANCELLED and run.cancelled}

    def explain(self, run_id: str, problem: Sentence) -> None:
        self._runs[run_id] = replace(self.run(run_id), problem=problem)

    def crash(self, run_id: str, why: str) -> None:
        self._set_state(run_id, StateType.CRASHED, "Crashed", why)

    def let_go(self, run_id: str) -> None:
        self._set_state(run_id, StateType.COMPLETED, "Let go", "Its source no longer offers it.")

    def cancel(self, run_id: str) -> None:
        if self.run(run_id).going:
            self.end_cancelled(run_id)

    def forget(self, recording_id: str, run_ids: Collection[str]) -> Forgotten:
        gone = {run.id for run in self.runs(recording_id)} | set(run_ids) & set(self._runs)
        self._runs = {run_id: run for run_id, run in self._runs.items() if run_id not in gone}
        self._ids = {key: run_id for key, run_id in self._ids.items() if run_id not in gone}
        self.asked = {key: asked for key, asked in self.asked.items() if key in self._ids}
        return Forgotten(len(gone))

    def end_cancelled(self, run_id: str) -> None:
        self._set_state(run_id, StateType.CANCELLED, "Cancelled", "")

    def _set_state(self, run_id: str, state: StateType, name: str, message: str) -> None:
        run = self.run(run_id)
        self._runs[run_id] = replace(run, state=state, state_name=name, message=message, since=now())
