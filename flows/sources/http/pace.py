"""How long Kring waits for another server: a deadline for each request, and a minimum speed for downloads.

While it waits, it occupies the worker, which other recordings need.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from kring.errors import InputError, SlowSource, SourceDown, SourceError, TransientError

Clock = Callable[[], float]
"""Seconds since an arbitrary moment."""


class Deadline:
    """The limit for a whole request: name lookup, connection, headers, redirects and body within `seconds`."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds until the next byte must arrive; 0 or less once the limit is reached."""
        return self._until - self._clock()

    def connected(self) -> None:
        """Called when a server has accepted the connection."""

    def error(self, host: str) -> InputError | TransientError:
        """The error to raise once the limit is reached."""
        return SourceDown(
            "{host} takes longer than {seconds} s to answer; it is asked again later.",
            host=host,
            seconds=f"{self._seconds:.0f}",
        )


@dataclass(frozen=True, slots=True)
class Speed:
    """The limits of a download."""

    head_seconds: float = 60
    """Until the first byte of the file, including redirects."""
    floor: int = 10_000
    """Least bytes per second, averaged over each `stretch_seconds`. Even a poor mobile connection is faster."""
    stretch_seconds: float = 300
    turn_seconds: float = 3600
    """After this time other downloads have their turn, if the server can resume this one later."""
    grace_seconds: float = 3600
    """All attempts together may take this long …"""
    overall: int = 50_000
    """… plus one second for each so many bytes received, which is slower than the bit rate of a video webinar."""


class Pace(Deadline):
    """The limit of a download. `have` and `spent`: bytes and seconds of earlier attempts."""

    def __init__(self, speed: Speed, have: int = 0, spent: float = 0.0, clock: Clock = time.monotonic) -> None:
        super().__init__(speed.head_seconds, clock)
        self._speed, self._before = speed, spent
        self._connected: float | None = None
        self._begun: float | None = None
        self._resumable = False
        self._have, self._stretch = have, 0
        self._stretch_ends = 0.0

    @property
    def spent(self) -> float:
        """Seconds of all attempts, each counted from its connection."""
        return self._before + (0.0 if self._connected is None else self._clock() - self._connected)

    def connected(self) -> None:
        if self._connected is None:
            self._connected = self._clock()

    def begin(self, have: int, *, resumable: bool) -> None:
        """Called when the file itself begins. `have`: bytes from earlier attempts. `resumable`: a next attempt can
        continue after the bytes of this one."""
        self._have, self._resumable = have, resumable
        self._begun = self._clock()
        self._stretch_ends = self._begun + self._speed.stretch_seconds

    def received(self, count: int) -> None:
        """Called with the number of bytes of each chunk."""
        self._have += count
        self._stretch += count

    def left(self) -> float:
        if self._begun is None:
            return min(super().left(), self._total_left())
        if self._clock() >= self._stretch_ends and not self._below_floor():
            self._stretch, self._stretch_ends = 0, self._clock() + self._speed.stretch_seconds
        return min(self._stretch_ends - self._clock(), self._turn_left(), self._total_left())

    def error(self, host: str) -> InputError | TransientError:
        if self._total_left() <= 0:
            return SourceError(
                "{host} has sent {size} MB in {hours} hours, which is too slow to go on; download the file in another "
                "way and add it by hand.",
                host=host,
                size=f"{self._have / 1e6:.1f}",
                hours=f"{self.spent / 3600:.1f}",
            )
        if self._begun is None:
            return super().error(host)
        if self._turn_left() <= 0:
            return SlowSource(
                "{host} needs longer than {minutes} minutes; others have their turn, and it goes on later where it "
                "stopped.",
                host=host,
                minutes=f"{self._speed.turn_seconds / 60:.0f}",
            )
        return SlowSource(
            "{host} sends less than {speed} kB a second; it is asked again later, for what is missing.",
            host=host,
            speed=f"{self._speed.floor / 1000:g}",
        )

    def _below_floor(self) -> bool:
        return self._stretch < self._speed.floor * self._speed.stretch_seconds

    def _turn_left(self) -> float:
        assert self._begun is not None  # noqa: S101
        return self._begun + self._speed.turn_seconds - self._clock() if self._resumable else float("inf")

    def _total_left(self) -> float:
        return self._speed.grace_seconds + self._have / self._speed.overall - self.spent
