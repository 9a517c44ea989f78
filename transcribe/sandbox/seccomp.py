"""What a confined program may ask of the kernel: a seccomp filter, put together by hand (<linux/filter.h>).

No network, no other program and no other process, no change of whose a file is and who may use it, nothing that is
the administrator's. It lists what is denied, because what is needed differs between versions of ffmpeg, Python and
their libraries. Standard library only: the launcher imports it (`transcribe.sandbox.limited`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from transcribe.sandbox.syscalls import BY_ARGUMENT, DENIED, MACHINES, NEWEST

_PR_SET_SECCOMP, _MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38  # <linux/prctl.h>
_LOAD, _AND, _EQUAL, _MORE, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06  # <linux/filter.h>, words and constants only
_NR, _ARCH, _ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; the first argument's lower half
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # <linux/seccomp.h>
_THREAD, _NAMESPACES = 0x00010000, 0x7E020080  # <linux/sched.h>: CLONE_THREAD, all of CLONE_NEW*

Step = tuple[int, int, int, int]
"""Code, what to skip if it holds, what to skip if it does not, a constant."""


def available() -> bool:
    """Whether this kernel takes filters, and we know its calls by their numbers."""
    if sys.platform != "linux" or platform.machine() not in MACHINES or struct.calcsize("P") != 8:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT


def confine(path: int) -> None:
    """From here on, this process may only execute the program whose name lies at the address `path`. Raises OSError."""
    column, arch = MACHINES[platform.machine()]
    steps = program(column, arch, path=path, pid=os.getpid())
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    for what, value in ((_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1)), (_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER))):
        given = described if what == _PR_SET_SECCOMP else ctypes.c_ulong(0)
        if libc.prctl(what, value, given, ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")


def program(column: int, arch: int, *, path: int, pid: int) -> list[Step]:
    """The filter for one architecture, for a program named at `path` in a process `pid`."""
    denied = _no(errno.EPERM)
    own = [(_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 0, 1, pid), _yes(), denied]
    by_argument: dict[str, list[Step]] = {
        "execve": [
            *((_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 0, 3, path & 0xFFFFFFFF)),
            *((_LOAD, 0, 0, _ARGUMENT + 4), (_EQUAL, 0, 1, path >> 32), _yes(), denied),
        ],
        "clone": [
            *((_LOAD, 0, 0, _ARGUMENT), (_AND, 0, 0, _THREAD | _NAMESPACES), (_EQUAL, 0, 1, _THREAD), _yes(), denied),
        ],
        "clone3": [_no(errno.ENOSYS)],  # its flags lie in memory; without it, threads are made with clone
        "kill": own,
        "tgkill": own,
        "prlimit64": [(_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 1, 0, 0), (_EQUAL, 0, 1, pid), _yes(), denied],
    }
    steps = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), _return(_KILL)]
    steps += [(_LOAD, 0, 0, _NR), (_MORE, 0, 1, NEWEST), _no(errno.ENOSYS)]  # those of x32 among them
    for name, block in by_argument.items():
        steps += [(_EQUAL, 0, len(block), BY_ARGUMENT[name][column]), *block]
    for numbers in DENIED.values():
        number = numbers[column]
        if number is not None:
            steps += [(_EQUAL, 0, 1, number), denied]
    return [*steps, _yes()]


def _yes() -> Step:
    return _return(_ALLOW)


def _no(error: int) -> Step:
    return _return(_ERRNO | error)


def _return(value: int) -> Step:
    return (_RETURN, 0, 0, value)
