"""Recordings with several sound tracks and channels, made from the samples' speech and sounds nobody speaks in."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.media.files import ffmpeg
from tests.support.media.speech import RULES, VISIT, Spoken
from tests.support.media.synthetic_sounds import Sound
from transcribe.pipeline.vad import RATE, read_blocks

SECONDS = 20
"""Of all that is made here."""


def spoken(what: Spoken, folder: Path) -> Sound:
    """`SECONDS` of it, at -20 dB; what is shorter is said again."""
    path = folder / f"{what.path.stem}.flac"
    if not path.exists():
        what.write(path)
    return loud(np.resize(np.concatenate(list(read_blocks(path))), SECONDS * RATE), -20)


def rules(folder: Path) -> Sound:
    return spoken(RULES, folder)


def visit(folder: Path) -> Sound:
    return spoken(VISIT, folder)


def loud(sound: Sound, decibels: float) -> Sound:
    """With the root mean square of its louder half at so many decibels below full scale."""
    power = np.square(sound[: len(sound) // 1600 * 1600].reshape(-1, 1600)).mean(axis=1)
    return sound * 10 ** (decibels / 20) / max(float(np.sqrt(power[power >= np.median(power)].mean())), 1e-9)


def make_tracks(path: Path, *tracks: Sequence[Sound], options: Sequence[str] = ()) -> Path:
    """A file with sound tracks of so many channels each; `options` are ffmpeg's, for the output."""
    inputs: list[str] = []
    for number, channels in enumerate(tracks):
        part = path.with_name(f"{path.stem}-{number}.wav")
        with wave.open(str(part), "wb") as file:
            file.setparams((len(channels), 2, RATE, 0, "NONE", ""))
            file.writeframes((np.stack(list(channels), axis=1).clip(-1, 1) * 32767).astype("<i2").tobytes())
        inputs += ["-i", str(part)]
    mapped = [word for number in range(len(tracks)) for word in ("-map", str(number))]
    ffmpeg(*inputs, *mapped, *options, path)
    return path
