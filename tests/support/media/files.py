"""Makes recordings for tests with ffmpeg, good ones and hostile ones, and watches which files are opened."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transcribe.media.ffmpeg import binary

SLIDES = "testsrc=s={size}:r={rate}:d={seconds}"
# Sound that comes and goes as sentences do.
SPEECHLIKE = "aevalsrc='0.1*sin(2*PI*220*t)*gt(sin(2*PI*t/3),-0.5)':s=44100:d={seconds}"

_IN_OPEN, _IN_NONBLOCK = 0x20, 0x800


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg as a test would by hand; fails the test where it fails."""
    command = [binary(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def make_audio(path: Path, *, seconds: float = 3, options: tuple[str, ...] = ()) -> Path:
    ffmpeg("-f", "lavfi", "-i", SPEECHLIKE.format(seconds=seconds), *options, path)
    return path


def make_video(
    path: Path,
    *,
    seconds: float = 3,
    size: str = "640x360",
    rate: int = 10,
    sound: bool = True,
    options: tuple[str, ...] = (),
) -> Path:
    """A test picture with sound; H.264 and AAC unless `options` say otherwise."""
    picture = ["-f", "lavfi", "-i", SLIDES.format(size=size, rate=rate, seconds=seconds)]
    heard = ["-f", "lavfi", "-i", SPEECHLIKE.format(seconds=seconds)] if sound else []
    coded = () if path.suffix == ".webm" else ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    ffmpeg(*picture, *heard, *coded, *options, path)
    return path


def make_set(folder: Path) -> Path:
    """One good video of 6 s, its index in front (`front.mp4`) and at the end (`end.mp4`), and `sound.wav`."""
    make_video(folder / "front.mp4", seconds=6, options=("-movflags", "+faststart"))
    ffmpeg("-i", folder / "front.mp4", "-c", "copy", folder / "end.mp4")
    make_audio(folder / "sound.wav", seconds=6)
    return folder


def cut(path: Path, target: Path, part: float) -> Path:
    """The first `part` of a file's bytes."""
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * part)])
    return target


@contextmanager
def opened_in(folder: Path) -> Iterator[set[str]]:
    """The names of the files in `folder` that any process opens meanwhile (filled when the block ends)."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(_IN_NONBLOCK)
    assert watch >= 0
    names: set[str] = set()
    try:
        assert libc.inotify_add_watch(watch, os.fsencode(folder), _IN_OPEN) >= 0
        yield names
        while True:
            try:
                events = os.read(watch, 1 << 16)
            except BlockingIOError:
                break
            at = 0
            while at < len(events):
                length = struct.unpack_from("iIII", events, at)[3]
                names.add(events[at + 16 : at + 16 + length].rstrip(b"\0").decode())
                at += 16 + length
    finally:
        os.close(watch)


def external_reference(movie: Path, target: Path, secret: Path) -> Path:
    """`movie` (MP4, index at its end) with its data references made to point at `secret` by `url ` and `alis`.

    The `dref` entries say "the data are in this file"; they are rewritten to name another, absolutely and (in the
    `alis` record's path entries) as QuickTime did.
    """
    data = movie.read_bytes()
    reference = struct.pack(">I4sI", 12, b"url ", 1)
    assert reference in data
    name = os.fsencode(secret)
    # An alias record: 150 bytes of header, then (type, length, value) entries; type 2 is the absolute path.
    body = bytearray(150)
    body[6:8] = struct.pack(">H", 2)
    body += struct.pack(">hH", 2, len(name)) + name + b"\0" * (len(name) % 2) + struct.pack(">hH", -1, 0)
    alias = struct.pack(">I4sI", 12 + len(body), b"alis", 0) + bytes(body)
    target.write_bytes(grown(data, reference, alias))
    return target


def grown(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace `old` in MP4 boxes by `new`, making every box around it larger."""
    out, at = b"", 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        box = data[at : at + size]
        if kind in {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf"}:
            inside = grown(box[8:], old, new)
            box = struct.pack(">I4s", len(inside) + 8, kind) + inside
        elif box == old:
            box = new
        elif kind == b"dref":
            inside = box[8:].replace(old, new)
            box = struct.pack(">I4s", len(inside) + 8, kind) + inside
        out += box
        at += size
    return out
