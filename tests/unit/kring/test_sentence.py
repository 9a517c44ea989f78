"""A sentence remembers what it was made from, also through JSON."""

from __future__ import annotations

import pickle

import pytest

from kring.errors import InputError, SourceError
from kring.sentence import Sentence, as_stored, from_stored

LARGE = "{name} has {size} GB."


def test_it_is_its_english_text() -> None:
    sentence = Sentence(LARGE, name="a.mp4", size=5.5)
    assert sentence == "a.mp4 has 5.5 GB."
    assert f"{sentence}" == "a.mp4 has 5.5 GB."
    assert (sentence.template, sentence.values) == (LARGE, {"name": "a.mp4", "size": 5.5})


def test_without_values_braces_are_only_text() -> None:
    assert Sentence("a {b} {c") == "a {b} {c"
    assert from_stored({"template": "a {b} {c"}) == "a {b} {c"


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("Empty."),
        Sentence(LARGE, name="{name}", size=2),
        Sentence("{problem} Again.", problem=Sentence(LARGE, name="x", size=1)),
    ],
)
def test_it_comes_back_from_its_json_and_from_another_process(sentence: Sentence) -> None:
    for again in (from_stored(as_stored(sentence)), pickle.loads(pickle.dumps(sentence))):
        assert (again, again.template, again.values) == (sentence, sentence.template, sentence.values)
        assert [type(value) for value in again.values.values()] == [type(value) for value in sentence.values.values()]


def test_an_error_that_tells_of_another_keeps_both_apart() -> None:
    inner = InputError(LARGE, name="x", size=1)
    outer = SourceError("{problem} Again.", problem=inner).sentence
    assert outer == "x has 1 GB. Again."
    assert outer.values["problem"] == inner.sentence
    assert isinstance(outer.values["problem"], Sentence)
    assert SourceError.saying(outer).sentence.values == outer.values


@pytest.mark.parametrize(
    "stored",
    [
        None,
        7,
        ["x"],
        {"values": {"name": "x"}},
        {"template": 7},
        {"template": "{other}", "values": {"name": "x"}},
        {"template": "{name.__class__}", "values": {"name": "x"}},
        {"template": "{name:>999999999}", "values": {"name": "x"}},
        {"template": "{name!r}", "values": {"name": "x"}},
        {"template": "{name", "values": {"name": "x"}},
    ],
)
def test_what_is_no_sentence_is_refused(stored: object) -> None:
    with pytest.raises(ValueError, match=r"sentence|format|expected"):
        from_stored(stored)
