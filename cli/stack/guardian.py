"""Runs one part of the stack, and sees to it that nothing of it outlives us.

    python -I -S launch.py GRACE SIGNAL ACCOUNT PID_FILE LOG COMMAND...

Stands between the supervisor and the part, and runs by itself (only the standard library, no site
packages: it starts in milliseconds). What the part prints comes to it by a pipe and goes to LOG, each line with
date and time (`log_file.py`); should this process be killed, so is the part, before it could meet a pipe without a
reader. It ends the part, and everything the part started, when

- it gets SIGTERM: the part gets SIGNAL, and SIGKILL after GRACE seconds;
- its standard input ends, as it does however the supervisor goes: the same, with a shorter grace;
- the part ends by itself: what it left running gets SIGKILL.

On Linux it is a "subreaper": orphans of the part become its children, also those with a session of their
own, as Prefect gives its flow runs. The part itself gets SIGKILL should this process be killed. This process ends
with the part's exit status, or 128 + the signal that killed the part. PID_FILE holds the part's process id while it
runs. The part runs as the user and group id ACCOUNT; `-`: as this process does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # last: nothing of ours may stand before the standard library

from cli.stack.log_file import LogFile

ORPHAN_GRACE = 2.0
"""Seconds a part gets to end by itself when the supervisor is gone."""

_PIECE, _AT_ONCE = 1 << 16, 64  # bytes that a pipe holds on Linux; pieces read before the rest is looked after
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def _prctl(option: int, value: int) -> None:
    """Best effort if there is no prctl: the process group and standard input still do most of it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _start(command: list[str], account: int | None, printed: int) -> int:
    """Start the part in a process group of its own, its output going to `printed`; returns its process id."""
    guardian = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)
        if account is not None:  # before the wish below: the kernel forgets that with every change of user
            os.setgroups([])
            os.setgid(account)
            os.setuid(account)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian:  # it went before we had asked to be told
            os._exit(1)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these; the part need not
            signal.signal(ignored, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.execvp(command[0], command)  # noqa: S606 — what we are for
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())
    os._exit(127)


def _reap(child: int) -> int | None:
    """Collect the processes that have ended; the wait status of `child` if it is among them."""
    child_status = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                child_status = status
    return child_status


def _drain(printed: int, log: LogFile) -> bool:
    """Log what there is to read, but no more than some MB at once; whether there may be more later."""
    for _ in range(_AT_ONCE):
        try:
            piece = os.read(printed, _PIECE)
        except BlockingIOError:
            return True
        if not piece:
            return False
        log.take(piece)
    return True


def _watch(child: int, wake: int, grace: float, stop: int, printed: int, log: LogFile) -> int:
    """Wait for the part to end, ending it when asked to or when the supervisor is gone; its wait status."""
    watched = [wake, 0, printed]
    kill_at: float | None = None
    while True:
        timeout = None if kill_at is None else max(0.0, kill_at - time.monotonic())
        ready, _, _ = select.select(watched, [], [], timeout)
        patience: float | None = None
        if printed in ready and not _drain(printed, log):
            watched.remove(printed)
        if wake in ready and _STOP_SIGNALS.intersection(os.read(wake, 256)):
            patience = grace
        if 0 in ready and not os.read(0, 256):
            watched.remove(0)
            patience = min(grace, ORPHAN_GRACE)
        status = _reap(child)
        if status is not None:
            return status
        if patience is not None:
            os.kill(child, stop)
            kill_at = min(kill_at or float("inf"), time.monotonic() + patience)
        if kill_at is not None and time.monotonic() >= kill_at:
            os.kill(child, signal.SIGKILL)
            kill_at = time.monotonic() + 1


def _children() -> list[int]:
    """The processes whose parent is this one (Linux; elsewhere none)."""
    me = str(os.getpid())
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = entry.read_text(encoding="utf-8", errors="replace")
            if text.rpartition(")")[2].split()[1] == me:
                children.append(int(entry.parent.name))
    return children


def _end_what_is_left(group: int) -> None:
    """SIGKILL for the part's group and for all that came to us as orphans, until none is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    while children := _children():  # each round may bring up the children of those that ended
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def main(arguments: list[str]) -> int:
    grace, stop, account, pid_file = float(arguments[0]), int(arguments[1]), arguments[2], Path(arguments[3])
    log_path, command = Path(arguments[4]), arguments[5:]
    os.umask(0o077)
    for entry in Path("/dev/fd").iterdir():  # the stack's lock is ours to hold, not the part's
        with contextlib.suppress(OSError):
            os.set_inheritable(int(entry.name), int(entry.name) <= 2)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    wake, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    for number in (*_STOP_SIGNALS, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    log = LogFile(log_path, os.environ)
    printed, part_prints = os.pipe()
    os.set_blocking(printed, False)
    child = _start(command, None if account == "-" else int(account), part_prints)
    os.close(part_prints)
    pid_file.write_text(f"{child}\n", encoding="ascii")
    status = _watch(child, wake, grace, stop, printed, log)
    _end_what_is_left(child)
    _drain(printed, log)
    log.close()
    pid_file.unlink(missing_ok=True)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
