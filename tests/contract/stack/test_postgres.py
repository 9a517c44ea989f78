"""Prefect's own PostgreSQL, the real one: where it lies, as whom it runs, who may connect, what it survives."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from cli.stack.postgres import home as postgres_home
from cli.stack.postgres.account import PRIVATE, runs_as
from cli.stack.postgres.home import NoPostgres, prefect_database, prepare
from cli.stack.postgres.server import DATABASE, ROLE, SOCKET_NAME, Postgres, environment
from tests.support.patience import PATIENCE
from tests.support.stack.running import eventually, tidy

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another account")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that other accounts could reach, were it not private; pytest's own folders they could not."""
    above = Path(tempfile.mkdtemp(prefix="kring-test-"))
    above.chmod(0o755)
    folder = above / "data"
    folder.mkdir(mode=0o700)
    yield folder
    tidy(folder)
    shutil.rmtree(above)


Serve = Callable[[Postgres], subprocess.Popen[bytes]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[subprocess.Popen[bytes]] = []

    def start(postgres: Postgres) -> subprocess.Popen[bytes]:
        who = {} if postgres.account is None else {"user": postgres.account, "group": postgres.account}
        process = subprocess.Popen(postgres.command, env=environment(), stderr=subprocess.DEVNULL, **who)  # type: ignore[call-overload]
        started.append(process)
        eventually(postgres.healthy, what="PostgreSQL")
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def said_nothing(sentence: str) -> None:
    pytest.fail(f"it said: {sentence}")


def ask(postgres: Postgres, question: str) -> object:
    async def go() -> object:
        connection = await asyncpg.connect(host=str(postgres.socket), user=ROLE, database=DATABASE)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(go())


def test_it_lies_in_the_data_folder_for_its_owner_only_and_runs_without_rights(data: Path, serve: Serve) -> None:
    postgres = prepare(data, said_nothing)
    assert postgres.data.parent == postgres.socket == data / "postgres"
    process = psutil.Process(serve(postgres).pid)
    assert process.uids().effective != 0
    assert process.net_connections(kind="tcp") == []
    if os.geteuid() == 0:
        assert process.uids() == process.gids() == (postgres.account,) * 3
        assert postgres.account in PRIVATE
        assert stat.S_IMODE(data.stat().st_mode) == 0o710
        assert data.stat().st_gid == postgres.account
    for private in (postgres.socket, postgres.data):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert private.stat().st_uid == process.uids().effective
    ask(postgres, "create extension pg_trgm")
    assert ask(postgres, "select similarity('kring', 'kringer')") > 0.5  # type: ignore[operator]
    assert ask(postgres, "show fsync") == "on"
    assert ask(postgres, "show listen_addresses") == ""


@needs_root
@pytest.mark.parametrize("name", ["daemon", "nobody"])
def test_another_account_gets_nowhere(data: Path, serve: Serve, name: str) -> None:
    import pwd

    other = pwd.getpwnam(name)
    postgres = prepare(data, said_nothing)
    serve(postgres)
    psql = [postgres.programs / "psql", "-h", postgres.socket, "-U", ROLE, "-d", DATABASE, "-c", "select 42"]
    assert "42" in runs_as(psql, user=None, group=None).stdout
    refused = runs_as(psql, user=other.pw_uid, group=other.pw_gid)
    assert refused.returncode == 2
    assert "Permission denied" in refused.stderr
    # Not even if every folder and the socket stood open: the kernel says who asks.
    for folder in (data, postgres.socket, postgres.socket / SOCKET_NAME):
        folder.chmod(0o777)
    for role in (ROLE, name, "root", "postgres"):
        refused = runs_as([*psql[:4], role, *psql[5:]], user=other.pw_uid, group=other.pw_gid)
        assert refused.returncode == 2, role
        assert "authentication failed" in refused.stderr or "no pg_hba.conf entry" in refused.stderr


@pytest.fixture
def deep(data: Path) -> Iterator[Path]:
    """A data folder whose path is longer than that of a Unix socket may be."""
    folder = data / ("deep" * 20) / ("deeper" * 20)
    folder.mkdir(parents=True)
    for above in (data, folder.parent):
        above.chmod(0o755)
    folder.chmod(0o700)
    yield folder
    tidy(folder)


def test_a_deep_data_folder_has_its_socket_elsewhere_and_always_there(deep: Path, serve: Serve) -> None:
    postgres = prepare(deep, said_nothing)
    assert postgres.data == deep / "postgres" / "data"
    assert stat.S_IMODE(postgres.socket.stat().st_mode) == 0o700
    assert prepare(deep, said_nothing) == postgres
    serve(postgres)
    assert ask(postgres, "select 1") == 1


def test_a_folder_that_somebody_else_made_there_is_not_used(deep: Path) -> None:
    before = prepare(deep, said_nothing).socket
    before.chmod(0o777)  # as one is that was made in its place, in a temporary folder that is everybody's
    after = prepare(deep, said_nothing).socket
    assert after != before
    assert stat.S_IMODE(after.stat().st_mode) == 0o700
    before.rmdir()


@needs_root
def test_below_a_folder_that_only_root_enters_it_lies_elsewhere(data: Path, serve: Serve) -> None:
    data.parent.chmod(0o700)
    postgres = prepare(data, said_nothing)
    assert not postgres.data.is_relative_to(data)
    serve(postgres)
    ask(postgres, "create table kept as select 42 as answer")
    assert prepare(data, said_nothing) == postgres


def test_killed_it_recovers_by_itself(data: Path, serve: Serve) -> None:
    postgres = prepare(data, said_nothing)
    process = serve(postgres)
    ask(postgres, "create table kept as select 42 as answer")
    process.kill()
    process.wait()
    assert prepare(data, said_nothing) == postgres
    serve(postgres)
    assert ask(postgres, "select answer from kept") == 42


def test_a_lock_file_with_the_number_of_another_process_does_not_keep_it_from_starting(
    data: Path, serve: Serve
) -> None:
    postgres = prepare(data, said_nothing)
    command, who = ["sleep", "600"], {}
    if postgres.account is not None:
        who = {"user": postgres.account, "group": postgres.account}
    stranger = subprocess.Popen(command, **who)  # type: ignore[call-overload]
    try:
        # What a killed one leaves, and a restarted machine or container then gives its number to another program.
        lines = f"{stranger.pid}\n{postgres.data}\n{int(time.time())}\n5432\n{postgres.socket}\n\n 1 1\n"
        for lock in (postgres.data / "postmaster.pid", postgres.socket / f"{SOCKET_NAME}.lock"):
            lock.write_text(lines, encoding="ascii")
            if postgres.account is not None:
                os.chown(lock, postgres.account, postgres.account)
        refused = subprocess.run(
            postgres.command, env=environment(), capture_output=True, text=True, timeout=60, check=False, **who
        )  # type: ignore[call-overload]
        assert "lock file" in refused.stderr
        serve(prepare(data, said_nothing))
        assert ask(postgres, "select 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_what_another_version_made_is_set_aside_and_said(data: Path, serve: Serve) -> None:
    postgres = prepare(data, said_nothing)
    (postgres.data / "PG_VERSION").write_text("17\n", encoding="ascii")
    said: list[str] = []
    serve(prepare(data, said.append))
    assert len(said) == 1
    assert "starts afresh (PostgreSQL 18)" in said[0]
    assert len(list(postgres.data.parent.glob("data.*"))) == 1
    assert ask(postgres, "select 1") == 1


def test_half_a_cluster_is_made_again(data: Path, serve: Serve) -> None:
    (data / "postgres" / "data.part").mkdir(parents=True)
    (data / "postgres" / "data.part" / "PG_VERSION").write_text("18", encoding="ascii")
    serve(prepare(data, said_nothing))


@pytest.mark.parametrize("note", [b"", b"not json", b'{"account": "x"}'])
def test_a_damaged_note_is_written_anew(data: Path, serve: Serve, note: bytes) -> None:
    (data / "postgres.json").write_bytes(note)
    serve(prepare(data, said_nothing))


def test_what_sqlite_kept_is_set_aside_and_said_once(data: Path) -> None:
    (data / "prefect").mkdir()
    for name in ("prefect.db", "prefect.db-wal"):
        (data / "prefect" / name).write_bytes(b"older")
    said: list[str] = []
    assert prefect_database(data, said.append) is not None
    assert len(said) == 1
    assert "starts afresh in PostgreSQL" in said[0]
    kept = {path.name for path in (data / "prefect").iterdir()}
    assert kept == {"before-postgresql-prefect.db", "before-postgresql-prefect.db-wal"}
    assert prefect_database(data, said_nothing) is not None


def test_without_its_programs_it_says_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_home, "PACKAGE", "kring-has-no-such-package")
    with pytest.raises(NoPostgres, match="not installed"):
        prepare(data, said_nothing)
    said: list[str] = []
    assert prefect_database(data, said.append) is None
    assert "kept in SQLite" in said[0]
