"""Cancelled in Prefect stays cancelled until a person starts it again; what a crash stops keeps its place."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kring.model import ADDRESS, SourceRef, State, Step
from kring.settings import FetchSettings, Settings, WorkerSettings
from services.problems import CANCELLED
from storage.archive.requests import Requests
from tests.e2e.runs.test_crash import held
from tests.support.http.web_server import serve
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hold")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory, hold: Path) -> Iterator[Kring]:
    os.environ["KRING_TEST_HOLD"] = str(hold)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("cancel") / "data",
        fetch=FetchSettings(allow_private=True),
        worker=WorkerSettings(limit=1, reconcile_seconds=3600),  # what is noted is noted because it was cancelled
    )
    held_worker = [sys.executable, "-m", "tests.support.stack.held_worker"]
    worker = ["env", f"KRING_TEST_HOLD={hold}", f"PYTHONPATH={REPOSITORY}", *held_worker]
    with running(settings, commands={"worker": worker}) as kring:
        yield kring


def clip(folder: Path, name: str) -> Path:
    path = folder / f"{name}.m4a"
    copy = ["-t", "4", "-c", "copy", "-metadata", f"title={name}"]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(SPEECH), *copy, str(path)], check=True)
    return path


def add(kring: Kring, what: Path | str, title: str) -> None:
    more = ["--circle", "privacy", "--title", title, "--language", "en", "--no-wait"]
    done = kring.run("add", str(what), *more)
    assert done.returncode == 0, done.stdout + done.stderr


def newest_run(kring: Kring, title: str) -> dict[str, str]:
    run: dict[str, str] = [run for run in kring.runs_of("recording") if run["name"] == title][-1]
    return run


def cancel(kring: Kring, title: str) -> None:
    """What the button in Prefect's pages does."""
    run = newest_run(kring, title)["id"]
    kring.prefect(f"/flow_runs/{run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    eventually(lambda: newest_run(kring, title)["state_type"] == "CANCELLED", what=f"{title} to be cancelled")


def problem_of(kring: Kring, title: str) -> str:
    problem = kring.recording(title).problem
    return problem.message if problem else ""


def is_published(kring: Kring, title: str) -> bool:
    return any(
        manifest.details.title == title and manifest.state is State.PUBLISHED and manifest.problem is None
        for manifest in kring.ports.archive.manifests()
    )


def test_cancelled_stays_cancelled_until_a_person_starts_it_again(kring: Kring, hold: Path, tmp_path: Path) -> None:
    requests = Requests(kring.ports.archive.store)
    with serve() as site:
        site.files["/never.m4a"] = clip(tmp_path, "never").read_bytes()
        url = f"{site.address}/never.m4a"
        fetched = SourceRef(source=ADDRESS, external_id=url).recording_id
        with held(hold, Step.TRANSCRIBE) as reached:
            add(kring, clip(tmp_path, "working"), "working")
            eventually(reached, what="the run to be in the middle of its work")
            add(kring, clip(tmp_path, "waiting"), "waiting")
            add(kring, clip(tmp_path, "other"), "other")
            add(kring, url, "never")
            assert requests.all()[fetched].cancelled_at is None, "kept in the bucket from the start"
            for title in ("working", "waiting", "never"):
                cancel(kring, title)
        for title in ("working", "waiting"):
            eventually(lambda title=title: problem_of(kring, title) == CANCELLED, what="it to be noted")
        eventually(lambda: requests.all()[fetched].cancelled_at, what="it to be noted")
        working = kring.ports.leases.read(kring.recording("working").id)
        assert working is None or not kring.ports.leases.is_alive(working), "its lease is let go"
        eventually(lambda: is_published(kring, "other"), what="the one that was not cancelled")
        before = len(kring.runs_of("recording"))
        said = kring.run("status").stdout
        assert said.count(CANCELLED) == 3, said
        assert kring.run("reconcile").returncode == 0
        # Prefect's database is made afresh: none of these runs was ever there.
        assert len(kring.runs_of("recording")) == before
        for run in kring.runs_of("recording"):
            kring.prefect(f"/flow_runs/{run['id']}", "DELETE")
        done = kring.run("reconcile")
        assert done.returncode == 0
        assert kring.runs_of("recording") == [], done.stdout
        assert kring.run("status").stdout.count(CANCELLED) == 3

        again = kring.run("reconcile", "--retry-failed")
        assert again.stdout.count("started again") == 3, again.stdout
        for title in ("working", "waiting", "never"):
            eventually(lambda title=title: is_published(kring, title), what=f"{title} to be published")
    eventually(lambda: "All are searchable." in kring.run("status").stdout, what="all to be searchable")
    kring.run("reconcile")
    assert requests.all() == {}


def test_a_cancelled_one_is_also_started_again_by_adding_it_again(kring: Kring, hold: Path, tmp_path: Path) -> None:
    path = clip(tmp_path, "added again")
    with held(hold, Step.PROBE) as reached:
        add(kring, path, "added again")
        eventually(reached, what="the run to be in the middle of its work")
        cancel(kring, "added again")
    eventually(lambda: problem_of(kring, "added again") == CANCELLED, what="it to be noted")
    add(kring, path, "added again")
    eventually(lambda: is_published(kring, "added again"), what="it to be published")


@pytest.mark.parametrize(("how", "ended"), [(signal.SIGKILL, "CRASHED"), (signal.SIGTERM, "CANCELLED")])
def test_what_a_worker_was_at_when_it_ended_goes_before_what_was_added_later(
    kring: Kring, hold: Path, tmp_path: Path, how: signal.Signals, ended: str
) -> None:
    titles = [f"{which} {ended}" for which in ("first", "second", "third")]
    with held(hold, Step.TRANSCRIBE) as reached:
        for title in titles:
            add(kring, clip(tmp_path, title), title)
            eventually(reached, what="the first to be in the middle of its work")
        (hold / "transcribe.reached").unlink()
        os.kill(kring.stack.pids()["worker"], how)
        eventually(reached, what="a run to be there again")
    for title in titles:
        eventually(lambda title=title: is_published(kring, title), what=f"{title} to be published")
    runs = eventually(
        lambda: (
            all(newest_run(kring, title)["state_type"] == "COMPLETED" for title in titles)
            and [run for run in kring.runs_of("recording") if run["name"] in titles]
        ),
        what="their runs to say so",
    )
    assert [run["state_type"] for run in runs if run["name"] == titles[0]] == [ended, "COMPLETED"]
    done = sorted((run for run in runs if run["state_type"] == "COMPLETED"), key=lambda run: str(run["start_time"]))
    assert [run["name"] for run in done] == titles
