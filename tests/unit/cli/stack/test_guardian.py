"""The guardian of a part leaves nothing of it behind, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.stack.child_process import Process
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY

# A part that starts a child in a session of its own, as Prefect does for flow runs, and then waits.
FAMILY = ["bash", "-c", "setsid sleep 600 & sleep 601 & wait"]
STUBBORN = [
    "bash",
    "-c",
    "trap '' TERM; setsid bash -c 'trap \"\" TERM; while :; do sleep 1; done' & while :; do sleep 1; done",
]

Start = Callable[[list[str]], Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    started = []

    def begin(command: list[str]) -> Process:
        process = Process(
            command,
            environment=os.environ,
            cwd=None,
            log=tmp_path / "part.log",
            pid_file=tmp_path / "part.pid",
            grace=1.0,
            lock=lock,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
    os.close(lock)


def family_of(process: Process, size: int) -> list[psutil.Process]:
    """The part and all it started, once there are `size` of them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (pid := process.pid) is not None:
            part = psutil.Process(pid)
            if len(found := [part, *part.children(recursive=True)]) >= size:
                return found
        time.sleep(0.01)
    raise AssertionError("the part did not start its children")


def survivors(family: list[psutil.Process], seconds: float = PATIENCE) -> list[psutil.Process]:
    return psutil.wait_procs(family, timeout=seconds)[1]


def test_asked_to_stop_it_ends_all(start: Start) -> None:
    process = start(FAMILY)
    family = family_of(process, 3)
    process.ask_to_stop()
    process.finish()
    assert survivors(family, 0.1) == []
    assert process.ending() == "was killed by SIGTERM"
    assert process.pid is None


def test_who_does_not_listen_is_killed(start: Start) -> None:
    process = start(STUBBORN)
    family = family_of(process, 3)
    process.ask_to_stop()
    process.finish()
    assert survivors(family, 0.1) == []
    assert process.ending() == "was killed by SIGKILL"


def test_a_part_that_dies_takes_its_children_along(start: Start) -> None:
    process = start(FAMILY)
    family = family_of(process, 3)
    family[0].send_signal(signal.SIGKILL)
    assert survivors(family) == []
    assert process.ending() == "was killed by SIGKILL"


def test_a_killed_guardian_takes_the_part_along(start: Start) -> None:
    process = start(FAMILY)
    family = family_of(process, 3)
    guardian = family[0].parent()
    assert guardian is not None
    guardian.kill()
    try:
        assert survivors(family[:1]) == []
        process.finish()
        assert process.ending() == "was killed by SIGKILL"
        assert process.pid is None
    finally:
        for orphan in survivors(family, 0):  # who has a session of its own is out of everybody's reach
            orphan.kill()


def test_when_the_supervisor_is_killed_all_of_the_part_ends(tmp_path: Path) -> None:
    script = f"""
import os, time
from pathlib import Path
from cli.stack.child_process import Process
process = Process({FAMILY!r}, environment=os.environ, cwd=None, log=Path("part.log"), pid_file=Path("part.pid"),
                  grace=30, lock=os.open("lock", os.O_RDWR | os.O_CREAT))
time.sleep(600)
"""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    whole = psutil.Process(supervisor.pid)
    deadline = time.monotonic() + PATIENCE
    while len(family := whole.children(recursive=True)) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(family) == 4  # guardian, part, two children
    supervisor.kill()
    supervisor.wait()
    assert survivors(family) == []


def test_the_log_and_the_exit_code_tell_what_happened(start: Start, tmp_path: Path) -> None:
    process = start(["bash", "-c", "echo no luck; exit 3"])
    process.finish()
    assert process.ending() == "ended with exit code 3"
    assert "no luck" in (tmp_path / "part.log").read_text(encoding="utf-8")
    process = start(["no-such-program"])
    process.finish()
    assert process.ending() == "ended with exit code 127"
    assert "no-such-program cannot be started" in (tmp_path / "part.log").read_text(encoding="utf-8")


def test_a_stranger_on_the_port_is_not_taken_for_the_part(start: Start, tmp_path: Path) -> None:
    listen = "s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"
    script = f"import socket, time; {listen}; time.sleep(60)"
    process = start([sys.executable, "-c", script])
    deadline = time.monotonic() + PATIENCE
    while (
        not (lines := (tmp_path / "part.log").read_text(encoding="utf-8").splitlines()[1:])
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        assert process.listens_on(int(lines[0].split()[-1]))
        assert not process.listens_on(stranger.getsockname()[1])
