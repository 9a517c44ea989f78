"""A circle's glossary as the engines take it."""

from __future__ import annotations

from hypothesis import given, strategies as st

from transcribe.pipeline.prompt import MOST, fitting_terms, prompt

terms = st.lists(st.text(st.sampled_from("aåæøB -\n"), max_size=120), max_size=40)


def test_terms_are_listed_as_if_they_had_been_said() -> None:
    assert prompt(("Datatilsynet", "KS Digital")) == "Datatilsynet, KS Digital."
    assert prompt(()) == ""
    assert fitting_terms(["Ås  kommune\n", "Ås kommune", "", "  ", "ROS"]) == ("Ås kommune", "ROS")


def test_an_empty_term_takes_no_room() -> None:
    full = ["a" * 250, "b" * (MOST - 254)]
    assert fitting_terms(full) == tuple(full)
    assert fitting_terms(["", *full]) == tuple(full)


@given(terms)
def test_what_fits_are_the_first_terms_each_once(given_terms: list[str]) -> None:
    chosen = fitting_terms(given_terms)
    wanted = list(dict.fromkeys(" ".join(term.split()) for term in given_terms if term.strip()))
    assert list(chosen) == wanted[: len(chosen)]
    assert len(prompt(chosen)) <= MOST
    assert fitting_terms(chosen) == chosen
    assert prompt(given_terms) == prompt(chosen)


@given(terms)
def test_nothing_that_has_room_is_left_out(given_terms: list[str]) -> None:
    wanted = list(dict.fromkeys(" ".join(term.split()) for term in given_terms if term.strip()))
    chosen = fitting_terms(wanted)
    if len(chosen) < len(wanted):
        assert sum(len(term) + 2 for term in wanted[: len(chosen) + 1]) > MOST
