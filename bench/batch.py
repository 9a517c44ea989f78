"""How a batch goes through a new archive, over PostgreSQL and over SQLite: `python -m bench.batch [--files N]`.

Copies a sample N times, each cut to seconds and with other bytes, into a watched folder, starts the whole of Kring
on a new data folder, looks once a second, and tells

- ready: seconds until Prefect answered, from the start of its process
- searchable: seconds from the start of the stack until all recordings can be found
- stood still: the longest time in which nothing in the bucket changed, in seconds
- locked: how often Prefect's log says "database is locked"

Machines are noisy: compare the two of one run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kring.settings import FolderSource, Settings, WorkerSettings
from services.prefect_env import DATABASE_SETTING
from storage.archive.archive import Archive
from storage.keys import RECORDINGS, RUNS
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, running
from transcribe.media.ffmpeg import binary

FILES = 97
"""As many as stood still for over a minute on SQLite, twice of twice."""
CLIP_SECONDS = "4"
SAMPLE = REPOSITORY / "samples" / "privacy-shared-services.m4a"
DATABASES = ("PostgreSQL", "SQLite")
console = Console()


@dataclass(frozen=True)
class Figures:
    ready: float
    searchable: float
    stood_still: float
    locked: int


def fill(folder: Path, files: int) -> None:
    for number in range(files):
        cut = ["-t", CLIP_SECONDS, "-c", "copy", "-metadata", f"title=Talk {number}"]
        command = [binary(), "-nostdin", "-v", "error", "-i", str(SAMPLE), *cut, str(folder / f"Talk {number:03}.m4a")]
        subprocess.run(command, check=True)


@contextmanager
def on(database: str, folder: Path) -> Iterator[None]:
    """While the block runs, a new stack has this database for Prefect."""
    if database == "SQLite":
        os.environ[DATABASE_SETTING] = f"sqlite+aiosqlite:///{folder / 'prefect.db'}"
    try:
        yield
    finally:
        os.environ.pop(DATABASE_SETTING, None)


def sight(archive: Archive) -> frozenset[str]:
    """Another one whenever a run reports or a recording has come a step further."""
    return frozenset(info.etag for prefix in (RECORDINGS, RUNS) for info in archive.store.list(prefix))


def follow(kring: Kring, files: int, started: float) -> tuple[float, float]:
    """Seconds until all are searchable, and the longest time in which nothing changed."""
    before, changed, longest = sight(kring.ports.archive), time.monotonic(), 0.0
    while len(kring.ports.index.versions()) < files:
        time.sleep(1)
        seen, now = sight(kring.ports.archive), time.monotonic()
        if seen != before:
            before, changed = seen, now
        longest = max(longest, now - changed)
    return time.monotonic() - started, longest


def measure(database: str, files: int) -> Figures:
    with tempfile.TemporaryDirectory() as above, on(database, Path(above)):
        inbox = Path(above) / "inbox"
        inbox.mkdir()
        settings = Settings(
            data_dir=Path(above) / "data",
            worker=WorkerSettings(discover_seconds=5),
            sources=(FolderSource(name="inbox", path=inbox, circle="privacy", settle_seconds=0),),
        )
        started = time.monotonic()
        with running(settings) as kring:
            fill(inbox, files)
            searchable, stood_still = follow(kring, files, started)
            ready = kring.stack.seconds("prefect")
        log = (settings.data_dir / "logs" / "prefect.log").read_text(encoding="utf-8", errors="replace")
        return Figures(ready, searchable, stood_still, log.count("database is locked"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--files", type=int, default=FILES)
    files: int = parser.parse_args().files
    table = Table("database", "ready s", "searchable s", "stood still s", "locked", title=f"{files} files")
    for database in DATABASES:
        found = measure(database, files)
        console.print(database, found)  # the other takes as long again
        table.add_row(
            database,
            *(f"{value:.1f}" for value in (found.ready, found.searchable, found.stood_still)),
            str(found.locked),
        )
    console.print(table)


if __name__ == "__main__":
    main()
