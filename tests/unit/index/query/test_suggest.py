from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from index.query.parser import Part, QueryWord, parse
from index.query.suggest import most_similar, suggestible_words, with_replacements


def word(text: str) -> QueryWord:
    (part,) = parse(text).parts
    assert isinstance(part, QueryWord)
    return part


def suggested(text: str, better: dict[str, str]) -> str:
    wanted = parse(text)
    named: dict[Part, str] = {
        part: better[part.text] for part in wanted.parts if isinstance(part, QueryWord) and part.text in better
    }
    return with_replacements(text, named)


def test_short_words_phrases_and_what_is_left_out_are_not_doubted() -> None:
    wanted = parse('sykkel tog og "båter og biler" -fly skip')
    assert [part.text for part in suggestible_words(wanted)] == ["sykkel", "skip"]


@pytest.mark.parametrize(
    ("asked", "vocabulary", "found"),
    [
        ("Sykkelsti", ["sykkel", "sykkelstier", "syltetoy"], ["sykkelstier", "sykkel"]),
        ("løsnig", ["losning", "losing"], ["losning", "losing"]),
        ("sykkel", ["sylteagurker", "sylinder"], []),
        ("sykkel", ["sykkel"], []),
        ("sykkel", [], []),
    ],
)
def test_the_nearest_words(asked: str, vocabulary: list[str], found: list[str]) -> None:
    assert most_similar(word(asked), vocabulary) == found
    assert most_similar(word(asked), iter(vocabulary)) == found


def test_of_equals_the_first() -> None:
    assert most_similar(word("sykkelx"), ["sykkelb", "sykkela"]) == ["sykkela", "sykkelb"]


def test_the_text_with_better_words_in_place() -> None:
    assert suggested("Syckel circle:post, og «tog»", {"Syckel": "sykkel"}) == "sykkel circle:post, og «tog»"
    assert suggested("syckel baat", {"syckel": "sykkel", "baat": "bat"}) == "sykkel bat"


@pytest.mark.parametrize("before", ["skolebygg ", "circle:skole ", '"skole" ', "-skole "])
def test_only_the_word_meant_is_changed(before: str) -> None:
    assert suggested(f"{before}skole", {"skole": "skuler"}) == f"{before}skuler"


def test_nothing_better_is_no_suggestion() -> None:
    assert suggested("syckel", {}) == ""
    assert suggested("", {}) == ""
    assert suggested('"syckel" tog', {}) == ""


letters = st.text(alphabet="sykelå", min_size=1, max_size=12)


@given(letters, st.lists(letters, max_size=10))
def test_a_suggestion_is_another_word_of_the_vocabulary(asked: str, vocabulary: list[str]) -> None:
    for part in suggestible_words(parse(asked)):
        found = most_similar(part, vocabulary)
        assert set(found) <= set(vocabulary)
        assert part.beginning not in found
