"""A running Kring for the end-to-end tests: the real stack in a folder of its own, on free ports, and its commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import httpx

from cli.stack.postgres.home import remembered
from cli.stack.stack import Stack
from kring.local_stack import public_address
from kring.model import Manifest
from kring.settings import Settings
from services.ports import Ports, open_ports
from services.prefect_env import prefect_environment
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.web import facilitator

Answer = TypeVar("Answer")


def eventually(ask: Callable[[], Answer], *, what: str, seconds: float = 4 * PATIENCE) -> Answer:
    """The first true answer; fails after `seconds` saying what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def prefect(stack: Stack, path: str, method: str = "POST", **wanted: Any) -> Any:
    """What Prefect's API answers; None: nothing. Raises httpx.HTTPError."""
    secret = prefect_environment(stack.settings).get("PREFECT_API_AUTH_STRING", "")
    user, _, password = secret.partition(":")
    answer = httpx.request(
        method,
        f"{stack.settings.prefect_api_url}{path}",
        json=wanted,
        auth=(user, password) if secret else None,
        timeout=PATIENCE,
        trust_env=False,
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


@dataclass
class Kring:
    """`run` is what a person types; `ports` look into the archive."""

    stack: Stack
    ports: Ports
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return public_address(self.ports.settings)

    def run(
        self, *arguments: str, timeout: float = 600, environment: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**self.environment, **environment},
            cwd=REPOSITORY,
            check=False,
        )

    def prefect(self, path: str, method: str = "POST", **wanted: Any) -> Any:
        return prefect(self.stack, path, method, **wanted)

    def runs_of(self, *flows: str) -> list[dict[str, Any]]:
        """The runs of these flows as Prefect tells them, newest last."""
        found = self.prefect("/flow_runs/filter", flows={"name": {"any_": list(flows)}})
        return sorted(found, key=lambda run: str(run["created"]))

    def recording(self, title: str) -> Manifest:
        return next(manifest for manifest in self.ports.archive.manifests() if manifest.details.title == title)


def tidy(data_dir: Path) -> None:
    """Take away what Prefect's database keeps outside the data folder, as it does below a folder of root's."""
    outside = remembered(data_dir).outside
    if outside is not None and outside.exists():
        shutil.rmtree(outside)


@contextmanager
def running(settings: Settings, commands: Mapping[str, list[str]] | None = None) -> Iterator[Kring]:
    """A healthy stack with one circle, `privacy`; stopped, all of it, at the end."""
    ports = {"s3_port": 0, "prefect_port": 0, "meili_port": 0}
    web = settings.web.model_copy(update={"port": 0})
    settings = settings.model_copy(update={"local": settings.local.model_copy(update=ports), "web": web})
    before = dict(os.environ)
    with ExitStack() as undo:
        undo.callback(tidy, settings.data_dir)
        stack = undo.enter_context(Stack(settings, commands=commands))
        stack.wait_healthy()
        os.environ.update(prefect_environment(stack.settings))
        environment = {name: value for name, value in before.items() if not name.startswith(("AWS_", "PREFECT_"))}
        environment |= {"KRING_DATA_DIR": str(settings.data_dir), "KRING_CONFIG": os.devnull, "COLUMNS": "200"}
        try:
            kring = Kring(stack, open_ports(stack.settings), environment)
            facilitator.know(kring.address, kring.ports.settings)
            added = kring.run(
                "circle", "add", "privacy", "--name", "Privacy", "--network", "digi-test", "--visibility", "public"
            )
            assert added.returncode == 0, added.stderr
            yield kring
        finally:
            os.environ.clear()
            os.environ.update(before)
