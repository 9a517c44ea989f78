"""Trying again what may pass: how often, and what is worth it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

from kring.errors import Busy, DiskFull, SlowSource, TransientError

RETRY_SECONDS: list[float] = [2, 10, 30]
"""Waits before work is tried again: a server that is started again is back within a few seconds."""

LONGEST_PAUSE = 24 * 3600.0
"""Seconds between two tries to fetch what could not be fetched before."""
MOST_TRIES = 40
"""Of that: most of a month, at last once a day."""

Result = TypeVar("Result")


def may_pass(error: object) -> bool:
    """Only what is marked transient; within a minute no full disk empties itself, no slow server hurries,
    and one that has asked for a pause gets it."""
    return isinstance(error, TransientError) and not isinstance(error, DiskFull | SlowSource | Busy)


def pause_before(tries: int, look_seconds: float) -> float:
    """Seconds until what could not be fetched so many times is tried again: the next look does, then after pauses that
    double. Without end after `MOST_TRIES`. `look_seconds`: from one look to the next."""
    if tries >= MOST_TRIES:
        return math.inf
    return min(look_seconds * (2.0 ** min(tries - 1, 20) - 1), LONGEST_PAUSE)


def with_retries(work: Callable[[], Result], say: Callable[[str], None]) -> Result:
    """The result of `work`, tried again after each of the waits; `say` is told why and how long.

    Raises what cannot pass at once, and the last error when patience runs out.
    """
    for wait in RETRY_SECONDS:
        try:
            return work()
        except TransientError as error:
            if not may_pass(error):
                raise
            say(f"{error} (Trying again in {wait:.0f} s.)")
            time.sleep(wait)
    return work()
