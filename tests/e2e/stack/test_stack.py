"""The local stack with its real object store and its real Prefect server; worker and web are stand-ins here."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from rich.console import Console

from cli.stack.data_folder import Lock, prepare
from cli.stack.services import answers
from cli.stack.stack import Stack
from kring.errors import Conflict, SetupError
from kring.local_stack import LocalStack, read_stack
from kring.settings import LocalSettings, SearchSettings, Settings, WebSettings
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.running import eventually, tidy

pytestmark = pytest.mark.e2e

WORKER = """
import os, subprocess, time
from pathlib import Path
subprocess.Popen(["sleep", "600"], start_new_session=True)  # as Prefect starts its flow runs
Path(os.environ["KRING_DATA_DIR"], "run", "worker.ready").write_text(str(os.getpid()))
time.sleep(600)
"""
WEB = """
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", json.loads(os.environ["KRING_WEB"])["port"]), Healthy).serve_forever()
"""
COMMANDS = {"worker": [sys.executable, "-c", WORKER], "web": [sys.executable, "-c", WEB]}
SUPERVISOR = f"""
import sys
from contextlib import suppress
from cli.stack.stack import Stack
from kring.settings import load_settings
with suppress(KeyboardInterrupt), Stack(load_settings(), commands={COMMANDS!r}) as stack:
    stack.wait_healthy()
    print("all healthy", file=sys.stderr, flush=True)
    stack.watch_until_stopped()
"""


class Supervisor:
    """A `kring up` in a process of its own."""

    def __init__(self, data: Path, home: Path, *, usual_ports: bool = False, **environment: str) -> None:
        self.data, self.said = data, home / f"said-{data.name}.txt"
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KRING_", "AWS_", "PREFECT_", "MEILI_"))
        }
        ports = {f"KRING_LOCAL__{part}_PORT": "0" for part in ("S3", "PREFECT", "MEILI")} | {"KRING_WEB__PORT": "0"}
        if usual_ports:
            ports = {}
        where = {"KRING_DATA_DIR": str(data), "HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR],
                env=clean | ports | where | environment,
                cwd=home,
                stdout=said,
                stderr=said,
            )

    def text(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def wait_healthy(self) -> LocalStack:
        eventually(lambda: "all healthy" in self.text() or self.process.poll() is not None, what="all parts healthy")
        assert self.process.poll() is None, self.text()
        stack = read_stack(Settings(data_dir=self.data))
        assert stack is not None
        return stack

    def pid(self, part: str) -> int:
        return int((self.data / "run" / f"{part}.pid").read_text(encoding="ascii"))

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        Lock(self.data).release()  # once nothing of it runs any more
        tidy(self.data)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path_factory.mktemp("first") / "data", home)
    yield supervisor
    supervisor.end()


@pytest.fixture(scope="module")
def healthy(first: Supervisor) -> LocalStack:
    return first.wait_healthy()


def objects(stack: LocalStack) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=stack.s3_endpoint,
        aws_access_key_id=stack.s3_access_key,
        aws_secret_access_key=stack.s3_secret_key,
        region_name="us-east-1",
    )


def read_object(stack: LocalStack) -> bytes:
    body = objects(stack).get_object(Bucket="kring", Key="kept")["Body"]
    with body:
        content: bytes = body.read()
    return content


# The tests of one running stack, in this order.


def test_every_part_becomes_healthy_and_says_so_in_a_line(first: Supervisor, healthy: LocalStack) -> None:
    lines = first.text().splitlines()
    for title, address in (
        ("object store", healthy.s3_endpoint),
        ("PostgreSQL", "Unix socket"),
        ("Prefect", str(healthy.prefect_api_url).removesuffix("/api")),
        ("worker", "2 at a time"),
        ("web", healthy.web_url),
    ):
        assert any(title in line and str(address) in line and line.endswith(" s") for line in lines), first.text()


def test_the_prefect_ui_calls_the_server_where_it_is(healthy: LocalStack) -> None:
    import httpx

    base = str(healthy.prefect_api_url).removesuffix("/api")
    assert httpx.get(f"{base}/ui-settings", timeout=PATIENCE).json()["api_url"] == healthy.prefect_api_url
    page = httpx.get(base, follow_redirects=True, headers={"Accept": "text/html"}, timeout=PATIENCE)
    assert page.status_code == 200
    assert "<title>Prefect" in page.text
    assert page.headers["content-security-policy"].startswith("connect-src 'self' http://127.0.0.1:")
    name, _, password = str(healthy.prefect_auth_string).partition(":")
    settings = httpx.get(f"{healthy.prefect_api_url}/admin/settings", auth=(name, password), timeout=PATIENCE).json()
    assert settings["server"]["analytics_enabled"] is False
    assert password not in str(settings)


def test_secrets_and_data_are_private(first: Supervisor, healthy: LocalStack, home: Path) -> None:
    assert healthy.s3_secret_key
    private = ("stack.json", 0o600), ("logs/objects.log", 0o600), ("postgres.json", 0o600), ("prefect", 0o700)
    # Run by root: the group is PostgreSQL's own account, which may pass through and not look.
    whole = ("", 0o710 if os.geteuid() == 0 else 0o700)
    for name, mode in (*private, whole):
        assert stat.S_IMODE((first.data / name).stat().st_mode) == mode, name
    assert healthy.prefect_auth_string
    for secret in (healthy.s3_secret_key, healthy.prefect_auth_string.partition(":")[2]):
        written = [first.text(), *(log.read_text(errors="replace") for log in (first.data / "logs").iterdir())]
        written += [" ".join(process.cmdline()) for process in first.family()]
        assert not [text for text in written if secret in text]
    for part in ("objects", "search"):
        if (first.data / "run" / f"{part}.pid").exists():
            names = psutil.Process(first.pid(part)).environ().keys()
            assert not [name for name in names if name.startswith(("KRING_", "AWS_", "PREFECT_"))], part
    assert not (home / ".prefect").exists()


@pytest.mark.skipif(shutil.which("meilisearch") is None, reason="there is no meilisearch binary on the PATH")
def test_meilisearch_runs_where_its_program_is(first: Supervisor, healthy: LocalStack) -> None:
    assert healthy.meili_url is not None
    assert f"Meilisearch   {healthy.meili_url}" in first.text()
    assert answers(f"{healthy.meili_url}/health")
    assert not answers(f"{healthy.meili_url}/indexes")  # not without a key
    assert healthy.meili_master_key
    assert healthy.meili_master_key not in first.text()
    assert healthy.meili_master_key not in (first.data / "logs" / "search.log").read_text(encoding="utf-8")


def test_a_second_stack_on_the_same_folder_is_refused(first: Supervisor, healthy: LocalStack) -> None:
    with (
        pytest.raises(Conflict, match=f"already runs .*process {first.process.pid}"),
        Stack(Settings(data_dir=first.data)),
    ):
        pytest.fail("it started")
    assert read_stack(Settings(data_dir=first.data)) == healthy


def test_a_killed_object_store_comes_back_with_all_it_had(first: Supervisor, healthy: LocalStack) -> None:
    objects(healthy).create_bucket(Bucket="kring")
    objects(healthy).put_object(Bucket="kring", Key="kept", Body=b"words")
    killed = first.pid("objects")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: "object store is back" in first.text(), what="the object store restarted")
    assert "object store was killed by SIGKILL; starts again in 1 s" in first.text()
    assert first.pid("objects") != killed
    assert read_object(healthy) == b"words"


def test_sigterm_leaves_nothing_behind(first: Supervisor, healthy: LocalStack) -> None:
    family = first.family()
    assert len(family) >= 11  # five guardians, five parts, the worker's child
    first.process.terminate()
    assert first.process.wait(PATIENCE) == 0
    assert [process for process in family if process.is_running()] == []
    assert not (first.data / "stack.json").exists()
    assert list((first.data / "run").glob("*.pid")) == []


def test_the_next_start_finds_all_and_a_killed_supervisor_leaves_nothing_behind(
    first: Supervisor, healthy: LocalStack, home: Path
) -> None:
    second = Supervisor(first.data, home)
    try:
        stack = second.wait_healthy()
        assert read_object(stack) == b"words"
        family = second.family()
        second.process.kill()
        gone, alive = psutil.wait_procs(family, timeout=PATIENCE)
        assert (len(gone), alive) == (len(family), [])
        second.process.wait()
        assert read_stack(Settings(data_dir=first.data)) is None
    finally:
        second.end()


# Without the real servers: who runs elsewhere is not started.


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    local, search = LocalSettings(s3_port=0, prefect_port=0), SearchSettings(engine="embedded")
    return Settings(data_dir=tmp_path / "data", web=WebSettings(port=0), local=local, search=search).model_copy(
        update={"s3_endpoint": "http://s3.example:9000", "prefect_api_url": "https://prefect.example/api"}
    )


def test_parts_that_run_elsewhere_are_not_started(elsewhere: Settings) -> None:
    said = io.StringIO()
    with Stack(elsewhere, console=Console(file=said), commands=COMMANDS) as stack:
        stack.wait_healthy()
        assert set(stack.pids()) == {"worker", "web"}
        assert answers(f"http://127.0.0.1:{stack.settings.web.port}/healthz")
        told = json.loads(elsewhere.stack_file.read_text(encoding="utf-8"))
        assert (told["s3_endpoint"], told["prefect_api_url"]) == (None, None)
    assert "elsewhere: s3.example:9000" in said.getvalue()
    assert "elsewhere: prefect.example" in said.getvalue()


def test_a_part_that_only_dies_stops_everything_with_the_end_of_its_log(elsewhere: Settings) -> None:
    said = io.StringIO()
    broken = COMMANDS | {"worker": [sys.executable, "-c", "raise SystemExit('the weights are missing')"]}
    before = psutil.Process().children(recursive=True)
    with (
        pytest.raises(
            SetupError, match=r"The worker cannot be started: it ended with exit code 1\. Its log is .*worker\.log"
        ),
        Stack(elsewhere, console=Console(file=said, width=200), commands=broken) as stack,
    ):
        stack.wait_healthy()
    assert "the weights are missing" in said.getvalue()
    assert "worker ended with exit code 1; starts again in 2 s" in said.getvalue()
    assert psutil.Process().children(recursive=True) == before


def test_a_ready_file_of_an_earlier_worker_does_not_count(elsewhere: Settings) -> None:
    prepare(elsewhere.data_dir)
    ready = elsewhere.data_dir / "run" / "worker.ready"
    ready.write_text(str(os.getpid()), encoding="utf-8")
    with Stack(elsewhere, console=Console(file=io.StringIO()), commands=COMMANDS) as stack:
        stack.wait_healthy()
        assert int(ready.read_text(encoding="utf-8")) == stack.pids()["worker"]
