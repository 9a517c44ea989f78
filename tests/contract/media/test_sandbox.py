"""What a program can still do that was taken over by a file it reads: nothing. On the real kernel, by real tries."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Set as AbstractSet
from pathlib import Path

import pytest

from kring.settings import MediaLimits
from tests.support.media.files import make_audio
from transcribe.documents import pdf as documents
from transcribe.media import ffmpeg
from transcribe.media.probe import probe
from transcribe.sandbox import confined
from transcribe.sandbox.confined import Isolation
from transcribe.sandbox.syscalls import DENIED, MACHINES

LIMITS = MediaLimits(spare_disk_mb=0)
NOTHING, NO_FILES, NO_NETWORK = Isolation(0, False), Isolation(7, False), Isolation(0, True)

complete = pytest.mark.skipif(not confined.isolation().complete, reason=str(confined.isolation()))

TRIES = """
import ctypes, json, os, socket, sys, threading
inside, outside, port, parent = sys.argv[1], sys.argv[2], int(sys.argv[3]), os.getppid()
libc = ctypes.CDLL(None, use_errno=True)

def called(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def told(thread):
    thread.start(); thread.join(); return "done"

TRIES = {
    "tcp": lambda: socket.create_connection(("127.0.0.1", port)),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    "ipv6": lambda: socket.socket(socket.AF_INET6),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect(outside + "/socket"),
    "abstract": lambda: socket.socket(socket.AF_UNIX).bind("\\0kring-test"),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "io_uring": lambda: called(425, 1, ctypes.create_string_buffer(512)),
    "passwords": lambda: open("/etc/passwd").read(),
    "secret": lambda: open(outside + "/secret").read(),
    "by a link": lambda: open(inside + "/link").read(),
    "folder": lambda: os.listdir(outside),
    "memory": lambda: open(f"/proc/{parent}/mem", "rb").read(1),
    "settings": lambda: open(f"/proc/{parent}/environ").read(),
    "write": lambda: open(outside + "/made", "w").write("x"),
    "append": lambda: open(outside + "/secret", "a").write("x"),
    "cut": lambda: os.truncate(outside + "/secret", 0),
    "remove": lambda: os.remove(outside + "/secret"),
    "rename": lambda: os.rename(outside + "/secret", inside + "/secret"),
    "hard link": lambda: os.link(outside + "/secret", inside + "/mine"),
    "open to all": lambda: os.chmod(outside + "/secret", 0o777),
    "give away": lambda: os.chown(outside + "/secret", 65534, 65534),
    "date": lambda: os.utime(outside + "/secret", (0, 0)),
    "shell": lambda: os.execv("/bin/sh", ["sh", "-c", "id"]),
    "itself": lambda: os.execv(sys.executable, [sys.executable, "-c", "1"]),
    "from memory": lambda: os.execve(os.memfd_create("x"), ["x"], {}),
    "fork": lambda: os.fork() or os._exit(0),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "signal": lambda: os.kill(parent, 0),
    "trace": lambda: called(NUMBERS["ptrace"], 16, parent, 0, 0),
    "namespace": lambda: called(NUMBERS["unshare"], 0x10000000),
    "other's limits": lambda: __import__("resource").prlimit(parent, 4),
    "a call of tomorrow": lambda: called(999),
    "input": lambda: open("/dev/stdin").read(),
    "made": lambda: open(inside + "/made", "w").write("x"),
    "thread": lambda: told(threading.Thread(target=int)),
    "signal to itself": lambda: os.kill(os.getpid(), 0),
}
found = {}
for name in sys.argv[4].split(",") if sys.argv[4] else TRIES:
    try:
        TRIES[name]()
        found[name] = "done"
    except OSError as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""
ALLOWED = {"input", "made", "thread", "signal to itself"}
NETWORK = {"tcp", "listen", "udp", "ipv6", "unix", "abstract", "netlink", "io_uring"}
FILES = {"passwords", "secret", "by a link", "folder", "memory", "settings", "write", "append", "cut", "remove"}


@pytest.fixture
def server() -> Iterator[int]:
    """Somebody who answers, on TCP and UDP."""
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        yield tcp.getsockname()[1]


def tried(folder: Path, port: int, only: AbstractSet[str] = frozenset()) -> dict[str, str]:
    """What became of each try, or of those named, in a program run confined."""
    inside, outside = folder / "inside", folder / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (inside / "link").symlink_to(outside / "secret")
    script = folder / "tries.py"
    column, _ = MACHINES[os.uname().machine]
    numbers = {name: DENIED[name][column] for name in ("ptrace", "unshare")}
    script.write_text(f"NUMBERS = {numbers!r}\n{TRIES}")
    (folder / "input").write_text("input")
    with socket.socket(socket.AF_UNIX) as there, (folder / "input").open() as given:
        there.bind(str(outside / "socket"))
        there.listen()
        command = confined.command(
            confined.python(str(script), str(inside), str(outside), str(port), ",".join(sorted(only))),
            memory_mb=700,
            cpu_seconds=30,
            file_mb=1,
            reads=[*confined.python_reads(), script],
            writes=[inside],
        )
        done = subprocess.run(command, stdin=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@complete
def test_a_hostile_program_gets_nowhere(tmp_path: Path, server: int) -> None:
    found = tried(tmp_path, server)
    assert {name for name, became in found.items() if became == "done"} == ALLOWED, found
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert (tmp_path / "outside" / "secret").stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in (tmp_path / "outside").iterdir()) == ["secret", "socket"]


@complete
@pytest.mark.parametrize(
    ("there", "shut", "words"),
    [(NO_FILES, FILES, "could use the network"), (NO_NETWORK, NETWORK, "could open every file")],
    ids=["Landlock only", "seccomp only"],
)
def test_a_kernel_with_one_of_them_gives_what_it_has_and_says_so(
    tmp_path: Path,
    server: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    there: Isolation,
    shut: set[str],
    words: str,
) -> None:
    monkeypatch.setattr(confined, "isolation", lambda: there)
    confined._say_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        found = tried(tmp_path, server, shut)
    assert set(found) == shut
    assert "done" not in found.values(), found
    assert words in caplog.text


def test_a_kernel_with_neither_says_so_once_and_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(confined, "isolation", lambda: NOTHING)
    confined._say_once.cache_clear()
    path = make_audio(tmp_path / "a.wav", seconds=2)
    with caplog.at_level(logging.WARNING):
        assert probe(path, LIMITS).duration == pytest.approx(2, abs=0.1)
        assert probe(path, LIMITS).duration == pytest.approx(2, abs=0.1)
    said = [record.message for record in caplog.records if "not wholly confined" in record.message]
    assert len(said) == 1
    assert "could use the network" in said[0]
    assert "could open every file" in said[0]


@complete
def test_ffmpeg_itself_reads_its_input_only(tmp_path: Path) -> None:
    """Told outright to read another file, past everything that guards its input otherwise."""
    path, other = make_audio(tmp_path / "a.wav"), make_audio(tmp_path / "other.wav")
    arguments = ["-v", "error", "-i", "file:/dev/stdin", "-f", "null", "-"]
    assert ffmpeg.run(arguments, path, LIMITS, timeout=60).status == 0
    for asked in (f"file:{other}", "http://127.0.0.1:9/", "tcp://127.0.0.1:9"):
        finished = ffmpeg.run(["-v", "error", "-i", asked, "-f", "null", "-"], path, LIMITS, timeout=60)
        assert finished.status != 0
        assert "Permission denied" in finished.tail or "Operation not permitted" in finished.tail, finished.tail
    outside = ["-v", "error", "-i", "file:/dev/stdin", f"file:{tmp_path / 'made.flac'}"]
    finished = ffmpeg.run(outside, path, LIMITS, timeout=60, writes=tmp_path / "inside", written_mb=9)
    assert finished.status != 0
    assert not (tmp_path / "made.flac").exists()


@complete
def test_the_pdf_reader_is_confined_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its place, a program that tries."""
    (tmp_path / "secret").write_text("secret")
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import json, socket\n"
        "def tried(what):\n"
        "    try:\n        what()\n        return 'done'\n    except OSError:\n        return 'refused'\n"
        f"secret = {str(tmp_path / 'secret')!r}\n"
        "said = [tried(socket.socket), tried(lambda: open(secret)), tried(lambda: open('/dev/stdin'))]\n"
        "print(1)\nprint(json.dumps(' '.join(said)))\n"
    )
    monkeypatch.setattr(documents.pdf_pages, "__file__", str(reader))
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(b"%PDF-1.4\n")
    assert documents.read_pages(pdf).pages == ("refused refused done",)


def test_an_ffmpeg_that_starts_another_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script in its place cannot run confined: the packed one is taken, and without one it is said."""
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/nowhere/ffmpeg")
    if confined.isolation().complete:
        with pytest.raises(ffmpeg.SetupError, match="does not run confined"):
            ffmpeg.binary()
    monkeypatch.undo()
    assert ffmpeg.binary()
