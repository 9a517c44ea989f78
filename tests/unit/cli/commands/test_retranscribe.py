"""`kring retranscribe` and `kring difference`, typed as people type them; archive and runs in memory."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import commands
from cli.commands import retranscribe
from cli.main import app
from cli.terminal import difference as difference_command
from flows.steps import steps
from kring.errors import BadMetadata, KringError, NotFound, UnknownCircle
from kring.model import Step
from services.ports import Ports
from services.problems import record_problem
from tests.support.archived_recording import ArchivedRecording, Broken


class Runs:
    """Prefect's place: a run is done at once, or (`idle`) not at all; or stops as the engine says."""

    def __init__(self, archived: ArchivedRecording) -> None:
        self.archived = archived
        self.asked: list[tuple[str, str, str]] = []
        self.idle = False

    def run_for(self, recording_id: str, *, title: str, circle: str) -> str:
        self.asked.append((recording_id, title, circle))
        if not self.idle:
            self.work()
        return "run"

    def work(self) -> None:
        try:
            self.archived.publish()
            steps.index(self.archived.job)
        except KringError as error:
            record_problem(self.archived.archive, self.archived.id, Step.TRANSCRIBE, str(error), transient=False)


@pytest.fixture
def archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchivedRecording:
    archived = ArchivedRecording(tmp_path)
    archived.publish()
    steps.index(archived.job)
    for module in (retranscribe, difference_command):
        monkeypatch.setattr(module, "connect", lambda: archived.job.ports)
    return archived


@pytest.fixture
def runs(archived: ArchivedRecording, monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs(archived)

    def connect() -> Ports:
        ports = archived.job.ports
        vars(ports)["runs"] = runs  # where `cached_property` keeps it
        return ports

    monkeypatch.setattr(retranscribe, "connect", connect)
    return runs


def kring(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False, **more)


def test_one_recording_is_transcribed_again_and_the_difference_shown(archived: ArchivedRecording, runs: Runs) -> None:
    archived.engine = archived.engine_named("to hundre")
    done = kring("retranscribe", f"http://kring.example/r/{archived.id}?t=12")
    assert done.exit_code == 0, done.output
    assert "1 recording (less than 1 min) is to be transcribed again" in done.output
    assert "3 words before, 4 now: 1 changed, 1 added (66.7 %)" in done.output
    assert "Dette hørte [-one-] {+to hundre+}" in done.output
    assert runs.asked == [(archived.id, "T", "privacy")]
    again = kring("retranscribe", archived.id)
    assert "made by this engine already" in again.output
    assert "nothing to transcribe again" in again.output
    shown = kring("difference", archived.id)
    assert "0:02  Dette hørte [-one-] {+to hundre+}" in shown.output


def test_a_dry_run_changes_nothing(archived: ArchivedRecording, runs: Runs) -> None:
    archived.engine = archived.engine_named("two")
    before = archived.manifest
    done = kring("retranscribe", "--circle", "privacy", "--dry-run")
    assert (done.exit_code, archived.manifest, runs.asked) == (0, before, [])
    assert "would be transcribed again" in done.output


def test_without_waiting_the_wish_is_written_down(archived: ArchivedRecording, runs: Runs) -> None:
    archived.engine, runs.idle = archived.engine_named("two"), True
    for _ in range(2):
        assert kring("retranscribe", "--all", "--no-wait", "--yes").exit_code == 0
    assert archived.manifest.again
    assert len(runs.asked) == 2  # the orchestrator gives the same run to both
    assert archived.transcript.model == "one"


def test_who_says_no_changes_nothing(archived: ArchivedRecording, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    archived.engine = archived.engine_named("two")
    monkeypatch.setattr(retranscribe, "_agreed", lambda: False)
    done = kring("retranscribe", "--all")
    assert (done.exit_code, archived.manifest.again, runs.asked) == (1, False, [])


def test_an_engine_that_fails_is_said_and_the_old_transcript_stands(archived: ArchivedRecording, runs: Runs) -> None:
    old = archived.transcript
    archived.engine = Broken(model="two")
    done = kring("retranscribe", "--all")
    assert done.exit_code == 1
    assert "not transcribed again" in done.output
    assert (archived.transcript, archived.manifest.again) == (old, False)


def test_where_only_the_english_track_is_new_it_says_so(archived: ArchivedRecording, runs: Runs) -> None:
    archived.change_circle(english=True)
    done = kring("retranscribe", "--all")
    assert "its transcript is as it was, the English track is new" in done.output
    assert archived.manifest.english is not None


def test_only_the_named_circle_is_meant(archived: ArchivedRecording, runs: Runs) -> None:
    archived.engine = archived.engine_named("two")
    other = archived.archive.circle("privacy").model_copy(update={"slug": "other"})
    archived.archive.put_circle(other)
    done = kring("retranscribe", "--circle", "other")
    assert (done.exit_code, archived.manifest.again, runs.asked) == (0, False, [])
    with pytest.raises(UnknownCircle):
        kring("retranscribe", "--circle", "nowhere")
    with pytest.raises(NotFound, match="no recording x"):
        kring("retranscribe", "x")
    with pytest.raises(BadMetadata, match="--all"):
        kring("retranscribe")


def test_no_command_brings_prefect_before_it_is_told_where_its_server_is() -> None:
    names = [module.name for module in pkgutil.iter_modules(commands.__path__, "cli.commands.")]
    asked = f"import sys, {', '.join(names)}; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0, names


def test_where_there_was_one_transcript_only_there_is_no_difference(archived: ArchivedRecording) -> None:
    with pytest.raises(NotFound, match="one transcript only"):
        kring("difference", archived.id)
