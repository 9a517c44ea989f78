"""The filter itself, run by an interpreter of the few steps it is made of, on both architectures."""

from __future__ import annotations

import errno

import pytest

from transcribe.sandbox import seccomp
from transcribe.sandbox.syscalls import BY_ARGUMENT, DENIED, MACHINES, NEWEST

PATH, PID = 0x7F12_3456_789A, 4321
ALLOWED, KILLED = "allowed", "killed"
READ = (0, 63)
THREAD = 0x3D0F00
"""The flags of glibc's pthread_create."""


def asked(machine: str, number: int, first: int = 0, *, arch: int | None = None) -> str | int:
    """What becomes of a call with that first argument: ALLOWED, KILLED or an error's number."""
    column, own = MACHINES[machine]
    seen = {0: number, 4: own if arch is None else arch, 16: first & 0xFFFFFFFF, 20: first >> 32}
    steps, at, held = seccomp.program(column, own, path=PATH, pid=PID), 0, 0
    while True:
        code, holds, fails, value = steps[at]
        at += 1
        match code:
            case 0x20:
                held = seen[value]
            case 0x54:
                held &= value
            case 0x15:
                at += holds if held == value else fails
            case 0x25:
                at += holds if held > value else fails
            case 0x06:
                return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(value, value & 0xFFFF)
            case _:
                raise AssertionError(f"an unknown step: {code:#x}")


@pytest.mark.parametrize("machine", MACHINES)
def test_each_call_gets_the_answer_that_is_meant(machine: str) -> None:
    column, _ = MACHINES[machine]
    number = {name: numbers[column] for name, numbers in BY_ARGUMENT.items()}
    for numbers in DENIED.values():
        if (denied := numbers[column]) is not None:
            assert asked(machine, denied) == errno.EPERM
    assert asked(machine, READ[column]) == ALLOWED
    assert asked(machine, number["execve"], PATH) == ALLOWED
    for other in (PATH + 1, PATH & 0xFFFFFFFF, PATH ^ (1 << 40), 0):
        assert asked(machine, number["execve"], other) == errno.EPERM
    assert asked(machine, number["clone"], THREAD) == ALLOWED
    for flags in (0x11, 0x1200011, THREAD | 0x40000000, 0x10000011):
        assert asked(machine, number["clone"], flags) == errno.EPERM
    assert asked(machine, number["clone3"]) == errno.ENOSYS
    for name in ("kill", "tgkill", "prlimit64"):
        assert asked(machine, number[name], PID) == ALLOWED
        assert asked(machine, number[name], PID + 1) == errno.EPERM
    assert asked(machine, number["prlimit64"], 0) == ALLOWED
    assert asked(machine, number["kill"], 0xFFFFFFFF) == errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_known_is_not_allowed(machine: str) -> None:
    assert asked(machine, READ[0], arch=0x40000003) == KILLED  # the calls of 32 bits have other numbers
    for number in (NEWEST + 1, 999, 0x40000000, 0x40000029, 0xFFFFFFFF):
        assert asked(machine, number) == errno.ENOSYS
