"""The parts of the local stack: what each runs, where it listens, when it is healthy, what it needs first."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from cli.stack import meilisearch
from cli.stack.postgres import server as pg
from cli.stack.postgres.server import Postgres, for_clients
from index.meili.client import MeiliServer
from index.meili.index import index_uid
from index.meili.search_key import derived_key, ensured_key
from kring.errors import KringError
from kring.local_stack import worker_ready_file
from kring.settings import Settings
from services.prefect_env import (
    DATABASE_SETTING,
    environment_for_others,
    environment_of,
    link_environment,
    prefect_home,
    server_environment,
)
from storage.seaweed import program as seaweed
from storage.seaweed.program import Seaweed

OBJECTS, DATABASE, PREFECT, SEARCH, WORKER, WEB = "objects", "postgres", "prefect", "search", "worker", "web"
TITLES = {
    OBJECTS: "object store",
    DATABASE: "PostgreSQL",
    PREFECT: "Prefect",
    SEARCH: "Meilisearch",
    WORKER: "worker",
    WEB: "web",
}


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
    """Where it listens; another process that answers there does not count."""
    ready_file: Path | None = None
    """Taken away before each start."""
    stop: signal.Signals = signal.SIGTERM
    """What asks it to end."""
    grace: float = 5.0
    """Seconds from then to SIGKILL."""
    account: int | None = None
    """User and group id it runs as; None: those of this process."""
    remedy: str = ""
    """What to do if it cannot be started, a sentence after a space."""
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


def is_alive(ready: Path) -> bool:
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
    """SeaweedFS. Raises SetupError if it is not installed."""
    return Part(
        name=OBJECTS,
        command=seaweed.command(settings.data_dir, objects.port, objects.seaweed),
        environment=environment_for_others() | seaweed.environment(settings.data_dir, objects.seaweed),
        healthy=lambda: answers(f"{objects.endpoint}/status"),
        address=objects.endpoint,
        port=objects.port,
        cwd=settings.data_dir,
        grace=8.0,
    )


def postgres_part(settings: Settings, postgres: Postgres) -> Part:
    return Part(
        name=DATABASE,
        command=postgres.command,
        environment=pg.environment(),
        healthy=postgres.healthy,
        address="Unix socket",
        cwd=settings.data_dir,
        stop=signal.SIGINT,  # it hangs up on its clients; at SIGTERM it would wait for them
        grace=20.0,
        account=postgres.account,
        patience=120.0,  # after a kill it recovers first
        remedy=f" Only Prefect's list of runs is in {postgres.data}: move that away to start afresh.",
    )


def prefect_part(settings: Settings, port: int, postgres: Postgres | None) -> Part:
    """The Prefect server with its UI. `settings` hold its API address and auth string.

    Its database: the operator's own if the settings name one, else `postgres`, else SQLite in the data folder.
    """
    home = Path(prefect_home(settings))
    url = f"http://127.0.0.1:{port}"
    environment = environment_of(settings) | server_environment()
    environment["PREFECT_SERVER_API_AUTH_STRING"] = environment["PREFECT_API_AUTH_STRING"]
    # The UI asks the server which API to call; the port may not be the one in the user's own environment.
    environment |= {"PREFECT_SERVER_UI_API_URL": f"{url}/api", "PREFECT_UI_URL": url}
    environment["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] = url
    if settings.prefect_database_url is not None:
        environment[DATABASE_SETTING] = settings.prefect_database_url.get_secret_value()
    elif postgres is not None:
        environment = for_clients(environment) | {DATABASE_SETTING: postgres.url}
    return Part(
        name=PREFECT,
        command=[sys.executable, "-m", "cli.stack.prefect.server", "127.0.0.1", str(port)],
        environment=environment,
        healthy=lambda: answers(f"{url}/api/health"),
        address=url,
        port=port,
        needs=frozenset({DATABASE}),
        cwd=home,  # Prefect reads .env, prefect.toml and pyproject.toml where it starts
        patience=240.0,  # its first start makes some 200 migrations: 15 s on two idle cores over SQLite
    )


def search_part(settings: Settings, program: str, port: int, master_key: SecretStr) -> Part:
    """Meilisearch. It is healthy once the key is there with which the web pages search."""
    url = f"http://127.0.0.1:{port}"
    server = MeiliServer(url, master_key.get_secret_value())

    def healthy() -> bool:
        try:
            return answers(f"{url}/health") and ensured_key(server, index_uid(settings.bucket)) is not None
        except KringError:
            return False

    return Part(
        name=SEARCH,
        command=meilisearch.command(program, settings.data_dir, port),
        environment=meilisearch.environment(environment_for_others(), master_key),
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
        healthy=lambda: is_alive(ready),
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
        environment=environment_of(_for_pages(settings)) | link_environment(settings),
        healthy=lambda: answers(f"{url}/healthz", good=(200, 503)),  # 503: it is well, its object store is not
        address=url,
        port=settings.web.port,
        needs=frozenset({OBJECTS, SEARCH}),
    )


def _for_pages(settings: Settings) -> Settings:
    """Pages that are only read get the key that only searches, not the one that may do everything.

    If people correct, what they wrote is to be found at once: such pages write to Meilisearch themselves.
    """
    if settings.web.facilitators != "nobody":
        return settings
    master, key = settings.meili_master_key, settings.meili_search_key
    if key is None and master is not None:
        key = SecretStr(derived_key(master.get_secret_value(), index_uid(settings.bucket)))
    return settings.model_copy(update={"meili_master_key": None, "meili_search_key": key})
