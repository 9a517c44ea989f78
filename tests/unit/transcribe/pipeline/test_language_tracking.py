"""Which language is spoken where: many unsure guesses, one decision."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from transcribe.pipeline.language_tracking import PIECE, Guess, LanguageTracker


def guess(language: str, probability: float = 0.9, second: str = "fr") -> Guess:
    return {language: probability, second: 1 - probability}


def pieces(*guesses: Guess, seconds: float = PIECE) -> list[tuple[float, Guess]]:
    return [(seconds, one) for one in guesses]


def test_what_is_guessed_everywhere_is_the_language() -> None:
    follower = LanguageTracker()
    assert follower.decide(pieces(*[guess("da", 0.8)] * 3)) == ["da"] * 3
    assert (follower.main, follower.current) == ("da", "da")
    assert follower.probability == pytest.approx(0.8)
    assert follower.seconds == {"da": 3 * PIECE}


def test_before_anything_is_heard_nothing_is_known() -> None:
    assert LanguageTracker().main is None
    assert LanguageTracker().probability is None


@pytest.mark.parametrize("odd", [guess("de", 0.5, "en"), guess("de", 0.99, "en"), {"de": 1.0}])
@pytest.mark.parametrize("place", [0, 2, 5])
def test_one_odd_guess_changes_nothing(odd: Guess, place: int) -> None:
    heard = [guess("en")] * 6
    heard[place] = odd
    assert LanguageTracker().decide(pieces(*heard)) == ["en"] * 6


def test_one_odd_guess_changes_nothing_between_rounds() -> None:
    follower = LanguageTracker()
    follower.decide(pieces(*[guess("en")] * 4, guess("de")))
    assert follower.decide(pieces(guess("de"), *[guess("en")] * 4))[-1] == "en"


@pytest.mark.parametrize(("one", "other"), [("en", "nb"), ("da", "nl"), ("sv", "en"), ("nb", "fr")])
@pytest.mark.parametrize("before", [1, 3, 10])
def test_a_change_that_is_sure_twice_is_followed(one: str, other: str, before: int) -> None:
    heard = [guess(one, 0.95, "it")] * (before + 2) + [guess(other, 0.95, "it")] * 2
    assert LanguageTracker().decide(pieces(*heard)) == [one] * (before + 2) + [other] * 2


def test_a_change_half_way_is_followed_where_it_happens() -> None:
    heard = [guess("en")] * 8 + [guess("da")] * 8
    assert LanguageTracker().decide(pieces(*heard)) == ["en"] * 8 + ["da"] * 8


def test_a_change_between_two_rounds_is_followed() -> None:
    follower = LanguageTracker()
    assert follower.decide(pieces(*[guess("en")] * 8)) == ["en"] * 8
    assert follower.decide(pieces(*[guess("da")] * 8)) == ["da"] * 8
    assert follower.seconds == {"en": 8 * PIECE, "da": 8 * PIECE}


@pytest.mark.parametrize(
    ("spoken", "taken_for"),
    [("nb", "da"), ("nb", "nn"), ("da", "nb"), ("nb", "sv"), ("nl", "af"), ("nl", "de"), ("en", "cy")],
)
@pytest.mark.parametrize("seconds", [2.0, PIECE, 28.0])
def test_near_languages_are_not_taken_for_each_other(spoken: str, taken_for: str, seconds: float) -> None:
    heard = [guess(spoken, 0.8, taken_for)] * 10
    heard[4] = guess(taken_for, 0.9, spoken)
    heard[5] = guess(taken_for, 0.99, spoken)
    follower = LanguageTracker()
    assert follower.decide(pieces(*heard, seconds=seconds)) == [spoken] * 10
    assert follower.main == spoken


def test_near_languages_change_where_the_guesses_are_sure_for_minutes() -> None:
    heard = [guess("nb", 0.95, "da")] * 30 + [guess("da", 0.95, "nb")] * 30
    assert LanguageTracker().decide(pieces(*heard, seconds=10.0)) == ["nb"] * 30 + ["da"] * 30


def test_short_guesses_weigh_little() -> None:
    heard = [*pieces(*[guess("en")] * 4), *pieces(*[guess("da")] * 3, seconds=0.5), *pieces(*[guess("en")] * 4)]
    assert set(LanguageTracker().decide(heard)) == {"en"}


def test_what_is_said_most_is_the_main_language() -> None:
    follower = LanguageTracker()
    follower.decide([*pieces(*[guess("en")] * 3), *pieces(*[guess("da", 0.7)] * 5)])
    assert follower.main == "da"
    assert follower.current == "da"
    assert follower.probability == pytest.approx(0.7)


@pytest.mark.parametrize("nothing", [{}, {"en": 0.005, "da": 0.004}])
def test_a_guess_that_knows_nothing_keeps_the_language(nothing: Guess) -> None:
    follower = LanguageTracker()
    follower.decide(pieces(guess("da")))
    assert follower.decide(pieces(nothing, nothing)) == ["da", "da"]


def test_a_first_guess_spread_over_all_languages_is_still_a_guess() -> None:
    flat = {f"x{number}": 0.0095 for number in range(99)} | {"en": 0.0099}
    assert LanguageTracker().decide(pieces(flat)) == ["en"]


codes = st.sampled_from(["nb", "da", "en", "nl", "fr"])
guesses = st.builds(guess, codes, st.floats(0.5, 1.0), codes)


@given(st.lists(st.tuples(st.floats(0.1, 28.0), guesses), min_size=1, max_size=30))
def test_every_piece_gets_a_language_that_was_guessed(heard: list[tuple[float, Guess]]) -> None:
    follower = LanguageTracker()
    decided = follower.decide(heard)
    assert len(decided) == len(heard)
    assert set(decided) <= {name for _, one in heard for name in one}
    assert follower.current == decided[-1]
    assert sum(follower.seconds.values()) == pytest.approx(sum(seconds for seconds, _ in heard))
    assert follower.probability is not None
    assert 0 <= follower.probability <= 1
    assert LanguageTracker().decide(heard) == decided


@given(st.lists(codes, min_size=2, max_size=6), st.integers(2, 6))
def test_rounds_decide_as_one_decision_does_where_the_guesses_are_sure(said: list[str], size: int) -> None:
    heard = pieces(*[{code: 1.0} for code in said for _ in range(20)], seconds=28.0)
    follower = LanguageTracker()
    decided: list[str] = []
    for at in range(0, len(heard), size * 20):
        decided += follower.decide(heard[at : at + size * 20])
    assert decided == LanguageTracker().decide(heard) == [code for code in said for _ in range(20)]


@pytest.mark.parametrize("between", [guess("en", 0.5, "fr"), guess("nb", 0.6, "en")])
def test_a_third_language_between_is_no_short_cut_to_a_near_one(between: Guess) -> None:
    """A second of something unsure, and then three pieces taken for Danish: not minutes of it."""
    heard = [*pieces(*[guess("nb", 0.98, "da")] * 20), (1.0, between), *pieces(*[guess("da", 0.99, "nb")] * 3)]
    assert set(LanguageTracker().decide(heard)) <= {"nb", "en"}
