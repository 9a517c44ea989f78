"""The one place that runs ffmpeg, on files that may be hostile.

What protects whom, outermost first:

- The demuxer is forced (`-f`) from the file's own first bytes (`transcribe.containers.detect`), so ffmpeg never
  guesses, and what stands in front of them, tags or junk, is passed over (`-skip_initial_bytes`); `-format_whitelist`
  and `-codec_whitelist` hold it to that one container and to known decoders, and `-protocol_whitelist file` leaves it
  no network, no `concat:`, no `subfile:`.
- The file comes in as standard input and is opened as `/dev/stdin`: its name never reaches a command line, so no
  `-`, `%d`, `:` or newline in it can mean anything, and no path in it can be resolved against its folder.
- No shell, an environment of four variables, memory, CPU, file-size and wall-clock limits, no core dumps, low
  priority, and a child that dies with its parent (`transcribe.sandbox.limited`).
- Should all that fail and a decoder do what the file wants: no network, no other program, no file but its libraries,
  this recording and the folder it writes to (`transcribe.sandbox.confined`).
- What ffmpeg prints goes to the log only: it can contain text from the file.

Checked with a watch on the folder of the file they point at, each named as a recording: HLS (plain, with a byte
order mark, behind tags, zeros, junk, a frame, and the beginning of every container), ffconcat and concat lists, DASH,
M3U, PLS, SDP, text in the form of `concat:` and `subfile:` addresses, SVG with a link, MP4 with an external data
reference, and names that are patterns, addresses or options (`tests/contract/media/test_probe_and_render.py`).

ffprobe is never used. Not every machine has it, and one way of looking at a file is easier to trust than two.
"""

from __future__ import annotations

import logging
import os
import re
import selectors
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import ffmpeg
import imageio_ffmpeg

from kring.errors import DiskFull, NotMedia, SetupError
from kring.settings import MediaLimits
from transcribe.media.codecs import DECODERS
from transcribe.sandbox import confined

log = logging.getLogger(__name__)

DESCRIBE_SECONDS: Final = 120.0
"""How long a look at a file may take, on a busy machine."""
THREADS: Final = min(4, os.cpu_count() or 1)
DISK_FULL: Final = "The disk became full while the recording was prepared; free some space, then try again."
_MAX_PIXELS: Final = 7680 * 4320  # 8K; a header may claim anything
_LAST_WRITE: Final = re.compile("Error (writing trailer|closing file)")  # version 5 then still ends with status 0
_GIVEN_UP: Final = "Error during demuxing: Not yet implemented"  # and what was read is given for the whole
_KEEP_HEAD, _KEEP_TAIL = 1 << 20, 1 << 14
_PASSED_ON: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class Finished:
    """What one run of ffmpeg left."""

    status: int
    printed: str
    """Of very much, the beginning and the end."""

    @property
    def tail(self) -> str:
        return self.printed[-_KEEP_TAIL:]


class TooSlow(NotMedia):
    """The wall-clock limit passed. No retry: the same file costs the same time again."""


def binary() -> str:
    """Path of ffmpeg: the system's, else the one packed in `imageio-ffmpeg`. Raises SetupError."""
    path = shutil.which("ffmpeg")
    if path is not None and _starts(path):
        return path
    try:
        packed = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        packed = ""
    if packed and _starts(packed):
        return packed
    if path is not None or packed:
        raise SetupError(
            f"{path or packed} does not run confined as Kring runs it; a script or a snap in its place cannot. "
            "Install ffmpeg itself (for example `apt install ffmpeg`)."
        )
    raise SetupError("ffmpeg is missing on this machine; install it (for example `apt install ffmpeg`).")


@cache
def _starts(program: str) -> bool:
    """Whether it runs confined: what starts another program in its turn does not."""
    try:
        done = subprocess.run(
            confined.command([program, "-version"], memory_mb=2048, cpu_seconds=60, file_mb=0),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode != 0:
        log.warning("%s does not run confined: %r", program, done.stderr[-500:])
    return done.returncode == 0


def source(demuxer: str, *, seconds: float, path: Path | None = None, **options: Any) -> Any:
    """An ffmpeg-python input node; at most `seconds` of it are read.

    `path`: a file of ours in the folder that `run` may write to; None: the file given to it.
    """
    return ffmpeg.input(
        f"file:{path or '/dev/stdin'}",
        f=demuxer,
        format_whitelist=demuxer,
        protocol_whitelist="file",
        codec_whitelist=",".join(DECODERS),
        max_pixels=_MAX_PIXELS,
        threads=THREADS,
        t=f"{seconds:.3f}",
        **options,
    )


def output(streams: list[Any], target: str, **options: Any) -> Any:
    """An ffmpeg-python output node that takes exactly these streams, and no titles, chapters or other data."""
    options = {"map_metadata": -1, "map_chapters": -1, **options}
    return ffmpeg.output(*streams, target, **options)


def mixed_sounds(sounds: list[Any]) -> Any:
    """Several sounds added up, until the last one ends."""
    return ffmpeg.filter(sounds, "amix", inputs=len(sounds), duration="longest")


def merge_outputs(*outputs: Any) -> Any:
    """Several output nodes made in one run."""
    return ffmpeg.merge_outputs(*outputs)


def arguments(node: Any, *, log_level: str = "warning") -> list[str]:
    """The arguments (without the program) for an ffmpeg-python output node."""
    built: list[str] = ffmpeg.get_args(node, overwrite_output=True)
    common = ["-nostdin", "-hide_banner", "-loglevel", log_level, "-nostats", "-stats_period", "0.5"]
    return [*common, "-filter_threads", "1", "-filter_complex_threads", "1", *built]


@contextmanager
def regular_file(path: Path) -> Iterator[IO[bytes]]:
    """Open for reading; a pipe, device or folder (which could hang or never end) raises NotMedia."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotMedia("This is not a file but a pipe or device; copy the recording into a file first.")
        yield file


def run(
    arguments: list[str],
    path: Path,
    limits: MediaLimits,
    *,
    timeout: float,
    writes: Path | None = None,
    written_mb: int = 0,
    on_output: Callable[[bytes], None] | None = None,
) -> Finished:
    """Run ffmpeg on `path` and wait for it; it is killed when anything at all goes wrong here.

    `timeout`: wall-clock seconds. `writes`: the folder (or file) it may write to. `written_mb`: size limit of each
    file it writes; 0: nothing at all.
    `on_output` gets each piece of its standard output. The exit status is the caller's to judge (`check`).
    Raises TooSlow and SetupError.
    """
    command = confined.command(
        [binary(), *arguments],
        memory_mb=limits.memory_mb,
        cpu_seconds=int(timeout * THREADS) + 1,
        file_mb=written_mb,
        writes=[] if writes is None else [writes],
    )
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with regular_file(path) as file:
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"},
            process_group=0,  # Ctrl-C is for us; ffmpeg would take it as "finish early"
        )
    with process:
        try:
            printed = _drain(process, time.monotonic() + timeout, on_output)
            status = process.wait(timeout=10)
        finally:
            process.kill()
    finished = Finished(status, printed.decode(errors="replace"))
    if status != 0:
        log.info("ffmpeg ended with %d: %r", status, finished.tail)
    return finished


def _drain(process: subprocess.Popen[bytes], deadline: float, on_output: Callable[[bytes], None] | None) -> bytearray:
    """Read both pipes until they close; returns the beginning and the end of standard error."""
    printed = bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None  # noqa: S101  both are pipes, see run()
            selector.register(pipe.fileno(), selectors.EVENT_READ, pipe is process.stdout)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooSlow(
                    "Reading this file takes unreasonably long; convert it to MP4 (H.264, AAC) and try again."
                )
            for key, _ in selector.select(left):
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    selector.unregister(key.fd)
                elif not key.data:
                    printed += piece
                    if len(printed) > _KEEP_HEAD + 2 * _KEEP_TAIL:
                        del printed[_KEEP_HEAD:-_KEEP_TAIL]
                elif on_output is not None:
                    on_output(piece)
    return printed


def check(finished: Finished, limits: MediaLimits) -> None:
    """Raise for a failed run: DiskFull, SetupError, or NotMedia if the file itself is to blame."""
    # ffmpeg indents what it prints from the file; only its own words count.
    message = "\n".join(line for line in finished.tail.splitlines() if not line.startswith("  "))
    if finished.status == 0 and not _LAST_WRITE.search(message) and _GIVEN_UP not in message:
        return
    if "No space left on device" in message or "Disk quota exceeded" in message:
        raise DiskFull(DISK_FULL)
    if finished.status == confined.NOT_CONFINED:
        raise SetupError(f"This machine's kernel does not confine ffmpeg as it says it can: {message.strip()}.")
    if "Unknown encoder" in message or "No such filter" in message:
        raise SetupError("The ffmpeg on this machine cannot make H.264, AAC or FLAC; install a complete ffmpeg.")
    if "Cannot allocate memory" in message:
        raise NotMedia(
            "Preparing this file takes more than {memory} MB of memory; "
            "convert it to MP4 with a smaller picture, or raise KRING_MEDIA__MEMORY_MB.",
            memory=limits.memory_mb,
        )
    raise NotMedia(
        "The sound or picture in this file cannot be read: it is damaged or unusual; export it again as MP4 or M4A."
    )
