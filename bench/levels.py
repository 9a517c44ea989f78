"""What levelling does to words: `python -m bench.levels [--minutes N] [--audio FILE --words FILE]`.

The same speech, clean and behind a jingle that is so many decibels louder, goes through the whole of
`transcribe.rendering.render`, and Kring's engine listens to its speech.flac: as it is levelled, with one gain for all
of it, and as it came. Shown is the word error rate of each.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.speech import LEVEL, RATE, Sound, add_options, checked, chosen, cut, decoded
from bench.transcription.run_engine import kring
from bench.transcription.word_errors import error_rate
from kring.errors import KringError
from kring.settings import MediaLimits, Settings
from transcribe.media.probe import probe
from transcribe.rendering import levels, render

MINUTES = 3.0
JINGLE_SECONDS = 20
JINGLE_LEVEL = -14.0
"""dBFS (RMS), as broadcasters have them."""
SOFTER = (8, 34, 46)
"""Decibels by which the speech behind it is softer; 8 is a usual level."""
CHORD = (220.0, 277.2, 329.6, 440.0)
"""Hertz."""

WAYS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "levelled": nullcontext,
    "one gain": lambda: patch.object(levels, "NEAR", np.inf),
    "as it came": lambda: patch.object(render, "level", lambda _: None),
}


def jingle() -> Sound:
    """A chord, struck twice a second."""
    clock = np.arange(JINGLE_SECONDS * RATE) / RATE
    struck = np.exp(-4 * (clock % 0.5))
    sound = struck * np.sum([np.sin(2 * np.pi * hertz * clock) for hertz in CHORD], axis=0)
    return np.asarray(sound * 10 ** (JINGLE_LEVEL / 20) / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def scenes(speech: Sound) -> dict[str, Sound]:
    """`speech` is at `LEVEL`."""
    found = {"clean speech": speech}
    for softer in SOFTER:
        quiet = speech * np.float32(10 ** ((JINGLE_LEVEL - softer - LEVEL) / 20))
        found[f"behind a jingle, {softer} dB softer"] = np.concatenate([jingle(), quiet])
    return found


def heard(sound: Sound, way: str, settings: Settings, folder: Path) -> str:
    original = folder / "original.wav"
    with wave.open(str(original), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((sound.clip(-1, 1) * 32767).astype("<i2").tobytes())
    limits = MediaLimits(spare_disk_mb=0)
    with WAYS[way]():
        made = render.render(original, probe(original, limits), folder / "made", limits)
    return str(kring(made.speech, settings)["text"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.levels", description="Measure what levelling does to words.")
    add_options(parser, MINUTES)
    options = checked(parser)
    console, settings = Console(), Settings()
    try:
        speech = chosen(options)
        table = Table("word error rate, %", *WAYS, title=f"{speech.seconds / 60:.1f} minutes of speech")
        for name, sound in scenes(cut(decoded(speech.audio), speech.text).sound).items():
            rates = []
            for way in WAYS:
                with tempfile.TemporaryDirectory() as folder, console.status(f"{name}, {way}", refresh_per_second=1):
                    rates.append(error_rate(speech.text, heard(sound, way, settings, Path(folder))))
            table.add_row(name, *(f"{100 * rate:.1f}" for rate in rates))
    except KringError as error:
        raise SystemExit(str(error)) from None
    console.print(table)


if __name__ == "__main__":
    main()
