"""The whole running stack, as a stranger on the same machine meets it: every port of every part, one by one."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from cli.commands.up import prefect_page
from cli.stack.services import OBJECTS, SEARCH, WORKER
from kring.settings import Settings
from services.runs.prefect import PrefectRuns
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.port_scan import LOOPBACK, ask, listeners, speaks_grpc, ways_into_an_inner_port, ways_into_s3
from tests.support.stack.running import Kring, eventually, running
from tests.support.web.browser import browser

__all__ = ["browser"]
pytestmark = pytest.mark.e2e

OPEN = {("get", "/health"), ("get", "/ready")}
"""What Prefect tells everybody: that it is well."""
SOCKETS = ("events/in", "events/out", "logs/out", "task_runs/subscriptions/scheduled", "work_pools/x/workers/connect")
MEILI = [
    ("GET", "/indexes"),
    ("GET", "/stats"),
    ("GET", "/keys"),
    ("GET", "/tasks"),
    ("GET", "/version"),
    ("GET", "/metrics"),
    ("POST", "/multi-search"),
    ("POST", "/indexes/kring/search"),
    ("POST", "/dumps"),
    ("POST", "/snapshots"),
    ("DELETE", "/indexes/kring"),
    ("DELETE", "/tasks"),
]


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("strangers") / "data")) as kring:
        yield kring


def port_of(address: str | None) -> int | None:
    return urlsplit(address).port if address else None


def inner_ports(kring: Kring) -> set[int]:
    line = psutil.Process(kring.stack.pids()[OBJECTS]).cmdline()
    flags = dict(part.removeprefix("-").split("=", 1) for part in line if "=" in part)
    return {int(value) for name, value in flags.items() if ".port" in name and name != "s3.port"} - {0}


def guardians(kring: Kring) -> list[psutil.Process]:
    """Of every part; all that it starts descends from them. Servers of other tests may be children of this process."""
    found = {psutil.Process(pid).parent() for pid in kring.stack.pids().values()}
    assert all(one is not None and one.ppid() == psutil.Process().pid for one in found)
    return [one for one in found if one is not None]


def listening(kring: Kring) -> set[tuple[str, int]]:
    """Address and port of every TCP socket on which a part, or what it has started, waits."""
    return {place for guardian in guardians(kring) for place in listeners(guardian.pid)}


def control_ports(kring: Kring) -> set[int]:
    """Where the worker's Prefect runner waits for the flow runs it starts (`prefect.runner._control_channel`)."""
    sockets = psutil.Process(kring.stack.pids()[WORKER]).net_connections(kind="tcp")
    return {one.laddr.port for one in sockets if one.status == psutil.CONN_LISTEN}


def prefect(kring: Kring) -> str:
    return str(kring.stack.settings.prefect_api_url)


def test_every_port_of_every_part_is_of_a_kind_that_is_tried_here(kring: Kring) -> None:
    settings = kring.stack.settings
    known = {port_of(url): url for url in (settings.s3_endpoint, settings.prefect_api_url, kring.address)}
    if SEARCH in kring.stack.pids():
        known[port_of(settings.meili_url)] = settings.meili_url
    inner = inner_ports(kring)
    eventually(lambda: inner <= {port for _, port in listening(kring)}, what="all inner ports")
    unknown = {port for _, port in listening(kring)} - known.keys() - inner - control_ports(kring)
    assert not unknown, f"nobody has tried what a stranger gets from {unknown}"
    assert {address for address, _ in listening(kring)} == {LOOPBACK}


def test_no_socket_in_a_file_that_others_can_reach(kring: Kring) -> None:
    found = set()
    for process in [each for one in guardians(kring) for each in one.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            names = [one.laddr for one in process.net_connections(kind="unix") if isinstance(one.laddr, str)]
            found |= {Path(process.cwd()) / name for name in names if name and not name.startswith(("\0", "@"))}
    found = {path for path in found if path.exists()}
    assert {"s3.sock", "filer.sock"} <= {path.name for path in found}
    assert not [path for path in found if path.stat().st_mode & 0o077 and path.parent.stat().st_mode & 0o077]


def test_the_object_store(kring: Kring, tmp_path: Path) -> None:
    kring.ports.archive.store.put_bytes("secret", b"secret", media_type="text/plain")
    found = list(ways_into_s3(port_of(kring.stack.settings.s3_endpoint) or 0, kring.stack.settings.bucket, "secret"))
    for port in inner_ports(kring):
        found += ways_into_an_inner_port(port, tmp_path)
    assert not found
    assert kring.ports.archive.store.get_bytes("secret").data == b"secret"
    kring.ports.archive.store.delete("secret")


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"0" * 32, b"0" * 32 + b"\n", b"\xff" * 100, b""])
def test_the_workers_own_ports(kring: Kring, said: bytes) -> None:
    ports = control_ports(kring)
    assert len(ports) <= 1
    for port in ports:
        with socket.create_connection((LOOPBACK, port), timeout=20) as talk:
            talk.sendall(said)
            talk.shutdown(socket.SHUT_WR)
            assert talk.recv(100) == b""
        assert not speaks_grpc(port)


def test_meilisearch(kring: Kring) -> None:
    if SEARCH not in kring.stack.pids():
        pytest.skip("there is no meilisearch binary on the PATH")
    port = port_of(kring.stack.settings.meili_url) or 0
    json_body = {"Content-Type": "application/json"}
    answers = {(method, path): ask(port, method, path, body=b"{}", headers=json_body) for method, path in MEILI}
    assert {what: answer for what, answer in answers.items() if answer.status not in {401, 403}} == {}
    assert not speaks_grpc(port)


@pytest.mark.parametrize("authorization", ["", "Basic a3Jpbmc6", "Basic a3Jpbmc6d3Jvbmc=", "Bearer x", "Basic !"])
def test_no_route_of_prefects_api(kring: Kring, authorization: str) -> None:
    api = prefect(kring)
    auth_string = kring.stack.settings.prefect_auth_string
    assert auth_string is not None
    ours = {"Authorization": f"Basic {b64encode(auth_string.get_secret_value().encode()).decode()}"}
    schema = httpx.get(f"{api.removesuffix('/api')}/openapi.json", timeout=PATIENCE).json()
    routes = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    assert len(routes) > 150
    let_in = set()
    with httpx.Client(headers={"Authorization": authorization} if authorization else {}, timeout=PATIENCE) as stranger:
        for method, path in sorted(routes - OPEN):
            url = f"{api}{re.sub(r'{.*?}', 'x', path)}"
            content = b"{}" if method in {"post", "put", "patch"} else None
            if stranger.request(method, url, content=content).status_code != 401:
                let_in.add((method, path))
    assert not let_in
    assert httpx.post(f"{api}/flow_runs/filter", json={}, headers=ours, timeout=PATIENCE).status_code == 200


def test_no_route_around_prefects_own_check(kring: Kring) -> None:
    port = port_of(prefect(kring)) or 0
    for path in (
        "/api/flow_runs/filter",
        "//api/flow_runs/filter",
        "/api//flow_runs/filter",
        "/api/./flow_runs/filter",
    ):
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"127.0.0.1:{port}/api/health?x="):
            answer = ask(port, "POST", path, body=b"{}", headers={"Host": host, "Content-Type": "application/json"})
            assert answer.status in {400, 401, 403, 404, 405}, (path, host, answer)
    for path in ("/api/docs", "/docs", "/ui-settings", "/kring", "/openapi.json"):
        assert b"kring:" not in ask(port, "GET", path).body


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("protocols", [None, ["prefect"]])
@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_no_socket_of_prefect(kring: Kring, path: str, protocols: list[str] | None, token: str | None) -> None:
    url = f"{prefect(kring).replace('http', 'ws', 1)}/{path}"
    subprotocols = [Subprotocol(name) for name in protocols] if protocols else None
    heard: list[str] = []
    with suppress(ConnectionClosed, InvalidStatus), connect(url, subprotocols=subprotocols) as talk:
        talk.send(json.dumps({"type": "auth", "token": token}))
        while True:
            heard.append(json.loads(talk.recv(timeout=20))["type"])
    assert set(heard) <= {"auth_failure"}


def test_the_pages(kring: Kring) -> None:
    port = port_of(kring.address) or 0
    assert ask(port, "GET", "/").status == 200
    for path in ("/metrics", "/debug/pprof/", "/openapi.json.bak", "/stack.json", "/../stack.json", "/api/kring"):
        assert ask(port, "GET", path).status in {400, 404}, path
    assert not speaks_grpc(port)


@pytest.mark.parametrize("version", ["", "/v2"])
def test_the_printed_link_opens_prefects_pages(kring: Kring, browser: Browser, version: str) -> None:
    PrefectRuns(kring.stack.settings).start("00000000000000ff", title="A run to be seen", circle="privacy")
    link = prefect_page(kring.stack)
    context = browser.new_context()
    page = context.new_page()
    base = prefect(kring).removesuffix("/api")
    page.goto(link)
    page.wait_for_url(lambda url: "dashboard" in url)
    expect(page.get_by_text("Runs").first).to_be_visible()
    page.wait_for_load_state("networkidle")  # Prefect's pages forget the password if they are left while they try it
    page.goto(f"{base}{version}/runs")
    expect(page.get_by_text("A run to be seen").first).to_be_visible()
    assert "login" not in page.url
    stranger = browser.new_context()
    other = stranger.new_page()
    other.goto(f"{base}{version}/runs")
    other.wait_for_url(lambda url: "login" in url)
    other.goto(f"{link[:-4]}0000")
    expect(other.get_by_text("no longer good")).to_be_visible()
    assert other.evaluate("localStorage.getItem('prefect-password')") is None
    context.close()
    stranger.close()


def test_commands_and_pages_have_the_key(kring: Kring) -> None:
    assert kring.run("reconcile").returncode == 0
    environment = {name: value for name, value in kring.environment.items() if not name.startswith("PREFECT_")}
    wrong = subprocess.run(
        [sys.executable, "-m", "cli.main", "reconcile"],
        env=environment | {"PREFECT_API_URL": prefect(kring), "PREFECT_API_AUTH_STRING": "kring:wrong"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode != 0
    assert "PREFECT_API_AUTH_STRING" in wrong.stderr
    assert "kring:wrong" not in wrong.stderr
