"""Programs that read files of strangers (ffmpeg, the PDF reader) run confined: without network, without another program
or process, without any file but their own, what they read and where they write; with little memory and time.

The kernel does it (`transcribe.sandbox.landlock`, `transcribe.sandbox.seccomp`), after `transcribe.sandbox.limited` has
asked it to and before the program begins. If a kernel lacks one of them, the log says so once, so does `kring check`,
and work goes on: what guards the input otherwise (`transcribe.media.ffmpeg`) holds there too.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Final

from transcribe.sandbox import landlock, limited, seccomp

log = logging.getLogger(__name__)

NOT_CONFINED: Final = limited.NOT_CONFINED

_LIBRARIES: Final = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"),
    *("/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld-musl-x86_64.path"),
    *("/etc/ld-musl-aarch64.path", "/dev/urandom", "/dev/random", "/dev/zero"),
)
_CRYPTOGRAPHY: Final = (
    *("/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/etc/pki/tls/openssl.d"),
    *("/etc/crypto-policies/back-ends", "/usr/share/crypto-policies"),
)
"""Which algorithms there are on this machine; no keys. Libraries look when they are loaded."""


@dataclass(frozen=True)
class Isolation:
    """What the kernel does for us. `landlock`: its version; 0: none."""

    landlock: int
    seccomp: bool

    def __str__(self) -> str:
        match bool(self.landlock), self.seccomp:
            case True, True:
                return f"no network, no files but their own (seccomp, Landlock {self.landlock})"
            case False, True:
                return f"no network (seccomp); {_NO_LANDLOCK}"
            case True, False:
                return f"no files but their own (Landlock {self.landlock}); {_NO_SECCOMP}"
            case _:
                return f"limited in memory and time only; {_NO_SECCOMP}; {_NO_LANDLOCK}"

    @property
    def complete(self) -> bool:
        return bool(self.landlock) and self.seccomp


_NO_LANDLOCK: Final = "this kernel has no Landlock, so they could open every file that Kring may open"
_NO_SECCOMP: Final = "this kernel has no seccomp for Kring, so they could use the network"


@cache
def isolation() -> Isolation:
    """How programs that read recordings and PDFs are confined on this machine."""
    return Isolation(landlock.version(), seccomp.available())


def command(
    program: Sequence[str | Path],
    *,
    memory_mb: int,
    cpu_seconds: int,
    file_mb: int,
    reads: Iterable[str | Path] = (),
    writes: Iterable[str | Path] = (),
) -> list[str]:
    """What to start instead of `program`, as a child of this process, so that it runs confined.

    `reads`, `writes`: files and folders it may open beside its libraries and its standard input. `file_mb`: the size
    of each file it may write; 0: none at all. It ends with NOT_CONFINED if the kernel does not do what it offers.
    """
    kernel = isolation()
    if not kernel.complete:
        _say_once(str(kernel))
    own = Path(program[0]).resolve()
    bounds = (memory_mb, cpu_seconds, file_mb, os.getpid(), kernel.landlock, int(kernel.seccomp))
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    own_paths = [own, own.parent.parent / "lib", *_LIBRARIES, *_CRYPTOGRAPHY, *filter(None, libraries), *reads]
    launcher = [sys.executable, "-I", "-S", limited.__file__]
    return [
        *(*launcher, *map(str, bounds), *map(_whole, own_paths), "--", *map(_whole, (*writes, "/dev/null"))),
        *("--", *map(str, program)),
    ]


def python(script: str, *arguments: str) -> list[str]:
    """A program for `command`: that script, run by this Python with its packages."""
    return [sys.executable, "-I", script, *arguments]


@cache
def python_reads() -> tuple[str, ...]:
    """`reads` for it: this Python, what comes with it, and the packages installed for it."""
    paths = sysconfig.get_paths()
    known = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return (*known, str(Path(sys.base_prefix) / "lib"), str(Path(sys.prefix) / "pyvenv.cfg"))


def run_python(
    script: str,
    argument: str,
    *,
    source: IO[bytes],
    printed: IO[bytes],
    memory_mb: int,
    cpu_seconds: int,
    file_mb: int,
    seconds: float,
) -> int:
    """Run a script of ours on what `source` holds, for at most so many seconds on the clock; what it prints goes to
    `printed`. The exit status; negative if a limit ended it. Nothing of it is left afterwards."""
    process = subprocess.Popen(
        command(
            python(script, argument),
            memory_mb=memory_mb,
            cpu_seconds=cpu_seconds,
            file_mb=file_mb,
            reads=[*python_reads(), script],
        ),
        stdin=source,
        stdout=printed,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
        process_group=0,
    )
    with process:
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return -1
        finally:
            process.kill()


def _whole(path: str | Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  without a look at links


@cache
def _say_once(why: str) -> None:
    log.warning("What reads recordings and PDFs is not wholly confined here: %s.", why)
