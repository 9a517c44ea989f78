"""A circle's glossary as people change it."""

from __future__ import annotations

import pytest

from kring.circles.glossary import MAX_LENGTH, changed, read_terms
from kring.errors import BadMetadata


def test_a_file_has_a_term_a_line() -> None:
    text = "\ufeff# municipalities\nFjordane\n\n  digital   post \r\nDigdir"
    assert read_terms(text) == ["Fjordane", "digital post", "Digdir"]


def test_what_is_no_term_is_refused_with_its_line() -> None:
    read_terms("x" * MAX_LENGTH)
    with pytest.raises(BadMetadata, match=r"Line 2: .*61 characters"):
        read_terms("fine\n" + "x" * (MAX_LENGTH + 1))
    with pytest.raises(BadMetadata, match="no text"):
        read_terms("a\x1b[31mb")


def test_terms_are_added_at_the_end_and_removed() -> None:
    assert changed(("a", "b"), add=["c"], remove=["a"]) == ("b", "c")
    assert changed((), add=["b", "a", "b"]) == ("b", "a")


def test_a_term_in_other_capitals_gets_the_new_spelling_in_its_old_place() -> None:
    assert changed(("digdir", "KS"), add=["Digdir"]) == ("Digdir", "KS")
    assert changed(("digdir", "KS"), remove=["DIGDIR"]) == ("KS",)


def test_a_term_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(BadMetadata, match="no term “x”"):
        changed(("a",), remove=["x"])


@pytest.mark.parametrize("term", ["", "   "])
def test_an_empty_term_is_refused(term: str) -> None:
    with pytest.raises(BadMetadata, match="empty"):
        changed((), add=[term])
