"""Recordings whose words are said at known seconds, in files of every kind; and where something is heard in a file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from tests.support.media.speech import VISIT

WORDS = 0.5
"""Second of a part at which its words begin; they take 1.3 s of its 3."""
PART = 3.0
_SAID = f"adelay=delays={WORDS * 1000:.0f}:all=1,apad=whole_dur={PART}s,atrim=duration={PART}"
_RATE, _STEP = 16_000, 160


def ffmpeg(*arguments: str | Path) -> bytes:
    """What one and the same ffmpeg prints, whichever is tried by the test."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def part(
    path: Path,
    *options: str,
    rate: int = 48_000,
    channels: int = 2,
    picture: str | None = None,
    drawn: str = "testsrc2",
) -> Path:
    """Three seconds with “Good morning from your partners”; `picture`: its size, where there is to be one."""
    words = ["-ss", "0.5", "-t", "1.3", "-i", str(VISIT.path)]
    seen = (
        []
        if picture is None
        else ["-f", "lavfi", "-i", f"{drawn}{':' if '=' in drawn else '='}s={picture}:r=10:d={PART}"]
    )
    form = ["-filter:a", _SAID, "-ar", str(rate), "-ac", str(channels)]
    ffmpeg(*seen, *words, *form, *options, path)
    return path


def joined(target: Path, *parts: Path) -> Path:
    """The bytes one after the other, as `cat` does."""
    target.write_bytes(b"".join(one.read_bytes() for one in parts))
    return target


def appended(target: Path, *parts: Path) -> Path:
    """The packets one after the other, unchanged, in one file."""
    listed = target.with_suffix(".txt")
    listed.write_text("".join(f"file '{one}'\n" for one in parts))
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", target)
    return target


def retimed(source: Path, target: Path, time: str, *options: str) -> Path:
    """`source` with other times on its packets of sound: `time` is an expression of the filter `setts`."""
    ffmpeg("-i", source, "-c", "copy", "-bsf:a", f"setts=ts='{time}'", *options, target)
    return target


def heard(path: Path) -> tuple[list[float], float]:
    """The seconds at which words begin in a file of ours, a sample being its clock; and its length."""
    raw = ffmpeg("-i", path, "-map", "0:a", "-ac", "1", "-ar", str(_RATE), "-f", "s16le", "-")
    samples = np.abs(np.frombuffer(raw, dtype="<i2").astype(np.int32))
    levels = samples[: len(samples) // _STEP * _STEP].reshape(-1, _STEP).max(axis=1)
    loud = np.flatnonzero(levels > levels.max() / 10) * _STEP / _RATE
    return beginnings(loud.tolist()), len(samples) / _RATE


def beginnings(loud: Sequence[float], pause: float = 0.8) -> list[float]:
    """Those of the moments at which something is heard before which nothing was for `pause` seconds."""
    return [now for before, now in zip([-pause, *loud], loud, strict=False) if now - before >= pause]
