"""How fast and how well Kring transcribes, beside others: `python -m bench.transcribe [--json FILE] [--svg FILE]`.

One recording of speech whose words are known (bench/speech.py) is given to Kring's default engine and, each with its
defaults and the same weights, to openai-whisper and whisper-ctranslate2 (their command lines) and faster-whisper, plain
and batched (its Python interface); to the last three also in int8. Each is a whole process: its start and the loading
of weights count, since people wait for them too. In every round each listens once; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.speech import MINUTES, Speech, add_options, checked, chosen
from bench.transcription import word_times
from bench.transcription.chart import Bar, svg
from bench.transcription.engines import OURS, Engine, Transcription, engines
from bench.transcription.results import Row, figures, missed, ratios, row, table
from kring.errors import KringError, SetupError
from kring.model import Transcript
from kring.settings import Settings
from transcribe.media import ffmpeg
from transcribe.models import weights

SLOW = "openai-whisper"
"""So much slower that one round is enough."""
RIGHT, OFTEN = 0.5, 0.95
"""So many of the times are to be within so many seconds."""
MOST_BYTES = 1_200_000_000
"""Of memory, however long the recording."""
console = Console()


def measure(speech: Speech, chosen: Sequence[Engine], rounds: int, slow_rounds: int) -> list[Row]:
    """Round after round, so that what else the machine does meets all of them."""
    heard: dict[str, list[Transcription]] = {engine.name: [] for engine in chosen}
    for number in range(max(rounds, slow_rounds)):
        for engine in chosen:
            if number < (slow_rounds if engine.tool == SLOW else rounds):
                with console.status(f"Round {number + 1}: {engine.name} listens", refresh_per_second=1):
                    heard[engine.name].append(engine.transcribe(speech.audio))
    return [row(engine, speech, heard[engine.name]) for engine in chosen if heard[engine.name]]


def compare(options: argparse.Namespace, speech: Speech, settings: Settings) -> int:
    """Exit status: 1 where a target is missed."""
    there = engines(settings)
    chosen = [one for one in there if options.only is None or {one.name, one.tool} & set(options.only)]
    rows = measure(speech, chosen, options.rounds, options.slow_rounds)
    found = ratios(rows)
    console.print(table(rows, speech))
    _write_json(options.json, figures(rows, found, speech))
    if options.svg:
        options.svg.write_text(_drawn(rows, speech, weights.model_name(settings)), "utf-8")
    sentences = [] if options.no_targets else missed(rows, found)
    for sentence in sentences:
        console.print(sentence)
    return 1 if sentences else 0


def _drawn(rows: Sequence[Row], speech: Speech, model: str) -> str:
    bars = [Bar(one.name, one.speed, one.wer) for one in sorted(rows, key=lambda one: -one.speed)]
    under = f"{speech.seconds / 60:.1f} minutes of English speech, Whisper {model}, {os.cpu_count()} CPU cores"
    return svg(bars, OURS, under)


def check_times(options: argparse.Namespace, speech: Speech, settings: Settings) -> int:
    """Exit status: 1 where a time is too often more than half a second off."""
    if options.words and options.words.suffix != ".json":
        raise SetupError("Plain text does not say when it is said; give --timing words as bench.speech writes them.")
    heard = _kring(settings).transcribe(speech.audio)
    measured = word_times.times(speech.said, Transcript.model_validate(heard.transcript))
    console.print(word_times.table(measured))
    _write_json(options.json, word_times.figures(measured))
    late = [one.what for one in measured if one.late and one.within(RIGHT) < OFTEN]
    if late and not options.no_targets:
        console.print(f"Less than {OFTEN:.0%} are within {RIGHT} s: {', '.join(late)}.")
    return 1 if late and not options.no_targets else 0


def check_memory(options: argparse.Namespace, speech: Speech, settings: Settings) -> int:
    """Kring's peak memory over a recording of hours: this one, again and again. Exit status: 1 where it is too much."""
    seconds = options.memory_hours * 3600
    options.cache.mkdir(parents=True, exist_ok=True)
    long = options.cache / f"long-{options.memory_hours:g}h.flac"
    repeat = [ffmpeg.binary(), "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(speech.audio)]
    try:
        subprocess.run([*repeat, "-t", f"{seconds:.3f}", "-f", "flac", str(long)], check=True)
        with console.status(f"{OURS} listens to {options.memory_hours:g} hours", refresh_per_second=1):
            cost = _kring(settings).transcribe(long).cost
    finally:
        long.unlink(missing_ok=True)
    measured = {
        "hours": options.memory_hours,
        "rss_mb": round(cost.rss / 1e6, 1),
        "speed": round(seconds / cost.wall, 2),
    }
    console.print(
        f"{options.memory_hours:g} hours: {measured['rss_mb']:.0f} MB at the peak, {measured['speed']:.1f}× real time."
    )
    _write_json(options.json, measured)
    large = cost.rss > MOST_BYTES and not options.no_targets
    if large:
        console.print(f"That is more than {MOST_BYTES / 1e6:.0f} MB.")
    return 1 if large else 0


def _kring(settings: Settings) -> Engine:
    return next(one for one in engines(settings) if one.tool == OURS)


def _write_json(file: Path | None, measured: Mapping[str, Any]) -> None:
    if file is not None:
        file.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")


def _options(settings: Settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.transcribe", description="Measure how Kring transcribes.")
    names = sorted({name for one in engines(settings) for name in (one.name, one.tool)})
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"these alone: {', '.join(names)}")
    what.add_argument("--timing", action="store_true", help="Kring alone: are the times of words and passages right?")
    what.add_argument(
        "--memory-hours",
        type=float,
        metavar="N",
        help="Kring alone: peak memory over a recording of N hours; at 15 times real time 4 hours take 16 minutes",
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often each listens (default: 1)")
    parser.add_argument("--slow-rounds", type=int, default=1, help=f"how often {SLOW} does (default: 1)")
    add_options(parser, MINUTES)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures there; `wer` is a fraction, 0 to 1"
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the speeds there")
    parser.add_argument("--no-targets", action="store_true", help="end with status 0 where a target is missed too")
    options = checked(parser)
    if min(options.rounds, options.slow_rounds) < 1:
        parser.error("--rounds and --slow-rounds are at least 1")
    return options


def main() -> None:
    settings = Settings()
    options = _options(settings)
    try:
        weights.folder(settings)  # fetched before anything is timed
        speech = chosen(options)
        if options.timing:
            status = check_times(options, speech, settings)
        elif options.memory_hours:
            status = check_memory(options, speech, settings)
        else:
            status = compare(options, speech, settings)
    except KringError as error:
        raise SystemExit(str(error)) from None
    raise SystemExit(status)


if __name__ == "__main__":
    main()
