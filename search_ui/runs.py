"""Asking Prefect for a recording's run, over its HTTP API: importing Prefect takes seconds and much memory.

POST /deployments/{id}/create_flow_run, https://docs.prefect.io/v3/api-ref/rest-api
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx

from kring.errors import OrchestratorDown
from kring.model import Manifest
from kring.runs import DEPLOYMENT, run_key, run_tags
from kring.settings import Settings

SECONDS = 10.0
"""How long the Prefect server may take to answer."""
CHECK_SECONDS = 2.0
"""The same where only its health is asked for."""
BUSY = frozenset({429, 502, 503})
"""Its word for "later": on SQLite it says so whenever somebody else is writing."""
PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between tries; asking again is harmless, since there is one run for one key."""


class Runs(Protocol):
    def check(self) -> None:
        """Raises OrchestratorDown if runs cannot be asked for."""

    def start(
        self,
        recording_id: str,
        *,
        title: str,
        circle: str,
        item: dict[str, Any] | None = None,
        after: str | None = None,
    ) -> None:
        """Ask for a run of this recording; asked twice with the same `after`, there is one.

        `item` says where to fetch it from (`flows.sources.port.Item` as plain data); None: it was received already.
        Raises OrchestratorDown.
        """


def start_again(runs: Runs, manifest: Manifest) -> None:
    """Ask for another run of a recording that is there: one for each version of it. Raises OrchestratorDown."""
    details = manifest.details
    runs.start(manifest.id, title=details.title, circle=details.circle, after=f"version {manifest.version}")


class PrefectRuns:
    def __init__(self, settings: Settings) -> None:
        self._address = settings.prefect_api_url
        secret = settings.prefect_auth_string.get_secret_value() if settings.prefect_auth_string else ""
        self._headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}

    def start(
        self,
        recording_id: str,
        *,
        title: str,
        circle: str,
        item: dict[str, Any] | None = None,
        after: str | None = None,
    ) -> None:
        wanted = {
            "name": title,
            "parameters": {"recording_id": recording_id, "title": title, "item": item},
            "tags": list(run_tags(recording_id, circle)),
            "idempotency_key": run_key(recording_id, after),
            "state": {"type": "SCHEDULED"},
        }
        with self._asking() as client:
            deployment = _patiently(lambda: client.get(f"/deployments/name/{DEPLOYMENT}")).json()["id"]
            _patiently(lambda: client.post(f"/deployments/{deployment}/create_flow_run", json=wanted))

    def check(self) -> None:
        with self._asking(CHECK_SECONDS) as client:
            client.get("/health").raise_for_status()

    @contextmanager
    def _asking(self, seconds: float = SECONDS) -> Iterator[httpx.Client]:
        """Errors of HTTP become OrchestratorDown."""
        if not self._address:
            raise OrchestratorDown("No Prefect server is known to the web pages; start Kring with `kring up`.")
        try:
            # Its address is this machine's or the operator's own; a proxy for the internet has no part in it.
            with httpx.Client(
                base_url=self._address, headers=self._headers, timeout=seconds, trust_env=False
            ) as client:
                yield client
        except httpx.HTTPStatusError as error:
            raise OrchestratorDown(
                "The Prefect server answers {status} when asked for a run; see its log.",
                status=error.response.status_code,
            ) from None
        except httpx.HTTPError as error:
            raise OrchestratorDown(
                "The Prefect server does not answer ({error}).", error=type(error).__name__
            ) from None


def _patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, asked for again while the server is busy. Raises HTTPError."""
    for pause in PAUSES:
        answer = ask()
        if answer.status_code not in BUSY:
            return answer.raise_for_status()
        time.sleep(pause)
    return ask().raise_for_status()


class MemoryRuns:
    """Remembers what was asked for; `down` says it does not answer."""

    def __init__(self) -> None:
        self.asked: dict[str, dict[str, Any]] = {}
        self.down = False

    def check(self) -> None:
        if self.down:
            raise OrchestratorDown("The Prefect server does not answer.")

    def start(
        self,
        recording_id: str,
        *,
        title: str,
        circle: str,
        item: dict[str, Any] | None = None,
        after: str | None = None,
    ) -> None:
        if self.down:
            raise OrchestratorDown("The Prefect server does not answer.")
        wanted = {"recording_id": recording_id, "title": title, "circle": circle, "item": item}
        self.asked.setdefault(run_key(recording_id, after), wanted)
