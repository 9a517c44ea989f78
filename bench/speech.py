"""A recording whose every word is known: `python -m bench.speech OUT.flac WORDS.json [--minutes N]`.

The prompts of `bench/transcription/prompts.py` (a human voice) and the English samples of this project (a synthetic
one), each at one level, as in a meeting: pauses of 0.3 to 4 s between them and a few of 10 to 20 s, and the low noise
of a room under all of it, so that silence is not digital zero. Seeded: the same every time.

WORDS.json has `seconds`, how long the recording is, and `said`: start, end (in seconds, where its sound begins and
ends) and text of each prompt or sample.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.transcription.prompts import Prompt, prompts
from kring.errors import KringError, SetupError
from transcribe.media import ffmpeg

CACHE = Path("data/bench")
MINUTES = 11.0
RATE = 16_000
SAMPLES = ("document-service-three-regions.wav", "privacy-shared-services.m4a", "co-creation-workshop.mp4")
"""In this order, evenly over the recording."""
LEVEL, NOISE = -22.0, -55.0
"""dBFS (RMS) of what is said and of the room."""
LONG_PAUSE_EVERY = 24
_RECIPE = 1
"""Grows when the same minutes give another recording."""
_FRAME = RATE // 100
_BEGINS, _ENDS = -28.0, -40.0
"""Decibels below its level where the sound of a prompt begins and ends. Closer to the level at its beginning: breath
before the first word is no word; the end of a word fades away."""
_BEFORE, _AFTER = 0.04, 0.1
"""Seconds of a prompt's own silence that are kept."""

Sound = NDArray[np.float32]


class Said(NamedTuple):
    """`start` and `end` in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Speech:
    audio: Path
    seconds: float
    said: tuple[Said, ...]
    """In order; without times known (one that starts at 0) for words given as plain text."""

    @property
    def text(self) -> str:
        return " ".join(said.text for said in self.said)


class Piece(NamedTuple):
    """A sound, cut to what is said in it, and where in it that begins and ends (in seconds)."""

    sound: Sound
    start: float
    end: float
    text: str


def add_options(parser: argparse.ArgumentParser, minutes: float) -> None:
    """Those that say which recording is measured; `minutes` is how long it is by default."""
    parser.add_argument("--minutes", type=float, default=minutes, help=f"of recording (default: {minutes:g})")
    parser.add_argument("--audio", type=Path, metavar="FILE", help="a recording of your own, in English")
    parser.add_argument(
        "--words", type=Path, metavar="FILE", help="what is said in it: text, or as bench.speech writes"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where the recording is kept (default: {CACHE})")


def checked(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, once those of `add_options` fit together."""
    options = parser.parse_args()
    if (options.audio is None) != (options.words is None):
        parser.error("--audio and --words go together")
    for file in filter(None, (options.audio, options.words)):
        if not file.is_file():
            parser.error(f"there is no file {file}")
    return options


def chosen(options: argparse.Namespace) -> Speech:
    """The recording that `checked` options ask for. Raises SetupError."""
    return given(options.audio, options.words) if options.audio else built(options.cache, options.minutes)


def built(cache: Path = CACHE, minutes: float = MINUTES) -> Speech:
    """The recording of so many minutes, made once. Where the prompts cannot be had: of the samples alone."""
    audio = cache / f"speech-{_RECIPE}-{minutes:g}.flac"
    words = audio.with_suffix(".json")
    if not (audio.is_file() and words.is_file()):
        cache.mkdir(parents=True, exist_ok=True)
        try:
            make(cache, minutes, audio, words)
        except SetupError as error:
            print(f"{error} Meanwhile the recording is the project's own samples, a synthetic voice, over and over.")
            audio, words = cache / f"samples-{_RECIPE}-{minutes:g}.flac", cache / f"samples-{_RECIPE}-{minutes:g}.json"
            arrange(_samples_only(), minutes, audio, words)
    return given(audio, words)


def given(audio: Path, words: Path) -> Speech:
    """A recording with its words: a WORDS.json, or a plain text file. Raises SetupError for what is neither."""
    read = words.read_text("utf-8")
    if words.suffix != ".json":
        seconds = len(decoded(audio)) / RATE
        return Speech(audio, seconds, (Said(0.0, seconds, read),))
    try:
        known = json.loads(read)
        return Speech(audio, float(known["seconds"]), tuple(Said(*said) for said in known["said"]))
    except (ValueError, KeyError, TypeError):
        raise SetupError(f"{words} is neither plain text (.txt) nor words as bench.speech writes them.") from None


def make(cache: Path, minutes: float, audio: Path, words: Path) -> None:
    """Write the recording and its words. Raises SetupError where the prompts cannot be had."""
    random = Random(1)
    arrange(_arranged(prompts(cache), minutes * 60, random), minutes, audio, words, random)


def arrange(spoken: Iterable[Piece], minutes: float, audio: Path, words: Path, random: Random | None = None) -> None:
    """Write what is spoken, with pauses, until it is so many minutes; and its words."""
    random = random or Random(1)
    pieces, said, seconds = [], [], 0.0
    for number, piece in enumerate(spoken, start=1):
        pause = random.uniform(10, 20) if number % LONG_PAUSE_EVERY == 0 else min(4.0, 0.3 + random.expovariate(1.0))
        begins = seconds + piece.start
        said.append(Said(round(begins, 2), round(seconds + piece.end, 2), piece.text))
        pieces += [piece.sound, np.zeros(round(pause * RATE), np.float32)]
        seconds += len(piece.sound) / RATE + round(pause * RATE) / RATE
        if seconds >= minutes * 60:
            break
    sound = np.concatenate(pieces)
    sound += _room(len(sound))
    _write(sound, audio)
    words.write_text(json.dumps({"seconds": round(len(sound) / RATE, 2), "said": said}, indent=1) + "\n", "utf-8")


def _arranged(chosen: Sequence[Prompt], seconds: float, random: Random) -> Iterator[Piece]:
    """Prompts in a drawn order, and each sample that fits at its place."""
    samples = Path(__file__).parents[1] / "samples"
    places = [seconds * (number + 0.5) / len(SAMPLES) for number in range(len(SAMPLES))]
    waiting = list(zip(places, SAMPLES, strict=True))
    spoken = 0.0
    for prompt in random.sample(chosen, len(chosen)):
        piece = cut(decoded(prompt.sound, "g722"), prompt.text)
        spoken += len(piece.sound) / RATE + 1.3 + 0.6  # with the mean of the pauses
        yield piece
        if waiting and spoken >= waiting[0][0]:
            sample = samples / waiting.pop(0)[1]
            piece = cut(decoded(sample), _words(samples, sample.stem))
            if spoken + len(piece.sound) / RATE <= seconds:
                spoken += len(piece.sound) / RATE
                yield piece
    raise SetupError(f"The prompts are not enough for {seconds / 60:g} minutes; ask for fewer.")


def _samples_only() -> Iterator[Piece]:
    samples = Path(__file__).parents[1] / "samples"
    each = [cut(decoded(samples / name), _words(samples, Path(name).stem)) for name in SAMPLES]
    return cycle(each)


def _words(samples: Path, name: str) -> str:
    script = tomllib.loads((samples / "texts" / f"{name}.toml").read_text("utf-8"))
    return " ".join(" ".join(block["text"].split()) for block in script["say"])


def decoded(file: Path, demuxer: str | None = None) -> Sound:
    """16 kHz mono. For g722, whose files have no header, the demuxer must be named."""
    forced = [] if demuxer is None else ["-f", demuxer]
    command = [ffmpeg.binary(), "-nostdin", "-v", "error", *forced, "-i", str(file)]
    command += ["-vn", "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SetupError(f"ffmpeg cannot read {file}: {done.stderr.decode(errors='replace').strip()}")
    return np.frombuffer(done.stdout, np.int16).astype(np.float32) / np.float32(32768)


def cut(sound: Sound, text: str) -> Piece:
    """Brought to `LEVEL`, without the silence around it."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
    loud = power[power > power.max() - 30]
    level = 10 * np.log10(np.mean(10 ** (loud / 10)))
    first = int(np.flatnonzero(power > level + _BEGINS)[0]) * _FRAME
    last = (int(np.flatnonzero(power > level + _ENDS)[-1]) + 1) * _FRAME
    begin, end = max(0, first - round(_BEFORE * RATE)), min(len(sound), last + round(_AFTER * RATE))
    kept = sound[begin:end] * 10 ** ((LEVEL - level) / 20)
    return Piece(kept.astype(np.float32), (first - begin) / RATE, (last - begin) / RATE, text)


def _room(length: int) -> Sound:
    """Noise that is louder the lower it is (as of air and machines), at `NOISE`."""
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(length, np.float32))
    hertz = np.fft.rfftfreq(length, 1 / RATE)
    spectrum *= 1 / np.sqrt(np.maximum(hertz, 50.0))
    noise = np.fft.irfft(spectrum, length)
    noise *= 10 ** (NOISE / 20) / np.sqrt(np.mean(noise**2))
    return noise.astype(np.float32)


def _write(sound: Sound, audio: Path) -> None:
    samples = (np.clip(sound, -0.99, 0.99) * 32767).astype("<i2").tobytes()
    command = [ffmpeg.binary(), "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    subprocess.run([*command, "-f", "flac", str(audio)], input=samples, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.speech", description="Make speech whose words are known.")
    parser.add_argument("audio", type=Path, metavar="OUT.flac")
    parser.add_argument("words", type=Path, metavar="WORDS.json")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where the prompts are kept (default: {CACHE})")
    chosen: Any = parser.parse_args()
    try:
        make(chosen.cache, chosen.minutes, chosen.audio, chosen.words)
    except KringError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
