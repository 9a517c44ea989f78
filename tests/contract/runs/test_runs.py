"""Flow runs are asked for, told and marked alike over Prefect's server and in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from cli.stack.services import prefect_part
from kring.errors import KringError, NotFound, OrchestratorDown, SetupError
from kring.model import now
from kring.sentence import Sentence
from kring.settings import Settings
from services.prefect_env import prefect_home
from services.runs.memory import MemoryRuns
from services.runs.port import FLOW, Run, Runs, StateType
from services.runs.prefect import PrefectRuns
from tests.contract.conftest import IN_MEMORY
from tests.support.http.web_server import serve
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.stack.running import eventually

pytestmark = pytest.mark.timeout(300)

NUMBERS = count(1)


def made(client: httpx.Client, path: str, **wanted: str) -> Any:
    """What the server has made; it answers 503 while its own services hold its database."""

    def ask() -> httpx.Response | None:
        answer = client.post(path, json=wanted, timeout=PATIENCE)
        return None if answer.status_code == 503 else answer

    return eventually(ask, what="the server to take it").raise_for_status().json()


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A Prefect server over SQLite, which knows the deployment that the worker makes."""
    port, secret = free_port(), SecretStr("kring:secret")
    settings = Settings(data_dir=tmp_path_factory.mktemp("prefect")).model_copy(
        update={"prefect_api_url": f"http://127.0.0.1:{port}/api", "prefect_auth_string": secret}
    )
    part = prefect_part(settings, port, None)
    assert part.cwd is not None
    part.cwd.mkdir(parents=True)
    with subprocess.Popen(part.command, env=part.environment, cwd=part.cwd) as server:
        try:
            eventually(part.healthy, what="the server")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", auth=("kring", "secret")) as client:
                flow = made(client, "/flows/", name=FLOW)
                made(client, "/deployments/", name="kring", flow_id=flow["id"])
            yield settings
        finally:
            server.terminate()


@pytest.fixture(params=[IN_MEMORY, "prefect"])
def runs(request: pytest.FixtureRequest) -> Runs:
    if request.param == "memory":
        return MemoryRuns()
    return PrefectRuns(request.getfixturevalue("prefect"))


@pytest.fixture
def recording_id() -> str:
    """Another one for each test: all share one server."""
    return f"{next(NUMBERS):016x}"


def test_the_same_wish_gives_the_same_run(runs: Runs, recording_id: str) -> None:
    runs.check()
    first = runs.start(recording_id, title="A talk", circle="privacy", item={"location": "https://x"})
    assert runs.start(recording_id, title="A talk", circle="privacy") == first
    assert runs.run_for(recording_id, title="A talk", circle="privacy") == first
    second = runs.start(recording_id, title="A talk", circle="privacy", after=first)
    assert second != first
    assert [run.id for run in runs.runs(recording_id)] == [second, first]
    newest = runs.newest(recording_id)
    assert newest is not None
    assert newest.id == second
    run = runs.run(first)
    assert run.parameters == {"recording_id": recording_id, "title": "A talk", "item": {"location": "https://x"}}
    assert set(run.tags) == {"privacy", f"recording:{recording_id}"}
    assert (run.recording_id, run.state, run.waiting, run.going) == (recording_id, StateType.SCHEDULED, True, True)


def test_a_run_keeps_its_place(runs: Runs, recording_id: str) -> None:
    place = now() - timedelta(hours=3)
    first = runs.start(recording_id, title="A talk", circle="privacy", place=place)
    assert runs.run(first).place == place
    lost = runs.run(first)
    again = runs.start_again(lost.parameters, tags=lost.tags, after=first, place=lost.place)
    found = runs.run(again)
    assert (found.place, found.parameters, set(found.tags)) == (place, lost.parameters, set(lost.tags))


def test_a_dead_run_is_followed_by_another(runs: Runs, recording_id: str) -> None:
    first = runs.start(recording_id, title="A talk", circle="privacy")
    runs.crash(first, "Its process is gone.")
    dead = runs.run(first)
    assert (dead.state, dead.message, dead.going, dead.cancelled) == (
        StateType.CRASHED,
        "Its process is gone.",
        False,
        False,
    )
    assert runs.run_for(recording_id, title="A talk", circle="privacy") != first


def test_what_was_let_go_has_ended_well(runs: Runs, recording_id: str) -> None:
    first = runs.start(recording_id, title="A talk", circle="privacy")
    runs.let_go(first)
    assert runs.runs(recording_id, finished_well=False) == []
    assert [run.state_name for run in runs.runs(recording_id)] == ["Let go"]


def test_what_a_person_cancelled_is_told(runs: Runs, recording_id: str) -> None:
    first = runs.start(recording_id, title="A talk", circle="privacy")
    assert first not in runs.cancelled()
    runs.end_cancelled(first)
    assert first in runs.cancelled()
    assert runs.run(first).cancelled


def test_why_it_stopped_is_kept_with_its_values(runs: Runs, recording_id: str) -> None:
    first = runs.start(recording_id, title="A talk", circle="privacy")
    assert runs.run(first).problem is None
    gone = Sentence("{host} answers {status}.", host="a.example", status=404)
    runs.explain(first, Sentence("{problem} Again.", problem=gone))
    told = runs.run(first).reason
    assert told == "a.example answers 404. Again."
    problem = told.values["problem"]
    assert isinstance(problem, Sentence)
    assert problem.values == {"host": "a.example", "status": 404}


def test_a_run_that_never_was(runs: Runs, recording_id: str) -> None:
    assert runs.newest(recording_id) is None
    with pytest.raises(NotFound):
        runs.run("00000000-0000-4000-8000-000000000000")


def test_all_runs_come_however_many_there_are(prefect: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runs.prefect.PAGE", 2)
    runs = PrefectRuns(prefect)
    ids = [f"{next(NUMBERS):016x}" for _ in range(5)]
    started = {runs.start(one, title="Many", circle="privacy") for one in ids}
    assert started <= {run.id for run in runs.runs()}


def test_the_wrong_password_and_no_server_are_told_apart(prefect: Settings) -> None:
    wrong = prefect.model_copy(update={"prefect_auth_string": SecretStr("kring:wrong")})
    with pytest.raises(SetupError, match="PREFECT_API_AUTH_STRING"):
        PrefectRuns(wrong).runs()
    none = prefect.model_copy(update={"prefect_api_url": None})
    with pytest.raises(SetupError, match="PREFECT_API_URL"):
        PrefectRuns(none).runs()
    away = prefect.model_copy(update={"prefect_api_url": f"http://127.0.0.1:{free_port()}/api"})
    with pytest.raises(OrchestratorDown, match="does not answer"):
        PrefectRuns(away).runs()


def test_a_run_is_cancelled_wherever_it_stands(runs: Runs, recording_id: str) -> None:
    first = runs.start(recording_id, title="A talk", circle="privacy")
    runs.cancel(first)
    assert (runs.run(first).state, runs.run(first).cancelled) == (StateType.CANCELLED, True)
    runs.cancel(first)
    assert runs.run(first).state is StateType.CANCELLED
    with pytest.raises(NotFound):
        runs.cancel("00000000-0000-4000-8000-000000000000")


def test_nothing_is_kept_of_runs_that_are_forgotten(runs: Runs, recording_id: str) -> None:
    other = f"{next(NUMBERS):016x}"
    kept = runs.start(other, title="Another", circle="privacy")
    first = runs.start(recording_id, title="A talk", circle="privacy")
    runs.crash(first, "It is gone.")
    second = runs.start(recording_id, title="A talk", circle="privacy", after=first)
    assert runs.forget(recording_id, [first]).rows >= 2
    assert runs.runs(recording_id) == []
    for gone in (first, second):
        with pytest.raises(NotFound):
            runs.run(gone)
    assert runs.run(kept).recording_id == other
    assert runs.forget(recording_id, [first]).rows == 0
    assert runs.start(recording_id, title="A talk", circle="privacy") not in (first, second)


def test_the_database_of_our_server_has_no_byte_of_it_left(prefect: Settings, recording_id: str) -> None:
    """Neither in rows, nor in events, nor in pages that are free."""
    runs, secret = PrefectRuns(prefect), "Zwaluwennest"
    files = [path for path in Path(prefect_home(prefect)).iterdir() if path.name.startswith("prefect.db")]

    def left() -> bool:
        return any(secret.encode() in path.read_bytes() for path in files if path.exists())

    first = runs.start(recording_id, title=f"About {secret}", circle="privacy", item={"file_name": f"{secret}.mp4"})
    runs.crash(first, f"{secret} is gone.")
    assert eventually(left, what="the database to have it")
    events = f"{prefect.prefect_api_url}/events/filter"
    asked = {"filter": {"resource": {"id": [f"prefect.flow-run.{first}"]}}}
    auth = ("kring", "secret")
    eventually(lambda: httpx.post(events, json=asked, auth=auth).json()["total"] > 1, what="the events")
    forgotten = runs.forget(recording_id, [])
    assert (forgotten.events, forgotten.compacted) == (True, True)
    assert httpx.post(events, json=asked, auth=auth).json()["total"] == 0
    assert not left()


def test_however_many_runs_there_were_they_are_forgotten(prefect: Settings, recording_id: str) -> None:
    runs = PrefectRuns(prefect)
    ended = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(80)]
    runs.start(recording_id, title="A talk", circle="privacy")
    assert runs.forget(recording_id, ended).rows >= 1
    assert runs.runs(recording_id) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b'{"recording_id": "x", "run_ids": []}', 422),
        (b'{"recording_id": "0123456789abcdef", "run_ids": ["%"]}', 422),
        (b" " * 1_000_001, 400),
    ],
)
def test_what_is_not_understood_deletes_nothing(prefect: Settings, body: bytes, status: int) -> None:
    forget = f"{prefect.prefect_api_url}/kring/forget"
    assert httpx.post(forget, content=body, auth=("kring", "secret")).status_code == status
    for wrong in (("kring", "wrong"), None):
        assert httpx.post(forget, content=body, auth=wrong).status_code == 401
    assert httpx.get(forget, auth=("kring", "secret")).status_code == 400


@pytest.mark.quick
@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 405, 409, 422, 429, 500, 502, 503])
@pytest.mark.parametrize("body", [b"", b"<html>"])
def test_an_answer_that_is_not_prefects_is_an_error_of_ours(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy in between may answer with a page of its own, or with nothing at all."""
    monkeypatch.setattr("services.runs.prefect.PAUSES", ())
    asked = "/api/deployments/name/recording/kring"
    with serve() as site:
        site.statuses[asked], site.files[asked] = status, body
        settings = Settings(data_dir=tmp_path).model_copy(update={"prefect_api_url": f"{site.address}/api"})
        with pytest.raises(KringError):
            PrefectRuns(settings).start("0" * 16, title="A talk", circle="privacy")


@pytest.mark.quick
def test_of_an_older_run_the_template_of_its_message_is_recognised() -> None:
    moment = now()
    message = "The transcript is empty."
    run = Run("1", "0" * 16, StateType.FAILED, "Stopped", message, moment, moment, {}, (), moment)
    assert run.reason == message
    large = replace(run, message="The file has 5.2 GB; at most 4 GB are taken. Split it in parts.")
    assert large.reason.values == {"size": "5.2", "most": "4"}
    assert replace(run, message="libfoo broke").reason.values == {}
