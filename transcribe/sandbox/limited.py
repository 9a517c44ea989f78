"""Run a program under hard limits and confined (`transcribe.sandbox.confined.command` puts the arguments together):

    python limited.py MEMORY_MB CPU_S FILE_MB PARENT LANDLOCK SECCOMP READ… -- WRITE… -- PROGRAM ARGUMENT…

A launcher of its own rather than a `preexec_fn`, which may deadlock in a program with threads. It sets the
limits on itself and then becomes the program. Standard library only: it runs isolated, before anything else.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

if __name__ == "__main__":  # alone, it would not find its neighbours; and pathlib takes time to load
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from transcribe.sandbox import landlock, seccomp

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PARENT_GONE = 113
NOT_CONFINED = 114
"""Exit status: the kernel has what confines, and it did not work."""


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def main() -> None:
    memory_mb, cpu_seconds, file_mb, parent, landlocked, filtered = (int(argument) for argument in sys.argv[1:7])
    reads, writes, program = _parted(sys.argv[7:])
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
    path = ctypes.create_string_buffer(os.fsencode(program[0]))
    try:
        if landlocked:
            landlock.confine(landlocked, reads, writes)
        if filtered:
            seccomp.confine(ctypes.addressof(path))
    except OSError as error:
        sys.stderr.write(f"{program[0]} could not be confined: {error}\n")
        sys.exit(NOT_CONFINED)
    _become(path, program)


def _parted(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    first = arguments.index("--")
    second = arguments.index("--", first + 1)
    return arguments[:first], arguments[first + 1 : second], arguments[second + 1 :]


def _become(path: ctypes.Array[ctypes.c_char], program: list[str]) -> None:
    """As os.execv, with the name at the one address that the filter lets through."""
    words, settings = ([os.fsencode(text) for text in some] for some in (program, map("=".join, os.environ.items())))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.execve(path, (ctypes.c_char_p * (len(words) + 1))(*words), (ctypes.c_char_p * (len(settings) + 1))(*settings))
    sys.exit(f"{program[0]}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
