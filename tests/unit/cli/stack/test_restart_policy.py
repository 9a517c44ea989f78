"""What the supervisor decides, without processes and clocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.stack.restart_policy import (
    GOOD_HEALTH,
    HUNG_AFTER,
    TRIES_AT_START,
    NextStep,
    Observation,
    PartState,
    Phase,
    advance,
    pause_before_start,
    stop_order,
)

PATIENCE = 60.0


def seen(now: float, *, needs_met: bool = True, running: bool = True, answers: bool = False) -> Observation:
    return Observation(now=now, needs_met=needs_met, running=running, answers=answers)


def after_health(seconds: float, *, deaths: int = 0) -> PartState:
    """A part that has been healthy for so long."""
    return PartState(phase=Phase.HEALTHY, since=0.0, answered=seconds, deaths=deaths, proven=True)


def test_a_part_waits_for_what_it_needs_then_starts() -> None:
    life, do = advance(PartState(), seen(1.0, needs_met=False, running=False), PATIENCE)
    assert (life, do) == (PartState(), NextStep.NOTHING)
    life, do = advance(life, seen(2.0, running=False), PATIENCE)
    assert (life.phase, life.since, do) == (Phase.STARTING, 2.0, NextStep.START)


def test_it_is_healthy_when_it_answers() -> None:
    life, do = advance(PartState(phase=Phase.STARTING, since=1.0), seen(3.0, answers=True), PATIENCE)
    assert (life.phase, life.since, life.proven, do) == (Phase.HEALTHY, 3.0, True, NextStep.NOTHING)


def test_the_pause_doubles_up_to_half_a_minute() -> None:
    assert [pause_before_start(deaths) for deaths in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_dead_part_starts_again_after_its_pause_and_not_before() -> None:
    life, _ = advance(after_health(5.0, deaths=1), seen(5.0, running=False), PATIENCE)
    assert (life.phase, life.deaths) == (Phase.RESTING, 2)
    assert advance(life, seen(6.9, running=False), PATIENCE) == (life, NextStep.NOTHING)
    assert advance(life, seen(7.0, running=False), PATIENCE)[1] is NextStep.START


def test_a_minute_of_health_makes_earlier_deaths_count_no_more() -> None:
    well, _ = advance(after_health(GOOD_HEALTH, deaths=6), seen(GOOD_HEALTH, running=False), PATIENCE)
    assert well.deaths == 1
    shaky, _ = advance(after_health(59.0, deaths=6), seen(GOOD_HEALTH - 1, running=False), PATIENCE)
    assert shaky.deaths == 7


def test_a_part_that_only_dies_at_its_start_is_given_up() -> None:
    life = PartState(phase=Phase.STARTING)
    for _ in range(TRIES_AT_START - 1):
        life, _do = advance(life, seen(0.0, running=False), PATIENCE)
        assert life.phase is Phase.RESTING
        life = replace(life, phase=Phase.STARTING)
    life, _do = advance(life, seen(0.0, running=False), PATIENCE)
    assert life.phase is Phase.GIVEN_UP
    assert advance(life, seen(1e6, running=False), PATIENCE) == (life, NextStep.NOTHING)


def test_a_part_that_was_healthy_once_is_never_given_up() -> None:
    life = PartState(phase=Phase.STARTING, deaths=50, proven=True)
    assert advance(life, seen(0.0, running=False), PATIENCE)[0].phase is Phase.RESTING


@pytest.mark.parametrize(("proven", "phase"), [(False, Phase.GIVEN_UP), (True, Phase.RESTING)])
def test_a_start_that_takes_too_long_is_killed(proven: bool, phase: Phase) -> None:
    starting = PartState(phase=Phase.STARTING, since=0.0, proven=proven)
    assert advance(starting, seen(PATIENCE), PATIENCE) == (starting, NextStep.NOTHING)
    life, do = advance(starting, seen(PATIENCE + 0.1), PATIENCE)
    assert (life.phase, do) == (phase, NextStep.KILL)


def test_a_healthy_part_that_falls_silent_for_long_is_killed() -> None:
    well = after_health(10.0)
    assert advance(well, seen(10.0 + HUNG_AFTER), PATIENCE) == (well, NextStep.NOTHING)
    life, do = advance(well, seen(10.1 + HUNG_AFTER), PATIENCE)
    assert (life.phase, do) == (Phase.RESTING, NextStep.KILL)
    answered, _ = advance(well, seen(50.0, answers=True), PATIENCE)
    assert advance(answered, seen(10.1 + HUNG_AFTER), PATIENCE)[1] is NextStep.NOTHING


def test_parts_stop_before_what_they_need() -> None:
    needs = {"objects": set[str](), "prefect": set[str](), "worker": {"objects", "prefect"}, "web": {"objects"}}
    assert stop_order(needs) == [{"worker", "web"}, {"objects", "prefect"}]


def test_needs_met_elsewhere_do_not_hold_up_the_stop() -> None:
    assert stop_order({"worker": {"objects", "prefect"}}) == [{"worker"}]


def test_needs_in_a_circle_are_an_error() -> None:
    with pytest.raises(ValueError, match="need each other"):
        stop_order({"a": {"b"}, "b": {"a"}})
