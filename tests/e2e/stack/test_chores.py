"""The worker's chores over a real Prefect: they never pile up, hold nothing up, and show what they did and no more."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from kring.settings import FolderSource, Settings, WorkerSettings
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory, inbox: Path) -> Iterator[Kring]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("chores") / "data",
        sources=(FolderSource(name="inbox", path=inbox, circle="privacy", settle_seconds=0),),
        worker=WorkerSettings(discover_seconds=5, reconcile_seconds=30),
    )
    with running(settings) as kring:
        yield kring


def process_of(kring: Kring, chore: str) -> psutil.Process | None:
    worker = psutil.Process(kring.stack.pids()["worker"])
    for one in worker.children():
        with suppress(psutil.Error):  # it is just ending
            if one.cmdline()[-2:] == ["flows.chores", chore]:
                return one
    return None


def drop(inbox: Path, name: str) -> None:
    part = inbox.parent / f"{name}.m4a"
    copy = ["-t", "4", "-c", "copy", "-metadata", f"title={name}"]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(SPEECH), *copy, str(part)], check=True)
    part.rename(inbox / part.name)


def wait_for_run(kring: Kring, title: str) -> None:
    eventually(lambda: any(run["name"] == title for run in kring.runs_of("recording")), what=f"a run of {title}")


def test_only_rounds_that_did_something_are_runs_with_a_name_and_a_tag(kring: Kring, inbox: Path) -> None:
    drop(inbox, "First talk")
    wait_for_run(kring, "First talk")
    process = eventually(lambda: process_of(kring, "discover"), what="the chore's process")
    used = sum(process.cpu_times()[:2])
    # Several rounds in which there is nothing to do, though the recording may still be waiting for its turn.
    eventually(lambda: sum(process.cpu_times()[:2]) > used + 0.2, what="more rounds")
    drop(inbox, "Second talk")
    wait_for_run(kring, "Second talk")
    found = eventually(
        lambda: (
            len(said := kring.runs_of("discover")) == 2
            and all(run["state_type"] == "COMPLETED" for run in said)
            and said
        ),
        what="two runs that say what was discovered",
    )
    for run in found:
        assert re.fullmatch(r"discover \d{4}-\d\d-\d\d \d\d:\d\d", run["name"])
        assert run["tags"] == ["chore"]
        assert run["state"]["message"] == "inbox: 1 new recordings."
    (deployment,) = kring.prefect("/deployments/filter")
    assert deployment["schedules"] == [], "nothing in Prefect makes runs by the clock"


def test_what_is_wrong_is_told_once_and_again_when_it_is_over(kring: Kring, inbox: Path) -> None:
    aside = inbox.with_name("aside")
    inbox.rename(aside)
    failed = eventually(
        lambda: [run for run in kring.runs_of("discover") if run["state_type"] == "FAILED"],
        what="the run that says so",
    )
    assert "inbox" in failed[0]["state"]["message"]
    process = process_of(kring, "discover")
    assert process is not None
    used = sum(process.cpu_times()[:2])
    eventually(lambda: sum(process.cpu_times()[:2]) > used + 0.2, what="more rounds")
    aside.rename(inbox)
    eventually(
        lambda: any(
            (run["state"]["message"] or "").endswith("All is well again.") for run in kring.runs_of("discover")
        ),
        what="the run that says so",
    )
    assert len([run for run in kring.runs_of("discover") if run["state_type"] == "FAILED"]) == 1


def test_a_chore_that_hangs_holds_nothing_else_up_and_leaves_no_late_runs(kring: Kring, tmp_path: Path) -> None:
    before = len(kring.runs_of("discover"))
    hanging = process_of(kring, "discover")
    assert hanging is not None
    hanging.send_signal(signal.SIGSTOP)
    try:
        drop(tmp_path, "Added meanwhile")
        added = kring.run("add", str(tmp_path / "Added meanwhile.m4a"), "--circle", "privacy", "--language", "en")
        assert added.returncode == 0, added.stdout + added.stderr
        other = process_of(kring, "reconcile")
        assert other is not None
        assert other.status() != psutil.STATUS_STOPPED
        assert len(kring.runs_of("discover")) == before
        said = kring.runs_of("discover", "reconcile")
        assert [run for run in said if run["state_type"] == "SCHEDULED"] == []
    finally:
        hanging.kill()
    eventually(
        lambda: (now := process_of(kring, "discover")) is not None and now.pid != hanging.pid,
        what="another process for the chore",
    )


def test_what_an_earlier_kring_scheduled_is_taken_away(kring: Kring) -> None:
    schedule = {"schedule": {"interval": 60, "anchor_date": "2026-01-01T00:00:00Z"}, "active": True}
    for chore in ("discover", "reconcile"):
        flow = kring.prefect("/flows/", name=chore)["id"]
        deployment = kring.prefect("/deployments/", name="kring", flow_id=flow, schedules=[schedule])["id"]
        for hour in range(10):
            late = {"type": "SCHEDULED", "state_details": {"scheduled_time": f"2026-01-01T{hour:02}:00:00Z"}}
            kring.prefect(f"/deployments/{deployment}/create_flow_run", state=late)
    assert len([run for run in kring.runs_of("discover", "reconcile") if run["state_type"] == "SCHEDULED"]) >= 20
    before = kring.stack.pids()["worker"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: len(kring.prefect("/deployments/filter")) == 1, what="the schedules to be gone")
    assert [run for run in kring.runs_of("discover", "reconcile") if run["state_type"] == "SCHEDULED"] == []
