"""Kring's dealings with the Prefect server: start a recording's run, look at runs, call a dead one dead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Completed, Crashed, Scheduled

from kring.errors import KringError, OrchestratorDown, SetupError
from kring.model import now
from kring.runs import DEPLOYMENT, FLOW, run_key, run_tags

PAGE = 200
RECORDING_ID = re.compile(r"[0-9a-f]{16}")
"""A run made by hand in Prefect's pages may be about anything; it is not ours to look after."""
PASSING = {408, 409, 429}
WAITING = frozenset({StateType.SCHEDULED})
SHUTTING_DOWN = "Runner is shutting down."
"""How Prefect's runner says that it cancelled a run because it was stopped itself, and no person did."""
ACTIVE = frozenset({StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED})


@dataclass(frozen=True)
class Run:
    """One flow run of one recording, as the Prefect server tells it."""

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
    """Of one that failed: when a next one may begin, where a server has said so."""

    @property
    def cancelled(self) -> bool:
        """A person has cancelled it, or is about to have; a stopped worker has not."""
        if self.state is StateType.CANCELLED:
            return not is_shutdown(self.message)
        return self.state is StateType.CANCELLING

    @property
    def waiting(self) -> bool:
        return self.state in WAITING

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def pauses(self, moment: datetime) -> bool:
        return self.not_before is not None and moment < self.not_before

    @property
    def going(self) -> bool:
        """It has not ended."""
        return self.waiting or self.active


class Orchestrator:
    """Every method raises OrchestratorDown when the Prefect server does not answer."""

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

        Asking twice gives the same run. `after` names the last run where a new one is wanted: two who ask for a new
        run after the same one get the same new one. `place` in the queue; None: the end.
        """
        return self.start_again(
            {"recording_id": recording_id, "title": title, "item": item},
            tags=run_tags(recording_id, circle),
            after=after,
            place=place,
        )

    def start_again(
        self, parameters: dict[str, Any], *, tags: tuple[str, ...], after: str | None, place: datetime | None
    ) -> str:
        """A run with these parameters, e.g. those of a run that died before its recording was received."""
        key = run_key(parameters["recording_id"], after)
        with _client() as client:
            deployment = client.read_deployment_by_name(DEPLOYMENT)
            run = client.create_flow_run_from_deployment(
                deployment.id,
                parameters=parameters,
                tags=tags,
                name=parameters.get("title", key),
                idempotency_key=key,
                state=Scheduled(scheduled_time=place),
            )
        return str(run.id)

    def run_for(self, recording_id: str, *, title: str, circle: str, item: dict[str, Any] | None = None) -> str:
        """The run that works on this recording: the one under way, else a new one; its id."""
        last = self.newest(recording_id)
        if last is not None and last.going:
            return last.id
        return self.start(recording_id, title=title, circle=circle, item=item, after=last.id if last else None)

    def run(self, run_id: str) -> Run:
        with _client() as client:
            return _run(client.read_flow_run(UUID(run_id)))

    def runs(self, recording_id: str | None = None, *, finished_well: bool = True) -> list[Run]:
        """The runs of one recording, or of all, newest first; `finished_well` False: without the completed ones."""
        states = None if finished_well else {"type": {"not_any_": [StateType.COMPLETED.value]}}
        tags = FlowRunFilterTags(all_=[f"recording:{recording_id}"]) if recording_id else None
        wanted = FlowRunFilter.model_validate({"tags": tags, "state": states})
        found: list[Run] = []
        seen = 0
        with _client() as client:
            while True:
                page = client.read_flow_runs(
                    flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
                    flow_run_filter=wanted,
                    sort=FlowRunSort.EXPECTED_START_TIME_DESC,
                    limit=PAGE,
                    offset=seen,
                )
                seen += len(page)
                found += [_run(run) for run in page if RECORDING_ID.fullmatch(str(run.parameters.get("recording_id")))]
                if len(page) < PAGE:
                    return sorted(found, key=lambda run: run.created, reverse=True)

    def newest(self, recording_id: str) -> Run | None:
        """The latest run of one recording; None: there never was one."""
        return next(iter(self.runs(recording_id)), None)

    def cancelled(self) -> set[str]:
        """Ids of runs that a person has cancelled."""
        wanted = FlowRunFilter.model_validate({"state": {"type": {"any_": [StateType.CANCELLED.value]}}})
        with _client() as client:
            found = client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])), flow_run_filter=wanted, limit=PAGE
            )
        return {run.id for run in map(_run, found) if run.cancelled}

    def crash(self, run_id: str, why: str) -> None:
        """Call a run dead whose process is gone, so that nobody waits for it."""
        with _client() as client:
            client.set_flow_run_state(UUID(run_id), Crashed(message=why), force=True)

    def let_go(self, run_id: str) -> None:
        """Call a run settled that was stopped, of what nobody offers any more: there is nothing to wait for."""
        with _client() as client:
            gone: State[None] = Completed(name="Let go", message="Its source no longer offers it.")
            client.set_flow_run_state(UUID(run_id), gone, force=True)

    def end_cancelled(self, run_id: str) -> None:
        """Call a run cancelled that should have been, by a worker that is gone."""
        with _client() as client:
            client.set_flow_run_state(UUID(run_id), Cancelled(), force=True)


def source_of(run: Run) -> str:
    """Name of the source that its item is fetched from; empty where nothing is to be fetched."""
    return str(((run.parameters.get("item") or {}).get("ref") or {}).get("source", ""))


def is_shutdown(message: str) -> bool:
    return message == SHUTTING_DOWN


def _run(run: FlowRun) -> Run:
    state = run.state
    return Run(
        id=str(run.id),
        recording_id=str(run.parameters.get("recording_id", "")),
        state=state.type if state else StateType.SCHEDULED,
        state_name=state.name if state and state.name else "",
        message=state.message if state and state.message else "",
        created=run.created or now(),
        since=state.timestamp if state else now(),
        parameters=dict(run.parameters),
        tags=tuple(run.tags),
        place=run.expected_start_time or now(),
        not_before=state.state_details.scheduled_time if state and state.type is StateType.FAILED else None,
    )


@contextmanager
def _client() -> Iterator[SyncPrefectClient]:
    address = PREFECT_API_URL.value()
    if not address:
        raise SetupError("No Prefect server is known: start one with `kring up`, or set PREFECT_API_URL.")
    host = urlsplit(address).netloc
    try:
        with get_client(sync_client=True) as client:
            yield client
    except ObjectNotFound:
        raise OrchestratorDown("No worker has introduced itself yet; start one with `kring up`.") from None
    except PrefectHTTPStatusError as error:
        code = error.response.status_code
        if code == 401:
            raise SetupError(
                f"The Prefect server at {host} does not know us: set PREFECT_API_AUTH_STRING to what it asks for."
            ) from None
        if code < 500 and code not in PASSING:
            raise KringError(f"The Prefect server at {host} refuses what it was asked ({code}); see its log.") from None
        raise OrchestratorDown(f"The Prefect server at {host} answers {code}.") from None
    except httpx.TransportError as error:
        why = type(error).__name__
        raise OrchestratorDown(
            f"The Prefect server at {host} does not answer ({why}); is `kring up` running?"
        ) from None
