"""A running part, started through its guardian (`guardian.py`), which ends it on request or if this process ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from cli.stack import guardian

SPARE = 3.0
"""Seconds the guardian gets on top of the part's grace."""


class Process:
    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path | None,
        log: Path,
        pid_file: Path,
        grace: float,
        lock: int,
        stop: signal.Signals = signal.SIGTERM,
        account: int | None = None,
    ) -> None:
        """Start `command`; its output goes to the end of `log`.

        `lock`: a descriptor the guardian keeps open. `stop`: what asks the part to end. `account`: the user and group
        id it runs as; None: ours.
        """
        self._grace, self._pid_file = grace, pid_file
        how = [str(grace), str(int(stop)), "-" if account is None else str(account)]
        pid_file.unlink(missing_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
            output.write(f"{time.strftime('%Y-%m-%d %H:%M:%S%z')} --- starts: {command[0]}\n".encode())
            output.flush()
            self.log_starts_at = output.tell()
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", guardian.__file__, *how, str(pid_file), str(log), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(environment),
                cwd=cwd,
                pass_fds=(lock,),
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._guardian.poll() is None

    @property
    def pid(self) -> int | None:
        """The part's own process id, once it has one."""
        try:
            return int(self._pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def listens_on(self, port: int) -> bool:
        if (pid := self.pid) is None:
            return False
        try:
            connections = psutil.Process(pid).net_connections(kind="tcp")
        except psutil.Error:
            return False
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port for connection in connections
        )

    def ending(self) -> str:
        """How it ended, as in "was killed by SIGKILL"."""
        code = self._guardian.wait()
        number = code - 128 if code > 128 else -code
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(number).name}" if number > 0 else f"ended with exit code {code}"
        return f"ended with exit code {code}"

    def ask_to_stop(self) -> None:
        if self.running:
            self._guardian.terminate()

    def hurry(self) -> None:
        """Make the guardian end everything within its short grace, as if this process had ended."""
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()

    def finish(self) -> None:
        """Wait for the part to end, for its grace and SPARE seconds at most; then kill it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guardian.wait(self._grace + SPARE)
        self.kill()

    def kill(self) -> None:
        """Kill whatever still runs. Does nothing if everything has ended normally."""
        pid = self.pid  # the guardian removes the file when it ends normally
        if self.running and pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # then the guardian ends the rest
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guardian.wait(SPARE)
        if self.running:
            self._guardian.kill()
            self._guardian.wait()
        if (pid := self.pid) is not None:  # somebody killed the guardian itself
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            self._pid_file.unlink(missing_ok=True)
        self.hurry()
