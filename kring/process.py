"""This process: the cores it may use, and that it dies with its parent."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, so that a killed worker leaves no run behind.

    Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere the lease alone keeps two runs apart.
    """
    if not hasattr(signal, "SIGKILL") or os.uname().sysname != "Linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), signal.SIGKILL)
