"""Captions of a stream (HLS), put together from segments that each have a clock of their own. Pure.

Each segment says in `X-TIMESTAMP-MAP` which of the stream's ticks its own clock's time is (RFC 8216, 3.5). A cue that
reaches into the next segment stands in both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from transcribe.captions.parsing.timed_text import Cue, clock_of

_MAP = re.compile(r"X-TIMESTAMP-MAP=(?=.*MPEGTS[:=]([0-9]{1,12}))(?=.*LOCAL[:=]([0-9:.]+)).*")
TICKS = 90_000
"""In a second."""
WRAP = 1 << 33
"""Ticks after which a stream's clock begins again."""


def on_one_clock(cues: Sequence[Cue], lines: Sequence[str]) -> list[Cue]:
    """The cues of a file with these lines, all by the clock of its first segment, and each once."""
    shifts = _shifts(lines)
    if len(shifts) < 2:
        return list(cues)
    moved: dict[tuple[float, float, tuple[str, ...]], Cue] = {}
    at, shift = 0, 0.0
    for cue in cues:
        while at < len(shifts) and shifts[at][0] < cue.line:
            shift = shifts[at][1]
            at += 1
        shifted = replace(cue, start=round(cue.start + shift, 3), end=round(cue.end + shift, 3))
        moved.setdefault((shifted.start, shifted.end, shifted.lines), shifted)
    return list(moved.values())


def _shifts(lines: Sequence[str]) -> list[tuple[int, float]]:
    """The number of each line that says so, counted from 1, and by how many seconds what follows is later."""
    shifts: list[tuple[int, float]] = []
    ticks = 0
    for number, line in enumerate(lines, start=1):
        match = _MAP.fullmatch(line.strip())
        local = clock_of(match.group(2)) if match else None
        if match is None or local is None:
            continue
        stamp = int(match.group(1))
        ticks = stamp if not shifts else ticks + (stamp - ticks + WRAP // 2) % WRAP - WRAP // 2
        shifts.append((number, ticks / TICKS - local.at(bare=False)))
    return [(number, round(seconds - shifts[0][1], 3)) for number, seconds in shifts]
