"""How long a download may take, on a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from flows.sources.http.pace import Deadline, Pace, Speed
from kring.errors import SlowSource, SourceDown, SourceError
from services.retry import may_pass

SPEED = Speed()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def drip(pace: Pace, clock: Clock, rate: float, seconds: float, step: float = 10.0) -> float:
    """Receive `rate` bytes a second; after how many seconds nothing more was waited for, at most `seconds`."""
    begun = clock.now
    while clock.now - begun < seconds:
        left = pace.left()
        if left <= 0:
            break
        clock.now += min(step, left)
        pace.received(int(rate * min(step, left)))
    return clock.now - begun


def begun(clock: Clock, *, spent: float = 0.0, have: int = 0, resumable: bool = True) -> Pace:
    pace = Pace(SPEED, have, spent, clock)
    pace.connected()
    pace.begin(have, resumable=resumable)
    return pace


def test_a_deadline_is_for_all_of_it() -> None:
    clock = Clock()
    deadline = Deadline(120, clock)
    clock.now += 119
    assert deadline.left() == 1
    clock.now += 1
    assert deadline.left() == 0
    assert isinstance(deadline.error("x"), SourceDown)


@pytest.mark.parametrize(("rate", "ends"), [(0, 300), (100, 300), (9_900, 300)])
def test_below_the_floor_a_place_is_held_for_one_stretch(rate: float, ends: float) -> None:
    clock = Clock()
    pace = begun(clock)
    assert drip(pace, clock, rate, 10_000) == pytest.approx(ends)
    error = pace.error("x.org")
    assert isinstance(error, SlowSource)
    assert str(error).startswith("x.org sends less than 10 kB a second")


def test_the_floor_is_an_average() -> None:
    """A burst pays for a pause, but not for the stretch after that."""
    clock = Clock()
    pace = begun(clock)
    pace.received(50_000_000)
    assert drip(pace, clock, 0, 10_000) == pytest.approx(600)


def test_after_its_turn_it_goes_on_later_where_it_can() -> None:
    clock = Clock()
    pace = begun(clock)
    assert drip(pace, clock, 200_000, 10_000) == pytest.approx(SPEED.turn_seconds)
    assert "goes on later where it stopped" in str(pace.error("x"))
    clock = Clock()
    pace = begun(clock, resumable=False)
    assert drip(pace, clock, 200_000, 10_000) == pytest.approx(10_000)


def test_all_attempts_together_have_an_end() -> None:
    """Each may be slow, and be given up; not for ever."""
    clock, spent, have, attempts = Clock(), 0.0, 0, 0
    while True:
        pace = begun(clock, spent=spent, have=have)
        took = drip(pace, clock, 5_000, 10_000)
        have, spent, attempts = have + int(5_000 * took), pace.spent, attempts + 1
        error = pace.error("x.org")
        if not isinstance(error, SlowSource):
            break
    assert isinstance(error, SourceError)
    assert "too slow to go on" in str(error)
    assert attempts == 14  # 3,600 s and a tenth of the time, in turns of 300 s
    assert spent == pytest.approx(4000, abs=1)


def test_an_honest_slow_server_comes_to_its_end() -> None:
    """1 GB at 60 kB a second, in turns of an hour."""
    clock, spent, have = Clock(), 0.0, 0
    while have < 1_000_000_000:
        pace = begun(clock, spent=spent, have=have)
        have += int(60_000 * drip(pace, clock, 60_000, 10_000))
        spent = pace.spent
        assert isinstance(pace.error("x"), SlowSource)


def test_a_server_that_cannot_be_reached_uses_nothing_up() -> None:
    clock = Clock()
    pace = Pace(SPEED, 0, 3000.0, clock)
    clock.now += 50
    assert pace.spent == 3000
    pace.connected()
    clock.now += 5
    assert pace.spent == 3005


def test_a_slow_server_is_not_tried_again_at_once() -> None:
    assert not may_pass(SlowSource("x"))
    assert SlowSource.transient
