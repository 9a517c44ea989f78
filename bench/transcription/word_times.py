"""Whether a transcript's times are right: word starts and passage starts against the sound itself.

The truth is where the sound of a prompt begins (bench/speech.py). Asked is the time of its first word, where that was
recognised; and of a passage, that it starts where its first word does.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rich.table import Column, Table

from bench.speech import Said
from bench.transcription.word_errors import each_normal, recognised
from index.passages.build import passages_of
from kring.model import Circle, Details, Manifest, Original, SourceRef, Transcript, Word

WITHIN = (0.2, 0.5, 1.0)
"""Seconds."""
_ROUNDED = 0.02
"""Seconds by which two times that are the same may differ in a transcript."""


@dataclass(frozen=True, slots=True)
class Times:
    """`late`: seconds a time is behind the truth (negative: ahead of it), for each of `all` that could be compared."""

    what: str
    all: int
    late: tuple[float, ...]

    def within(self, seconds: float) -> float:
        return sum(abs(late) <= seconds for late in self.late) / len(self.late)


def times(said: Sequence[Said], transcript: Transcript) -> list[Times]:
    """Of the first words of prompts; of passages that begin with one; of all passages by the transcript's own words."""
    words = [word for segment in transcript.segments for word in segment.words]
    true = _true_starts(said, words)
    starts = [passage.start for passage in passages_of(_MANIFEST, _CIRCLE, transcript)]
    firsts = [_first_word(start, words) for start in starts]
    known = [(start, true[first]) for start, first in zip(starts, firsts, strict=True) if first in true]
    own = [start - words[first].start for start, first in zip(starts, firsts, strict=True) if first is not None]
    return [
        Times("words", len(said), tuple(words[place].start - begins for place, begins in true.items())),
        Times("passages", len(starts), tuple(start - begins for start, begins in known)),
        Times("passages, own words", len(starts), tuple(own)),
    ]


def _true_starts(said: Sequence[Said], words: Sequence[Word]) -> dict[int, float]:
    """Place of a heard word → where it really starts, for the first word of each prompt where it was recognised."""
    parts = [each_normal(one.text.split()) for one in said]
    begins: dict[int, float] = {}
    at = 0
    for one, of_one in zip(said, parts, strict=True):
        begins[at] = one.start
        at += len(of_one)
    heard = each_normal(word.text for word in words)
    same = recognised([part for of_one in parts for part, _ in of_one], [part for part, _ in heard])
    return {heard[same[place]][1]: start for place, start in begins.items() if place in same}


def _first_word(start: float, words: Sequence[Word]) -> int | None:
    return next((place for place, word in enumerate(words) if word.start >= start - _ROUNDED), None)


def table(measured: Sequence[Times]) -> Table:
    shares = (f"≤ {seconds:g} s, %" for seconds in WITHIN)
    shown = Table(Column("times of", no_wrap=True), "compared", *shares, "median, s", "95 of 100, s")
    for row in measured:
        if not row.late:
            shown.add_row(row.what, f"0 of {row.all}")
            continue
        off = sorted(abs(late) for late in row.late)
        near = (f"{100 * row.within(seconds):.1f}" for seconds in WITHIN)
        far = off[min(len(off) - 1, int(len(off) * 0.95))]
        median = f"{statistics.median(row.late):+.2f}"
        shown.add_row(row.what, f"{len(off)} of {row.all}", *near, median, f"±{far:.2f}")
    return shown


def figures(measured: Sequence[Times]) -> dict[str, dict[str, float]]:
    return {
        row.what: {
            "compared": len(row.late),
            "median_late_s": round(statistics.median(row.late), 3),
            **{f"within_{seconds:g}_s": round(row.within(seconds), 4) for seconds in WITHIN},
        }
        for row in measured
        if row.late
    }


_CIRCLE = Circle(slug="bench", name="Bench", network="bench", network_name="Bench")
_MANIFEST = Manifest(
    id="0" * 16,
    source=SourceRef(source="bench", external_id="bench"),
    details=Details(title="Bench", circle="bench", date=date(2026, 1, 1)),
    original=Original(sha256="0" * 64, size=0, file_name="bench.flac"),
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    changed_at=datetime(2026, 1, 1, tzinfo=UTC),
)
