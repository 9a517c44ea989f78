"""The parts of the local stack: what each runs, where it listens, when it is healthy, what it needs first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from flows.stack import meilisearch
from flows.stack.environment import environment_of, prefect_home, server_environment
from index.meili import index_uid
from index.meili_keys import derived_key, ensured_key
from index.meili_server import Server
from kring.errors import KringError
from kring.settings import Settings
from storage import seaweed
from storage.seaweed import Seaweed

OBJECTS, PREFECT, SEARCH, WORKER, WEB = "objects", "prefect", "search", "worker", "web"
TITLES = {OBJECTS: "object store", PREFECT: "Prefect", SEARCH: "Meilisearch", WORKER: "worker", WEB: "web"}
WORKER_READY = "run/worker.ready"
"""Under the data folder; the worker writes its process id there once it serves."""


def worker_ready_file(settings: Settings) -> Path:
    return settings.data_dir / WORKER_READY


@dataclass(frozen=True)
class Part:
    name: str
    """Also the name of its log."""
    command: Sequence[str]
    environment: Mapping[str, str]
    healthy: Callable[[], bool]
    address: str = ""
    needs: frozenset[str] = field(default_factory=frozenset)
    """Parts that must be healthy before its first start."""
    cwd: Path | None = None
    port: int | None = None
    """Where it listens; whoever else answers there does not count."""
    ready_file: Path | None = None
    """Taken away before each start."""
    grace: float = 5.0
    """Seconds from SIGTERM to SIGKILL."""
    patience: float = 60.0
    """Seconds it may take to become healthy."""

    @property
    def title(self) -> str:
        return TITLES[self.name]


def answers(url: str, *, good: Collection[int] = (200,), timeout: float = 5.0) -> bool:
    """Whether a GET gets a good status within `timeout` seconds; straight there, whatever proxies are set."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=timeout)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status in good
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def written_by_the_living(ready: Path) -> bool:
    """Whether the process that wrote its id into this file is alive."""
    try:
        os.kill(int(ready.read_text(encoding="utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Objects:
    """The local object store: its address and the keys it gives out."""

    port: int
    seaweed: Seaweed

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def objects_part(settings: Settings, objects: Objects) -> Part:
    """SeaweedFS. Raises SetupError where it is not installed."""
    return Part(
        name=OBJECTS,
        command=seaweed.command(settings.data_dir, objects.port, objects.seaweed),
        environment=environment_of(settings) | seaweed.environment(objects.seaweed),
        healthy=lambda: answers(f"{objects.endpoint}/status"),
        address=objects.endpoint,
        port=objects.port,
        cwd=settings.data_dir,
        grace=8.0,
    )


def prefect_part(settings: Settings, port: int) -> Part:
    """The Prefect server with its UI, on SQLite in the data folder. `settings` hold its API address."""
    home = Path(prefect_home(settings))
    url = f"http://127.0.0.1:{port}"
    environment = environment_of(settings) | server_environment()
    # The UI asks the server which API to call; the port may not be the one in the user's own environment.
    environment |= {"PREFECT_SERVER_UI_API_URL": f"{url}/api", "PREFECT_UI_URL": url}
    environment["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] = url
    return Part(
        name=PREFECT,
        command=[sys.executable, "-m", "flows.stack.prefect_server", "127.0.0.1", str(port)],
        environment=environment,
        healthy=lambda: answers(f"{url}/api/health"),
        address=url,
        port=port,
        cwd=home,  # Prefect reads .env, prefect.toml and pyproject.toml where it starts
        patience=240.0,  # its first start makes some 200 migrations: 15 s on two idle cores
    )


def search_part(settings: Settings, program: str, port: int, master_key: SecretStr) -> Part:
    """Meilisearch. It is healthy once the key is there with which the web pages search."""
    url = f"http://127.0.0.1:{port}"
    server = Server(url, master_key.get_secret_value())

    def healthy() -> bool:
        try:
            return answers(f"{url}/health") and ensured_key(server, index_uid(settings.bucket)) is not None
        except KringError:
            return False

    return Part(
        name=SEARCH,
        command=meilisearch.command(program, settings.data_dir, port),
        environment=meilisearch.environment(environment_of(settings), master_key),
        healthy=healthy,
        address=url,
        port=port,
        cwd=settings.data_dir / "meilisearch",  # it reads config.toml where it starts
        grace=10.0,
    )


def worker_part(settings: Settings) -> Part:
    ready = worker_ready_file(settings)
    return Part(
        name=WORKER,
        command=[sys.executable, "-m", "flows.worker"],
        environment=environment_of(settings),
        address=f"{settings.worker.limit} at a time",
        healthy=lambda: written_by_the_living(ready),
        needs=frozenset({OBJECTS, PREFECT, SEARCH}),
        ready_file=ready,
        grace=10.0,
        patience=120.0,
    )


def web_part(settings: Settings) -> Part:
    host = "127.0.0.1" if settings.web.host in ("", "0.0.0.0", "::") else settings.web.host  # noqa: S104
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.web.port}"
    return Part(
        name=WEB,
        command=[sys.executable, "-m", "search_ui"],
        environment=environment_of(_for_pages(settings)),
        healthy=lambda: answers(f"{url}/healthz", good=(200, 503)),  # 503: it is well, its object store is not
        address=url,
        port=settings.web.port,
        needs=frozenset({OBJECTS, SEARCH}),
    )


def _for_pages(settings: Settings) -> Settings:
    """Pages that nobody may change anything with get the key that only searches, not the one that may do everything.

    Where people correct, what they wrote is to be found at once: such pages write to Meilisearch themselves.
    """
    if settings.web.facilitators != "nobody":
        return settings
    master, key = settings.meili_master_key, settings.meili_search_key
    if key is None and master is not None:
        key = SecretStr(derived_key(master.get_secret_value(), index_uid(settings.bucket)))
    return settings.model_copy(update={"meili_master_key": None, "meili_search_key": key})
