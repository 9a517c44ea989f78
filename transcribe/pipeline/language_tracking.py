"""Which language is spoken where: a decision over the whole recording, not one for each window.

Whisper guesses a language from every few seconds, and errs where a speaker only says yes or a name, or where two
languages are near each other. So a language is changed only where the guesses for the other one together weigh more
than a change costs: the most likely path through a hidden Markov model (Viterbi, IEEE Trans. Inf. Theory 13, 1967).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from transcribe.pipeline.vad import RATE, SpeechChunk

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
class LanguageTracker:
    """Follows the language from one round of guesses to the next."""

    current: str | None = None
    spoken: dict[str, str] = field(default_factory=dict)
    """The language last spoken of each family."""
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of speech in each language so far."""
    certainty: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Probability times seconds, of the language decided on."""

    def decide(self, guesses: Sequence[tuple[float, Guess]]) -> list[str]:
        """The language of each piece, given the seconds and the guess for each, in order; at least one piece.

        First the family, then the language within it: were it one step, a moment of a third language would be a way
        round what a change between two near ones costs.
        """
        families = [(seconds, _by_family(guess)) for seconds, guess in guesses]
        path = _likeliest(families, None if self.current is None else _family(self.current), CHANGE)
        languages = [""] * len(path)
        for family in set(path):
            places = [place for place, name in enumerate(path) if name == family]
            inside = [(guesses[place][0], _inside(guesses[place][1], family)) for place in places]
            for place, language in zip(places, _likeliest(inside, self.spoken.get(family), NEAR), strict=True):
                languages[place] = self.spoken[family] = language
        for language, (seconds, guess) in zip(languages, guesses, strict=True):
            self.seconds[language] += seconds
            self.certainty[language] += seconds * guess.get(language, 0.0)
        self.current = languages[-1]
        return languages

    @property
    def main(self) -> str | None:
        """The language most is said in."""
        return max(self.seconds, key=lambda language: self.seconds[language], default=None)

    @property
    def probability(self) -> float | None:
        """Of the main language, if it was decided on."""
        main = self.main
        return None if main is None else round(self.certainty[main] / max(self.seconds[main], 0.001), 4)


def _likeliest(guesses: Sequence[tuple[float, Guess]], before: str | None, change: float) -> list[str]:
    """The path through the guesses that costs least, where each change of name costs `change`."""
    every = {name: value for _, guess in guesses for name, value in guess.items()} | ({before: 1.0} if before else {})
    possible = {name for _, guess in guesses for name, value in guess.items() if value >= FLOOR}
    names = sorted((possible | {before} if before else possible) or every)
    score = {name: 0.0 if before in {None, name} else -change for name in names}
    came: list[dict[str, str]] = []
    for number, (seconds, guess) in enumerate(guesses):
        if number:
            top = max(names, key=lambda name: score[name])
            best = {name: top if score[top] - change > score[name] else name for name in names}
            score = {name: score[best[name]] - change * (best[name] != name) for name in names}
            came.append(best)
        weight = min(seconds / PIECE, WEIGHTIEST)
        score = {name: value + weight * math.log(max(guess.get(name, 0.0), FLOOR)) for name, value in score.items()}
    path = [max(names, key=lambda name: score[name])]
    for best in reversed(came):
        path.append(best[path[-1]])
    return path[::-1]


def _family(language: str) -> str:
    """Its family's first language, else its own name."""
    return next((min(family) for family in FAMILIES if language in family), language)


def _by_family(guess: Guess) -> Guess:
    together: defaultdict[str, float] = defaultdict(float)
    for language, probability in guess.items():
        together[_family(language)] += probability
    return together


def _inside(guess: Guess, family: str) -> Guess:
    return {language: value for language, value in guess.items() if _family(language) == family} or {family: FLOOR}


def pieces(chunk: SpeechChunk) -> list[int]:
    """How many consecutive spans make each piece in which a language is guessed."""
    counts: list[int] = []
    seconds = PIECE
    for start, end in chunk.spans:
        if seconds >= PIECE:
            counts.append(0)
            seconds = 0.0
        counts[-1] += 1
        seconds += (end - start) / RATE
    return counts


def piece_times(chunk: SpeechChunk) -> list[tuple[float, float]]:
    """Seconds within the stretch of each piece."""
    clock = 0.0
    times = []
    for part in chunk.split(pieces(chunk)):
        times.append((clock, clock + part.seconds))
        clock += part.seconds
    return times
