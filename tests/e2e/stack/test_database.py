"""Prefect's database: PostgreSQL, killed in the middle of the work; SQLite where it is not; one of the operator's."""

from __future__ import annotations

import io
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from cli.stack.postgres import home as postgres_home
from cli.stack.stack import Stack
from kring.intake.item import Item
from kring.model import ADDRESS, SourceRef, State
from kring.settings import LocalSettings, SearchSettings, Settings, WebSettings
from services.runs.older_runs import take_over
from services.secret_addresses import with_secrets
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.keys import manifest_key
from storage.memory.store import MemoryStore
from tests.e2e.stack.test_stack import COMMANDS
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, prefect, running, tidy

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


def alone(tmp_path: Path) -> Settings:
    """Only Prefect's server and its database are real."""
    local, search = LocalSettings(s3_port=0, prefect_port=0), SearchSettings(engine="embedded")
    settings = Settings(data_dir=tmp_path / "data", web=WebSettings(port=0), local=local, search=search)
    return settings.model_copy(update={"s3_endpoint": "http://s3.example:9000"})


def server_is_well(stack: Stack) -> bool:
    return httpx.get(f"{stack.settings.prefect_api_url}/health", trust_env=False, timeout=PATIENCE).json() is True


def asked_for(stack: Stack, title: str, state: str) -> str:
    """A run in Prefect, in this state, as an earlier Kring asked for it; the recording's id."""
    url = f"https://example.org/{title}?token=secret"
    ref = SourceRef(source=ADDRESS, external_id=url)
    details = {"title": title, "circle": "privacy", "date": "2026-03-02"}
    item = {"ref": {"source": ADDRESS, "external_id": url}, "details": details, "file_name": title, "location": url}
    flow = prefect(stack, "/flows/", name="recording")["id"]
    parameters = {"recording_id": ref.recording_id, "title": title, "item": item}
    prefect(stack, "/flow_runs/", flow_id=flow, parameters=parameters, tags=["privacy"], state={"type": state})
    return ref.recording_id


def test_without_postgres_it_is_sqlite_and_a_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_home, "PACKAGE", "kring-has-no-such-package")
    said, settings = io.StringIO(), alone(tmp_path)
    with Stack(settings, console=Console(file=said, width=300), commands=COMMANDS) as stack:
        stack.wait_healthy()
        assert "postgres" not in stack.pids()
        assert server_is_well(stack)
        waiting = asked_for(stack, "waiting", "SCHEDULED")
        cancelled = asked_for(stack, "cancelled", "CANCELLED")
        asked_for(stack, "done", "SCHEDULED")
        asked_for(stack, "done", "COMPLETED")
        received = asked_for(stack, "received", "FAILED")
    assert said.getvalue().count("kept in SQLite") == 1
    database = settings.data_dir / "prefect" / "prefect.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    # With the package again, PostgreSQL it is; what SQLite kept lies beside it.
    monkeypatch.undo()
    said = io.StringIO()
    try:
        with Stack(settings, console=Console(file=said, width=300), commands=COMMANDS) as stack:
            stack.wait_healthy()
            assert "postgres" in stack.pids()
            assert server_is_well(stack)
        assert said.getvalue().count("starts afresh in PostgreSQL") == 1
        assert not database.exists()
        # What nobody else knows of is taken over from there, once: here the store has the last one already.
        store = MemoryStore()
        store.put_bytes(manifest_key(received), b"{}", media_type="application/json")
        assert take_over(settings.data_dir, Archive(store)) == 2
        requests = Requests(store).all()
        assert {request.id: request.cancelled_at is not None for request in requests.values()} == {
            waiting: False,
            cancelled: True,
        }
        assert (requests[waiting].title, requests[waiting].tags) == ("waiting", ("privacy",))
        assert "secret" not in requests[waiting].model_dump_json()
        item = with_secrets(store, Item.model_validate(requests[waiting].parameters["item"]))
        assert (item.recording_id, item.location) == (waiting, "https://example.org/waiting?token=secret")
        assert take_over(settings.data_dir, Archive(store)) == 0
    finally:
        tidy(settings.data_dir)


def test_a_database_of_the_operators_own_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.db"
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", f"sqlite+aiosqlite:///{own}")
    said, settings = io.StringIO(), alone(tmp_path)
    with Stack(settings, console=Console(file=said, width=300), commands=COMMANDS) as stack:
        stack.wait_healthy()
        assert "postgres" not in stack.pids()
        assert server_is_well(stack)
        worker = Path(f"/proc/{stack.pids()['worker']}/environ").read_bytes()
    assert b"DATABASE" not in worker, "the others have no business with it, nor with a password in it"
    assert "PostgreSQL    elsewhere: your own" in said.getvalue()
    assert own.stat().st_size > 0
    assert not (settings.data_dir / "postgres").exists()


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kring]:
    with running(Settings(data_dir=tmp_path_factory.mktemp("database") / "data")) as kring:
        yield kring


def states(kring: Kring) -> dict[str, str]:
    """Recording's title → state of its run."""
    try:
        runs = kring.runs_of("recording")
    except httpx.HTTPStatusError:  # its database is just away
        return {}
    assert len({run["name"] for run in runs}) == len(runs), "no recording needed a second run"
    return {run["name"]: run["state_type"] for run in runs}


def test_a_killed_postgres_comes_back_and_the_runs_go_on(kring: Kring, tmp_path: Path) -> None:
    data = kring.ports.settings.data_dir
    assert not (data / "prefect" / "prefect.db").exists()
    titles = [f"Talk {number}" for number in range(5)]
    for title in titles:
        path = tmp_path / f"{title}.m4a"
        copy = ["-t", "6", "-c", "copy", "-metadata", f"title={title}"]
        subprocess.run([FFMPEG, "-v", "error", "-i", str(SPEECH), *copy, str(path)], check=True)
        added = kring.run("add", str(path), "--circle", "privacy", "--language", "en", "--no-wait")
        assert added.returncode == 0, added.stderr
    eventually(lambda: "RUNNING" in states(kring).values(), what="a run under way")
    before = kring.stack.pids()
    os.kill(before["postgres"], signal.SIGKILL)
    eventually(lambda: kring.stack.pids().get("postgres") not in {before["postgres"], None}, what="PostgreSQL")
    eventually(
        lambda: sum(manifest.state is State.PUBLISHED for manifest in kring.ports.archive.manifests()) == len(titles),
        seconds=400,
        what="all to be published",
    )
    ended = dict.fromkeys(titles, "COMPLETED")
    eventually(lambda: states(kring) == ended, what="every run to have ended well, at its first try")
    after = kring.stack.pids()
    assert {name: after[name] for name in ("prefect", "worker", "web")} == {
        name: before[name] for name in ("prefect", "worker", "web")
    }
