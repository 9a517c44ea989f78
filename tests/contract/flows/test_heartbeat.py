"""The heart over a real lease: it holds on under any number of reports, notices a takeover, and lets go at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.heartbeat import Heartbeat, LeaseLost
from kring.model import Step
from storage.leases import Leases, owner_name
from storage.memory.store import MemoryStore
from tests.support.stack.running import eventually

RECORDING = "0123456789abcdef"


@pytest.fixture
def leases() -> Leases:
    return Leases(MemoryStore(), lease_seconds=60)


@pytest.fixture
def heart(leases: Leases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heartbeat]:
    monkeypatch.setattr("flows.heartbeat.PUBLISH_SECONDS", 0.0)  # as many beats at once as can be
    owner = owner_name("run-1")
    assert leases.take(RECORDING, owner)
    with Heartbeat(leases, RECORDING, owner, every=0.001) as heart:
        yield heart


def test_steps_and_reports_never_take_each_other_for_a_stranger(heart: Heartbeat, leases: Leases) -> None:
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        for step in Step:
            with heart.step(step):
                heart.report(0.5)
    activity = leases.read(RECORDING)
    assert activity is not None
    assert activity.step in Step


def test_progress_reaches_the_bucket_and_whoever_shows_it(heart: Heartbeat, leases: Leases) -> None:
    shown: list[float] = []
    with heart.step(Step.TRANSCRIBE, lambda fraction, note: shown.append(fraction)):
        heart.report(0.25, "5.0 × real time")
        eventually(lambda: (now := leases.read(RECORDING)) and now.fraction == 0.25, what="the report")
    assert shown == [0.25]


def test_a_takeover_stops_the_work(heart: Heartbeat, leases: Leases) -> None:
    leases.release(RECORDING, owner_name("run-1"))
    assert leases.take(RECORDING, owner_name("run-2"))
    with pytest.raises(LeaseLost), heart.step(Step.RENDER):
        raise AssertionError("the step must not begin")
    other = leases.read(RECORDING)
    assert other is not None
    assert other.owner == owner_name("run-2")


def test_the_lease_is_let_go_at_the_end(leases: Leases) -> None:
    owner = owner_name("run-1")
    assert leases.take(RECORDING, owner)
    with Heartbeat(leases, RECORDING, owner, every=10), pytest.raises(ValueError, match="work"):
        raise ValueError("work went wrong")
    assert leases.read(RECORDING) is None


def test_a_process_dies_with_its_parent() -> None:
    child = (
        "import time; from kring.process import die_with_parent\n"
        "die_with_parent(); print('on', flush=True); time.sleep(60)"
    )
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    eventually(lambda: not alive(pid), what="the child to be gone")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie nobody has collected yet is gone too.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
