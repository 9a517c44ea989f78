"""ClaimedPorts: what somebody chose or nothing, else the next that is free; never the same for two stacks at once."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands.up import with_port
from cli.stack.free_ports import ClaimedPorts, is_free
from kring.errors import SetupError
from kring.settings import WEB_PORT, WebSettings, load_settings
from storage.seaweed.program import prepare
from tests.support.repository import REPOSITORY

LOOPBACK = "127.0.0.1"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def ports(said: list[str]) -> Iterator[ClaimedPorts]:
    with ClaimedPorts(said.append) as ports:
        yield ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def test_the_usual_port_moves_and_says_so(ports: ClaimedPorts, said: list[str], taken: int) -> None:
    assert not is_free(LOOPBACK, taken)
    moved = ports.take(LOOPBACK, None, taken, "web.port")
    assert moved > taken
    assert said == [f"port {taken} is taken, using {moved}"]
    assert is_free(LOOPBACK, moved)
    assert ports.take(LOOPBACK, None, taken, "web.port") > moved


def test_a_chosen_port_is_that_one_or_a_sentence(ports: ClaimedPorts, said: list[str], taken: int) -> None:
    with pytest.raises(SetupError, match=rf"^Port {taken} on 127\.0\.0\.1 is taken, and web\.port asks for this one\."):
        ports.take(LOOPBACK, taken, WEB_PORT, "web.port")
    free = ports.take(LOOPBACK, 0, WEB_PORT, "web.port")
    ports.release()
    assert ports.take(LOOPBACK, free, WEB_PORT, "web.port") == free
    assert said == []


def test_a_claimed_port_is_nobody_elses_until_it_is_released(ports: ClaimedPorts) -> None:
    """Nothing listens there yet, so it looks free to everybody who only looks."""
    port = ports.take(LOOPBACK, 0, WEB_PORT, "web.port")
    assert is_free(LOOPBACK, port)
    with ClaimedPorts(print) as others:
        assert not others.claim(LOOPBACK, port)
        with pytest.raises(SetupError, match=f"Port {port} on"):
            others.take(LOOPBACK, port, WEB_PORT, "web.port")
        assert others.take(LOOPBACK, None, port, "web.port") > port
        ports.release()
        assert others.claim(LOOPBACK, port)


def test_a_claim_ends_with_its_process(ports: ClaimedPorts) -> None:
    program = "import sys; from cli.stack.free_ports import ClaimedPorts; ports = ClaimedPorts(print)\n"
    program += "print(ports.take('127.0.0.1', 0, 1, 'x'), flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert not ports.claim(LOOPBACK, port)
        other.kill()
        other.wait()
    assert ports.claim(LOOPBACK, port)


def test_the_inner_ports_of_a_copied_data_folder_are_others(tmp_path: Path, ports: ClaimedPorts) -> None:
    first = prepare(tmp_path / "first", claim=lambda port: ports.claim(LOOPBACK, port))
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "seaweed.json").write_bytes((tmp_path / "first" / "seaweed.json").read_bytes())
    with ClaimedPorts(print) as others:
        copy = prepare(tmp_path / "copy", claim=lambda port: others.claim(LOOPBACK, port))
    assert not set(first.ports.values()) & set(copy.ports.values())


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(SetupError, match="not known here"):
        is_free("no-such-host.invalid", 80)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_stops_the_start(port: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KRING_WEB__PORT", port)
    with pytest.raises(SetupError, match=r"web\.port"):
        load_settings()


def test_a_usual_port_that_is_written_down_counts_as_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().web.port is None
    (tmp_path / "kring.toml").write_text(f"[web]\nport = {WEB_PORT}\n", encoding="utf-8")
    assert load_settings().web.port == WEB_PORT
    assert with_port(load_settings(), None).web.port == WEB_PORT
    assert with_port(load_settings(), 9000).web == WebSettings(port=9000)
