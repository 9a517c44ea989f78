"""Which parts run here and which elsewhere, and on which ports: settled once, before anything starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cli.stack import meilisearch
from cli.stack.free_ports import ClaimedPorts
from cli.stack.postgres.home import prefect_database
from cli.stack.prefect.login import new_auth_string
from cli.stack.services import (
    DATABASE,
    OBJECTS,
    PREFECT,
    SEARCH,
    Objects,
    Part,
    objects_part,
    postgres_part,
    prefect_part,
    search_part,
    web_part,
    worker_part,
)
from kring.local_stack import LocalStack
from kring.settings import MEILI_PORT, PREFECT_PORT, S3_PORT, WEB_PORT, Settings
from storage.seaweed import program as seaweed
from storage.seaweed.program import LOOPBACK


@dataclass(frozen=True)
class StackLayout:
    """The stack as it will run."""

    settings: Settings
    """With the addresses and credentials of every part, wherever it runs."""
    parts: Sequence[Part]
    """Those that run here."""
    elsewhere: Mapping[str, str]
    """Those that do not: name to host."""
    stack: LocalStack
    """What our neighbours are told."""


def settle(settings: Settings, ports: ClaimedPorts, say: Callable[[str], None]) -> StackLayout:
    """Choose the ports, make the object store's credentials and Prefect's database if there are none yet.

    `say` is told what becomes of Prefect's database. Raises SetupError if a port that was chosen is taken, or if
    Meilisearch is asked for and not installed.
    """
    elsewhere: dict[str, str] = {}
    parts: list[Part] = []
    objects = None
    if settings.s3_endpoint is not None:
        elsewhere[OBJECTS] = _host(settings.s3_endpoint)
    else:
        port = ports.take(LOOPBACK, settings.local.s3_port, S3_PORT, "local.s3_port")
        server = seaweed.prepare(
            settings.data_dir, claim=lambda port: seaweed.is_free(port) and ports.claim(LOOPBACK, port)
        )
        objects = Objects(port, server)
        settings = settings.model_copy(
            update={
                "s3_endpoint": objects.endpoint,
                "s3_access_key": objects.seaweed.access_key,
                "s3_secret_key": objects.seaweed.secret_key,
            }
        )
    prefect_port = None
    if settings.prefect_api_url is not None:
        elsewhere[PREFECT] = _host(settings.prefect_api_url)
    else:
        prefect_port = ports.take(LOOPBACK, settings.local.prefect_port, PREFECT_PORT, "local.prefect_port")
        here = {"prefect_api_url": f"http://127.0.0.1:{prefect_port}/api", "prefect_auth_string": new_auth_string()}
        settings = settings.model_copy(update=here)
    settings, search = _search(settings, ports)
    if search is None and settings.meili_url is not None:
        elsewhere[SEARCH] = _host(settings.meili_url)
    web_port = ports.take(settings.web.host, settings.web.port, WEB_PORT, "web.port")
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": web_port})})

    web = web_part(settings)
    if objects is not None:
        parts.append(objects_part(settings, objects))
    if prefect_port is not None:
        parts += _prefect(settings, prefect_port, elsewhere, say)
    if search is not None:
        parts.append(search)
    parts += [worker_part(settings), web]
    stack = LocalStack(pid=os.getpid(), web_url=web.address)
    if objects is not None:
        stack.s3_endpoint = objects.endpoint
        stack.s3_access_key = objects.seaweed.access_key
        stack.s3_secret_key = objects.seaweed.secret_key.get_secret_value()
    if prefect_port is not None and settings.prefect_auth_string is not None:
        stack.prefect_api_url = settings.prefect_api_url
        stack.prefect_auth_string = settings.prefect_auth_string.get_secret_value()
    if search is not None and settings.meili_master_key is not None:
        stack.meili_url = settings.meili_url
        stack.meili_master_key = settings.meili_master_key.get_secret_value()
    return StackLayout(settings, parts, elsewhere, stack)


def _prefect(settings: Settings, port: int, elsewhere: dict[str, str], say: Callable[[str], None]) -> Sequence[Part]:
    """The Prefect server and its database, unless the settings name one of the operator's own."""
    if settings.prefect_database_url is not None:
        elsewhere[DATABASE] = urlsplit(settings.prefect_database_url.get_secret_value()).hostname or "your own"
        return [prefect_part(settings, port, None)]
    postgres = prefect_database(settings.data_dir, say)
    database = [] if postgres is None else [postgres_part(settings, postgres)]
    return [*database, prefect_part(settings, port, postgres)]


def _search(settings: Settings, ports: ClaimedPorts) -> tuple[Settings, Part | None]:
    """Meilisearch here, if its program is installed and no other is named; otherwise none, or one elsewhere."""
    if settings.search.engine == "embedded":
        return settings.model_copy(update={"meili_url": None}), None
    if settings.meili_url is not None:
        return settings, None
    program = meilisearch.program()
    if program is None:
        if settings.search.engine == "auto":
            return settings, None
        raise meilisearch.not_installed()
    port = ports.take(LOOPBACK, settings.local.meili_port, MEILI_PORT, "local.meili_port")
    master_key = meilisearch.prepare(settings.data_dir)
    here = {"meili_url": f"http://127.0.0.1:{port}", "meili_master_key": master_key, "meili_search_key": None}
    settings = settings.model_copy(update=here)
    return settings, search_part(settings, program, port, master_key)


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url
