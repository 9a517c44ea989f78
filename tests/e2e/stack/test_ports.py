"""Two real stacks that start at the same moment, and a port that somebody has chosen."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kring.local_stack import LocalStack
from storage.seaweed import program as seaweed
from tests.e2e.stack.test_stack import Supervisor, objects
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.port_scan import listeners

pytestmark = pytest.mark.e2e


def test_two_that_start_at_once_never_meet(tmp_path: Path) -> None:
    """On the usual ports, and the second with a copy of the first one's data folder: they want the very same ports."""
    (tmp_path / "home").mkdir()
    seaweed.prepare(tmp_path / "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    pair = [Supervisor(tmp_path / name, tmp_path / "home", usual_ports=True) for name in ("first", "second")]
    try:
        one, two = (supervisor.wait_healthy() for supervisor in pair)
        ports = [{port for _, port in listeners(supervisor.process.pid)} for supervisor in pair]
        assert not ports[0] & ports[1]
        for stack, its in zip((one, two), ports, strict=True):
            addresses = (stack.s3_endpoint, stack.prefect_api_url, stack.web_url, stack.meili_url)
            assert {httpx.URL(address).port for address in addresses if address} <= its
        keep(one, b"first")
        keep(two, b"second")
        assert (kept(one), kept(two)) == (b"first", b"second")
    finally:
        for supervisor in pair:
            supervisor.process.terminate()
        for supervisor in pair:
            supervisor.process.wait(PATIENCE)


def keep(stack: LocalStack, content: bytes) -> None:
    objects(stack).create_bucket(Bucket="kring")
    objects(stack).put_object(Bucket="kring", Key="kept", Body=content)


def kept(stack: LocalStack) -> bytes:
    with objects(stack).get_object(Bucket="kring", Key="kept")["Body"] as body:
        return bytes(body.read())


@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_a_chosen_web_port_that_is_taken_stops_the_start(tmp_path: Path, how: str) -> None:
    ours = ("KRING_", "AWS_", "PREFECT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"KRING_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        if how == "variable":
            environment["KRING_WEB__PORT"] = port
        if how == "file":
            (tmp_path / "kring.toml").write_text(f"[web]\nport = {port}\n", encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-m", "cli.main", "up", *(["--port", port] if how == "option" else [])],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith(f"kring: Port {port} on 127.0.0.1 is taken")
    assert not list((tmp_path / "data" / "run").glob("*.pid"))
