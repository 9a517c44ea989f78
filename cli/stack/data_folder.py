"""The data folder as `kring up` needs it: there, private, writable, with room, and ours alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path

import psutil

from kring.errors import Conflict, DiskFull, SetupError

LEAST_FREE_MB = 300
"""What the parts need at their start: SeaweedFS lays out volumes, Prefect its database."""


def prepare(data_dir: Path) -> int:
    """Create the folder (mode 0700) and what the stack keeps in it; the bytes that are free.

    Raises SetupError if it cannot be written to, DiskFull if there is too little room.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("run", "logs", "prefect", "objects", "work"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
        probe = data_dir / "run" / f"probe.{os.getpid()}"
        probe.write_bytes(b"kring")
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"Kring cannot write to its data folder {data_dir} ({error.strerror}). "
            "Make it writable, or name another one with KRING_DATA_DIR."
        ) from None
    free = shutil.disk_usage(data_dir).free
    free_mb = free // 1_000_000
    if free_mb < LEAST_FREE_MB:
        raise DiskFull(
            f"Only {free_mb} MB are free on the disk of {data_dir}, and Kring needs {LEAST_FREE_MB} MB to start. "
            "Make room, or name another folder with KRING_DATA_DIR."
        )
    return free


class Lock:
    """One stack per data folder. The parts' guardians hold it too, so it is free only when the last part has ended."""

    def __init__(self, data_dir: Path, *, patience: float = 15.0) -> None:
        """`patience`: seconds to wait for the parts of a stack that was killed.

        Raises Conflict if another stack runs on this folder.
        """
        self._path = data_dir / "run" / "up.lock"
        self.descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + patience
        while not self._take():
            holder = self._holder()
            if holder is not None or time.monotonic() > deadline:
                os.close(self.descriptor)
                holder_note = f" (process {holder})" if holder is not None else ""
                raise Conflict(
                    f"Kring already runs on the data folder {data_dir}{holder_note}. "
                    "Stop that one first, or name another folder with KRING_DATA_DIR."
                )
            time.sleep(0.1)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{os.getpid()}\n".encode(), 0)

    def _take(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> int | None:
        """The process that runs the other stack; None if it has gone and only its parts are still ending."""
        digits = os.pread(self.descriptor, 32, 0).decode("ascii", errors="replace").strip()
        return int(digits) if digits.isdigit() and psutil.pid_exists(int(digits)) else None

    def release(self) -> None:
        os.close(self.descriptor)


def last_lines(log: Path, *, since: int = 0, count: int = 12) -> list[str]:
    """The last lines of a log, of what was written after byte `since`."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(since if since <= size else 0, size - 16_384))  # it may have been set aside since
        return file.read().decode("utf-8", errors="replace").splitlines()[-count:]
