"""PostgreSQL, the database of the local Prefect server: how it is started and when it is well.

It listens on a Unix socket only, in a folder that only its owner enters, and asks the kernel who connects (`peer`): the
account that runs Kring is let in, no other. Where it lies and as which account it runs is settled in `postgres_home`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROLE = "prefect"
DATABASE = "postgres"
"""The one that every new cluster has."""
SOCKET_NAME = ".s.PGSQL.5432"
HELD_BACK = ("PG", "LD_PRELOAD")
"""Beginnings of names in the environment that would lead its programs and clients elsewhere."""

SETTINGS = {
    "listen_addresses": "",  # no TCP
    "unix_socket_permissions": "0700",
    # Prefect's pool has at most 15 connections; pages of psql or a second server while one ends find a place too.
    "max_connections": "40",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    # No replicas and no archive: less is written. fsync stays on, as it is by default.
    "wal_level": "minimal",
    # Files of the log of writes go once they are not needed, instead of being kept with what was erased in them.
    "wal_recycle": "off",
    "max_wal_senders": "0",
    "io_method": "sync",  # PostgreSQL 18 starts three more processes for reading otherwise
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",  # Prefect's queries are many and small
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster, made and ready to be started."""

    programs: Path
    """The folder of `postgres`, `initdb` and `pg_isready`."""
    data: Path
    socket: Path
    """The folder of the socket."""
    account: int | None
    """User and group id it runs as; None: those of this process, which is not root."""

    @property
    def url(self) -> str:
        """For PREFECT_SERVER_DATABASE_CONNECTION_URL. It holds no secret."""
        return f"postgresql+asyncpg://{ROLE}@/{DATABASE}?host={quote(str(self.socket), safe='/')}"

    @property
    def command(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": f'"{self.socket}"'}
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *chosen]

    def healthy(self) -> bool:
        """Whether it takes connections; False while it recovers."""
        ask = ["-q", "-t", "3", "-h", str(self.socket), "-U", ROLE, "-d", DATABASE]
        try:
            done = subprocess.run(
                [self.programs / "pg_isready", *ask], env=environment(), capture_output=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def environment() -> dict[str, str]:
    """For its programs: nothing of Kring's, no secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def for_clients(environment: dict[str, str]) -> dict[str, str]:
    """Without what a shell may say of other PostgreSQL servers."""
    return {name: value for name, value in environment.items() if not name.startswith(HELD_BACK)}
