"""What to do next with a part of the stack: pure decisions, no processes and no clock in here."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from enum import StrEnum

LONGEST_PAUSE = 30.0
"""Seconds; the pause before a new start doubles from one second up to this."""
GOOD_HEALTH = 60.0
"""Seconds of health after which earlier deaths no longer count."""
TRIES_AT_START = 3
"""A part that was never healthy and has died so often is given up."""
HUNG_AFTER = 90.0
"""Seconds without an answer after which a part that runs is taken for stuck, and is killed."""


class Phase(StrEnum):
    WAITING = "waits for other parts"
    STARTING = "starts"
    HEALTHY = "is healthy"
    RESTING = "died and waits for its next start"
    GIVEN_UP = "was given up"


class NextStep(StrEnum):
    NOTHING = "nothing"
    START = "start"
    KILL = "kill"


@dataclass(frozen=True)
class PartState:
    """What is remembered of one part. Times are seconds on one monotonic clock."""

    phase: Phase = Phase.WAITING
    since: float = 0.0
    """When this phase began."""
    answered: float = 0.0
    """When it was last heard of."""
    deaths: int = 0
    """Deaths with no minute of health between them."""
    proven: bool = False
    """It was healthy once; from then on it is never given up."""


@dataclass(frozen=True)
class Observation:
    """What can be seen of the part now."""

    now: float
    needs_met: bool
    running: bool
    answers: bool


def pause_before_start(deaths: int) -> float:
    """Seconds: 1, 2, 4 … 30."""
    return float(min(LONGEST_PAUSE, 2 ** max(0, deaths - 1)))


def advance(life: PartState, seen: Observation, patience: float) -> tuple[PartState, NextStep]:  # noqa: PLR0911 — one rule, one line
    """The next state of a part and what to do now. `patience`: seconds it may take to become healthy."""
    match life.phase:
        case Phase.WAITING if seen.needs_met:
            return _begin(life, seen.now)
        case Phase.RESTING if seen.now - life.since >= pause_before_start(life.deaths):
            return _begin(life, seen.now)
        case Phase.STARTING | Phase.HEALTHY if not seen.running:
            return _died(life, seen.now), NextStep.NOTHING
        case Phase.STARTING if seen.answers:
            return replace(life, phase=Phase.HEALTHY, since=seen.now, answered=seen.now, proven=True), NextStep.NOTHING
        case Phase.STARTING if seen.now - life.since > patience:
            return _died(life, seen.now, at_once=True), NextStep.KILL
        case Phase.HEALTHY if seen.answers:
            return replace(life, answered=seen.now), NextStep.NOTHING
        case Phase.HEALTHY if seen.now - life.answered > HUNG_AFTER:
            return _died(life, seen.now), NextStep.KILL
    return life, NextStep.NOTHING


def _begin(life: PartState, now: float) -> tuple[PartState, NextStep]:
    return replace(life, phase=Phase.STARTING, since=now), NextStep.START


def _died(life: PartState, now: float, *, at_once: bool = False) -> PartState:
    """`at_once`: one try that used up all its patience is enough to give up."""
    lived_well = life.phase is Phase.HEALTHY and now - life.since >= GOOD_HEALTH
    deaths = 1 if lived_well else life.deaths + 1
    hopeless = not life.proven and (at_once or deaths >= TRIES_AT_START)
    return replace(life, phase=Phase.GIVEN_UP if hopeless else Phase.RESTING, since=now, deaths=deaths)


def stop_order(needs: Mapping[str, Set[str]]) -> list[set[str]]:
    """Parts in the order of their stop; those of one set stop side by side, before all they need.

    Needs of parts that do not run here are left out of account. Raises ValueError if needs go round.
    """
    left = {name: {need for need in needed if need in needs} for name, needed in needs.items()}
    order: list[set[str]] = []
    while left:
        needed = set().union(*left.values())
        free = left.keys() - needed
        if not free:
            raise ValueError(f"these parts need each other: {sorted(left)}")
        order.append(set(free))
        left = {name: needed for name, needed in left.items() if name not in free}
    return order
