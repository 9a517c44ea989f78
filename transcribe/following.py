"""Which language is spoken where: a decision over the whole recording, not one for each window.

Whisper guesses a language from every few seconds, and errs where somebody only says yes or a name, or where two
languages are near each other. So a language is changed only where the guesses for the other one together weigh more
than a change costs: the most likely path through a hidden Markov model (Viterbi, IEEE Trans. Inf. Theory 13, 1967).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

Guess = dict[str, float]
"""Language → probability."""

PIECE = 5.0
"""Seconds of speech that make one guess."""
WEIGHTIEST = 4.0
"""A guess weighs as its seconds in `PIECE`s, at most so much."""
FLOOR = 0.01
"""No guess rules a language out further than this."""
CHANGE = 5.0
"""What a change costs, in natural logarithms: about one sure guess of `PIECE` seconds …"""
NEAR = 40.0
"""… and between languages that Whisper takes for each other: minutes of guesses."""
FAMILIES = (
    {"nb", "nn", "da", "sv", "fo"},
    {"nl", "af", "lb", "de"},
    {"es", "pt", "gl", "ca", "it", "oc"},
    {"hr", "sr", "bs", "sl", "mk", "bg"},
    {"ru", "uk", "be"},
    {"cs", "sk"},
    {"id", "ms", "jw", "su"},
    {"hi", "ur"},
    {"en", "cy", "mi", "haw", "la"},  # what English with an accent or an echo is often taken for
)


@dataclass(slots=True)
class Follower:
    """Follows the language from one round of guesses to the next."""

    current: str | None = None
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of speech in each language so far."""
    certainty: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Probability times seconds, of the language decided on."""

    def decide(self, guesses: Sequence[tuple[float, Guess]]) -> list[str]:
        """The language of each piece, given the seconds and the guess for each, in order; at least one piece."""
        path = _likeliest(guesses, self.current)
        for language, (seconds, guess) in zip(path, guesses, strict=True):
            self.seconds[language] += seconds
            self.certainty[language] += seconds * guess.get(language, 0.0)
        self.current = path[-1]
        return path

    @property
    def main(self) -> str | None:
        """The language most is said in."""
        return max(self.seconds, key=lambda language: self.seconds[language], default=None)

    @property
    def probability(self) -> float | None:
        """Of the main language, where it was decided on."""
        main = self.main
        return None if main is None else round(self.certainty[main] / max(self.seconds[main], 0.001), 4)


def _likeliest(guesses: Sequence[tuple[float, Guess]], before: str | None) -> list[str]:
    possible = {name for _, guess in guesses for name, value in guess.items() if value >= FLOOR}
    names = sorted(possible if before is None else possible | {before})
    score = {name: -_cost(before, name) for name in names}
    came: list[dict[str, str]] = []
    for number, (seconds, guess) in enumerate(guesses):
        weight = min(seconds / PIECE, WEIGHTIEST)
        if number:
            best = {name: max(names, key=lambda old: score[old] - _cost(old, name)) for name in names}
            score = {name: score[best[name]] - _cost(best[name], name) for name in names}
            came.append(best)
        score = {name: value + weight * math.log(max(guess.get(name, 0.0), FLOOR)) for name, value in score.items()}
    path = [max(names, key=lambda name: score[name])]
    for best in reversed(came):
        path.append(best[path[-1]])
    return path[::-1]


def _cost(one: str | None, other: str) -> float:
    if one is None or one == other:
        return 0.0
    return NEAR if any(one in family and other in family for family in FAMILIES) else CHANGE
