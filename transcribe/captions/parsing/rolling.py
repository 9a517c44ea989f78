"""Rolling captions, in which each line comes again with the next, as YouTube's and live television's do. Pure.

One person says “yes” twice, and a choir its refrain: so a line is taken for a repetition only if that is the file's
habit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from transcribe.captions.parsing.timed_text import Cue

GAP = 0.1
"""Seconds between two captions of which the second still shows the first; YouTube leaves none."""

MOST_LINES = 20
"""On a screen; television has fifteen."""


def rolled(cues: Sequence[Cue], plain: Callable[[str], str]) -> list[Cue]:
    """The cues with each line once, at the time it first came; `plain` gives a line without its markup."""
    screens = [_Screen(cue, _shown(cue, plain)) for cue in cues]
    steps = [_step(before, after) for before, after in pairwise(screens)]
    rolls = sum(step.grows or 0 < step.carried < step.lines for step in steps)
    again = sum(step.grows or step.carried > 0 for step in steps)
    if not rolls or again < 2 or 2 * again < len(steps):
        return list(cues)
    distinct = list(cues[:1])
    own = len(screens[0].lines)
    """Lines on the screen that the last one kept has brought."""
    for cue, step, before in zip(cues[1:], steps, screens, strict=False):
        if step.grows:
            carried = len(before.lines) - own
            distinct[-1] = replace(distinct[-1], end=cue.end, lines=cue.lines[carried:])
            own = step.lines - carried
        elif step.carried and step.carried == step.lines:
            own = min(own, step.lines)
        else:
            distinct.append(replace(cue, lines=cue.lines[step.carried :]))
            own = step.lines - step.carried
    return distinct


class _Screen(NamedTuple):
    cue: Cue
    lines: list[str]
    """What it shows, without markup; an empty line above holds the place of one that is gone."""


class _Advance(NamedTuple):
    """From one screen to the next."""

    lines: int
    carried: int
    """The first so many lines stood there before."""
    grows: bool
    """All stood there before, but for more words at the end."""


def _step(before: _Screen, after: _Screen) -> _Advance:
    old, new = before.lines, after.lines
    touching = after.cue.start - before.cue.end <= GAP
    last = len(old) - 1
    if touching and old and new[:last] == old[:last] and len(new) > last and new[last].startswith(f"{old[last]} "):
        return _Advance(len(new), 0, grows=True)
    most = min(len(old), len(new), MOST_LINES)
    carried = next((count for count in range(most, 0, -1) if old[-count:] == new[:count]), 0)
    if carried == len(new) and not touching:
        carried = 0  # said again
    return _Advance(len(new), carried, grows=False)


def _shown(cue: Cue, plain: Callable[[str], str]) -> list[str]:
    lines = [plain(line) for line in cue.lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines
