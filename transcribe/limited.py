"""Run a program under hard limits: `python limited.py MEMORY_MB CPU_S FILE_MB PARENT PROGRAM ARGUMENT…`.

A launcher of its own rather than a `preexec_fn`, which may deadlock in a program with threads. It sets the
limits on itself and then becomes the program. Standard library only: it runs isolated, before anything else.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PARENT_GONE = 113


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def main() -> None:
    memory_mb, cpu_seconds, file_mb, parent = (int(argument) for argument in sys.argv[1:5])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could tie us to it
        sys.exit(_PARENT_GONE)
    os.nice(10)
    _limit(resource.RLIMIT_AS, memory_mb << 20)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, file_mb << 20)
    _limit(resource.RLIMIT_CORE, 0)
    # Python ignores these two and an exec would hand that on.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606  the program is ours to name, see ffmpeg.run


if __name__ == "__main__":
    main()
