"""The one client for Prefect's API: over plain HTTP, because importing Prefect takes seconds and much memory.

https://docs.prefect.io/v3/api-ref/rest-api/server/flow-runs
"""

from __future__ import annotations

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import httpx

from kring.errors import KringError, NotFound, OrchestratorDown, SetupError
from kring.model import now
from kring.sentence import Sentence, as_stored, from_stored
from kring.settings import Settings
from services.runs.port import DEPLOYMENT, FLOW, RECORDING_ID, Forgotten, Run, Runs, StateType, run_key

PAGE = 200
"""Runs per answer; the server's own limit."""
SECONDS = 30.0
"""How long the Prefect server may take to answer."""
START_SECONDS = 10.0
"""How long it may take to begin a run: a person waits for it on a page."""
CHECK_SECONDS = 2.0
"""How long it may take to say that it is well."""
FORGET = "/kring/forget"
"""Of Kring's own Prefect server (`cli.stack.prefect.forgetting`), under its API."""
FORGET_SECONDS = 600.0
"""Compacting a month of runs."""
BUSY = frozenset({429, 500, 502, 503})
"""Its statuses for "later": on SQLite it answers 503 whenever another client is writing, and 500 while its database is
away for a moment."""
BROKEN_OFF = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""The server went in the middle of a request: it is being started again."""
PASSING = frozenset({408, 409})
PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between tries; asking again is harmless, since one idempotency key gives one run."""

PROBLEM = "kring.problem"
"""The label of a run that says, as JSON, why it stopped: the message of a state is text for operators."""

State = dict[str, Any]

_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP: reading the system's certificates takes longer than most answers."""


class PrefectRuns(Runs):
    """Over the Prefect server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.prefect_api_url
        secret = settings.prefect_auth_string.get_secret_value() if settings.prefect_auth_string else ""
        self._headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}

    def check(self) -> None:
        with self._client(CHECK_SECONDS) as client:
            client.get("/health").raise_for_status()

    def start_again(
        self, parameters: dict[str, Any], *, tags: tuple[str, ...], after: str | None, place: datetime | None
    ) -> str:
        key = run_key(parameters["recording_id"], after)
        body = {
            "name": parameters.get("title", key),
            "parameters": parameters,
            "tags": list(tags),
            "idempotency_key": key,
            "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": (place or now()).isoformat()}},
        }
        try:
            deployment = self._ask("GET", f"/deployments/name/{DEPLOYMENT}", seconds=START_SECONDS)["id"]
            path = f"/deployments/{deployment}/create_flow_run"
            return str(self._ask("POST", path, body, seconds=START_SECONDS)["id"])
        except NotFound:
            raise OrchestratorDown("No worker has introduced itself yet; start one with `kring up`.") from None

    def run(self, run_id: str) -> Run:
        return _run(self._ask("GET", f"/flow_runs/{run_id}"))

    def runs(self, recording_id: str | None = None, *, finished_well: bool = True) -> list[Run]:
        run_filter: dict[str, Any] = {}
        if recording_id is not None:
            run_filter["tags"] = {"all_": [f"recording:{recording_id}"]}
        if not finished_well:
            run_filter["state"] = {"type": {"not_any_": [StateType.COMPLETED]}}
        return sorted(self._pages(run_filter), key=lambda run: run.created, reverse=True)

    def cancelled(self) -> set[str]:
        page = self._page({"state": {"type": {"any_": [StateType.CANCELLED]}}}, 0)
        return {run.id for run in map(_run, page) if run.cancelled}

    def explain(self, run_id: str, problem: Sentence) -> None:
        self._ask("PATCH", f"/flow_runs/{run_id}/labels", {PROBLEM: json.dumps(as_stored(problem))})

    def crash(self, run_id: str, why: str) -> None:
        self._set_state(run_id, {"type": StateType.CRASHED, "name": "Crashed", "message": why})

    def let_go(self, run_id: str) -> None:
        message = "Its source no longer offers it."
        self._set_state(run_id, {"type": StateType.COMPLETED, "name": "Let go", "message": message})

    def cancel(self, run_id: str) -> None:
        run = self.run(run_id)
        if run.waiting:
            self.end_cancelled(run_id)
        elif run.active:
            self._set_state(run_id, {"type": StateType.CANCELLING, "name": "Cancelling"})

    def forget(self, recording_id: str, run_ids: Collection[str]) -> Forgotten:
        """Kring's own Prefect server deletes every row and compacts its database. Another one deletes its runs."""
        ids = sorted({run.id for run in self.runs(recording_id)} | set(run_ids))
        try:
            told = self._ask("POST", FORGET, {"recording_id": recording_id, "run_ids": ids}, seconds=FORGET_SECONDS)
        except NotFound:
            for run_id in ids:
                with suppress(NotFound):
                    self._ask("DELETE", f"/flow_runs/{run_id}")
            return Forgotten(len(ids), events=False, compacted=False)
        return Forgotten(told["rows"], compacted=told["compacted"])

    def end_cancelled(self, run_id: str) -> None:
        self._set_state(run_id, {"type": StateType.CANCELLED, "name": "Cancelled"})

    def _set_state(self, run_id: str, state: State) -> None:
        self._ask("POST", f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def _pages(self, run_filter: dict[str, Any]) -> Iterator[Run]:
        seen = 0
        while True:
            page = self._page(run_filter, seen)
            seen += len(page)
            yield from (run for run in map(_run, page) if RECORDING_ID.fullmatch(run.recording_id))
            if len(page) < PAGE:
                return

    def _page(self, run_filter: dict[str, Any], offset: int) -> list[dict[str, Any]]:
        flows = {"name": {"any_": [FLOW]}}
        sort = "EXPECTED_START_TIME_DESC"
        asked = {"flows": flows, "flow_runs": run_filter, "sort": sort, "limit": PAGE, "offset": offset}
        page: list[dict[str, Any]] = self._ask("POST", "/flow_runs/filter", asked)
        return page

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, seconds: float = SECONDS) -> Any:
        """The answer's JSON; the server is asked again while it is busy."""
        with self._client(seconds) as client:
            for pause in PAUSES:
                try:
                    answer = client.request(method, path, json=body)
                except BROKEN_OFF:
                    time.sleep(pause)
                    continue
                if answer.status_code not in BUSY:
                    break
                time.sleep(pause)
            else:
                answer = client.request(method, path, json=body)
            answer.raise_for_status()
            try:
                return None if answer.status_code == httpx.codes.NO_CONTENT else answer.json()
            except ValueError:
                raise OrchestratorDown(
                    "The Prefect server answers {status}; see its log.", status=answer.status_code
                ) from None

    @contextmanager
    def _client(self, seconds: float) -> Iterator[httpx.Client]:
        """Errors of HTTP become Kring's."""
        if not self._address:
            raise SetupError("No Prefect server is known: start one with `kring up`, or set PREFECT_API_URL.")
        # Its address is this machine's or the operator's own; a proxy for the internet has no part in it.
        verify = ssl.create_default_context() if self._address.startswith("https") else _NO_AUTHORITIES
        try:
            with httpx.Client(
                base_url=self._address,
                headers=self._headers,
                timeout=seconds,
                verify=verify,
                trust_env=False,
                follow_redirects=True,
            ) as client:
                yield client
        except httpx.HTTPStatusError as error:
            raise _refused(error.response.status_code) from None
        except httpx.HTTPError as error:
            raise OrchestratorDown(
                "The Prefect server does not answer ({error}); see whether `kring up` runs.", error=type(error).__name__
            ) from None


def _refused(status: int) -> KringError:
    if status == httpx.codes.UNAUTHORIZED:
        return SetupError("The Prefect server does not know us: set PREFECT_API_AUTH_STRING to what it asks for.")
    if status == httpx.codes.NOT_FOUND:
        return NotFound("The Prefect server does not know this run (any more).")
    if status < httpx.codes.INTERNAL_SERVER_ERROR and status not in BUSY | PASSING:
        return KringError("The Prefect server refuses what it was asked ({status}); see its log.", status=status)
    return OrchestratorDown("The Prefect server answers {status}; see its log.", status=status)


def _run(answer: dict[str, Any]) -> Run:
    state: State = answer["state"] or {"type": StateType.SCHEDULED}
    kind = StateType(state["type"])
    details = state.get("state_details") or {}
    moment = now()
    return Run(
        id=answer["id"],
        recording_id=str(answer["parameters"].get("recording_id", "")),
        state=kind,
        state_name=state.get("name") or "",
        message=state.get("message") or "",
        created=_moment(answer["created"]) or moment,
        since=_moment(state.get("timestamp")) or moment,
        parameters=answer["parameters"],
        tags=tuple(answer["tags"]),
        place=_moment(answer["expected_start_time"]) or moment,
        problem=_problem((answer.get("labels") or {}).get(PROBLEM)),
        not_before=_moment(details.get("scheduled_time")) if kind is StateType.FAILED else None,
    )


def _problem(label: object) -> Sentence | None:
    """None for what is no sentence: anybody with Prefect's password may set labels."""
    try:
        return from_stored(json.loads(label)) if isinstance(label, str) else None
    except (ValueError, LookupError, RecursionError):
        return None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
