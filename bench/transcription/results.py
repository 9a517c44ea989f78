"""The rows that bench/transcribe.py measures: side by side, against the targets, on the screen and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Column, Table

from bench.speech import Speech
from bench.transcription.engines import OURS, Engine, Transcription
from bench.transcription.word_errors import error_rate

RATIOS = {"openai-whisper": 8.0, "whisper-ctranslate2": 2.0, "faster-whisper": 2.0, "faster-whisper-batched": 1.3}
"""How many times as fast as the fastest variant of each Kring should be."""
WORSE = 0.005
"""By how much its word error rate may be above the best of all, as a fraction."""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    tool: str
    speed: float
    """Seconds of recording per second, whole processes."""
    listening: float | None
    """The same without the start of the process; None: not known."""
    cpu: float
    """Seconds of CPU per minute of recording."""
    wer: float
    """A fraction."""
    rss_mb: float


def row(engine: Engine, speech: Speech, rounds: Sequence[Transcription]) -> Row:
    alone = [output.seconds for output in rounds if output.seconds is not None]
    return Row(
        name=engine.name,
        tool=engine.tool,
        speed=speech.seconds / statistics.median(output.cost.wall for output in rounds),
        listening=speech.seconds / statistics.median(alone) if alone else None,
        cpu=60 * statistics.median(output.cost.cpu for output in rounds) / speech.seconds,
        wer=statistics.median(error_rate(speech.text, output.text) for output in rounds),
        rss_mb=max(output.cost.rss for output in rounds) / 1e6,
    )


def ratios(rows: Iterable[Row]) -> dict[str, float]:
    """Kring's speed by that of the fastest variant of each other tool; empty without Kring."""
    fastest: dict[str, float] = {}
    for one in rows:
        fastest[one.tool] = max(one.speed, fastest.get(one.tool, 0.0))
    ours = fastest.pop(OURS, None)
    return {} if ours is None else {tool: ours / speed for tool, speed in fastest.items()}


def missed(rows: Sequence[Row], found: Mapping[str, float]) -> list[str]:
    """A sentence for each target that is missed; what was not measured has none."""
    said = [
        f"Kring is {found[tool]:.2f} times as fast as {tool}; it should be {wanted:g} times."
        for tool, wanted in RATIOS.items()
        if tool in found and found[tool] < wanted
    ]
    best = min(rows, key=lambda one: one.wer)
    said += [
        f"Kring's word error rate is {100 * one.wer:.2f} %, more than {100 * WORSE:g} points above the "
        f"{100 * best.wer:.2f} % of {best.name}."
        for one in rows
        if one.tool == OURS and one.wer > best.wer + WORSE
    ]
    return said


def table(rows: Sequence[Row], speech: Speech) -> Table:
    title = f"{speech.seconds / 60:.1f} minutes of recording"
    shown = Table(
        Column("", no_wrap=True), "speed", "listening", "CPU s/min", "WER %", "MB", "Kring / this", title=title
    )
    ours = next((one.speed for one in rows if one.tool == OURS), None)
    for one in rows:
        alone = "" if one.listening is None else f"{one.listening:.1f}×"
        ratio = "" if ours is None or one.tool == OURS else f"{ours / one.speed:.2f}"
        shown.add_row(
            one.name, f"{one.speed:.1f}×", alone, f"{one.cpu:.1f}", f"{100 * one.wer:.2f}", f"{one.rss_mb:.0f}", ratio
        )
    return shown


def figures(rows: Sequence[Row], found: Mapping[str, float], speech: Speech) -> dict[str, Any]:
    return {
        "audio_seconds": round(speech.seconds, 2),
        "rows": [
            {
                "name": one.name,
                "speed": round(one.speed, 3),
                "wer": round(one.wer, 5),
                "rss_mb": round(one.rss_mb, 1),
                "cpu_s_per_min": round(one.cpu, 2),
            }
            for one in rows
        ],
        "ratio": {tool: round(ratio, 3) for tool, ratio in found.items()},
    }
