"""Which files a confined program may open: the kernel's Landlock (<linux/landlock.h>), which needs no rights.

What is not named stays shut, for the administrator too; from version 4 on, so does TCP; from version 6 on, sockets that
have a name but no file, and signals to others. Standard library only: the launcher imports it
(`transcribe.sandbox.limited`).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION, _PATH_BENEATH, _PR_SET_NO_NEW_PRIVS = 1, 1, 38
_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_FILE, _TRUNCATE = 1 << 8, 1 << 14
_KNOWN = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on how many rights there are about files."""
_TCP, _SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals

READ = _READ | _READ_FOLDER | _EXECUTE
WRITE = _READ | _READ_FOLDER | _WRITE | _MAKE_FILE | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE


def version() -> int:
    """That of the kernel's Landlock; 0: it has none, or it is switched off."""
    if sys.platform != "linux":
        return 0
    abi = _call(_CREATE, None, 0, _VERSION)
    return max(abi, 0)


def confine(version: int, reads: Iterable[str], writes: Iterable[str]) -> None:
    """From here on, open only these files and what is in these folders, and standard input again. What is not there is
    passed over. Raises OSError."""
    rights = (1 << next(count for since, count in reversed(_KNOWN) if version >= since)) - 1
    about = struct.pack("QQQ", rights, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _checked(_call(_CREATE, about[:size], size, 0))
    for wanted_rights, paths in ((READ, reads), (WRITE, writes)):
        for path in paths:
            _allow(rules, path, wanted_rights & rights)
    if stat.S_ISREG(os.fstat(0).st_mode):
        _add(rules, 0, _READ)
    _checked(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_call(_RESTRICT, rules, 0))
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        _add(rules, opened, rights if stat.S_ISDIR(os.fstat(opened).st_mode) else rights & _OF_FILES)
    finally:
        os.close(opened)


def _add(rules: int, descriptor: int, rights: int) -> None:
    _checked(_call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0))


def _call(number: int, *arguments: bytes | int | None) -> int:
    given = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *given))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    return result
