from __future__ import annotations

import pytest

from index.text.folding import fold
from index.text.stopwords import NO_STOP_WORDS, STOP_WORDS


@pytest.mark.parametrize(
    "question",
    [
        "hva hvem hvor hvordan hvorfor hvilke når",
        "kva kven korleis kvifor kvar",
        "hvad hvem hvordan hvorfor hvornår hvilken",
        "wat wie waar hoe waarom wanneer welke",
        "what who where how why when which",
    ],
)
def test_question_words_are_stop_words(question: str) -> None:
    assert {fold(word) for word in question.split()} <= STOP_WORDS


@pytest.mark.parametrize(
    "words",
    [
        "by men man mens die door want dog it like kind let last may make",  # a meaning in another language
        "barn gift fast far gang vare kor made vel bruk arbeid sak år",
        "hans per anna even",  # names
        "kommune gemeente municipality privacy post open data school",
    ],
)
def test_words_with_a_meaning_stay_searchable(words: str) -> None:
    assert STOP_WORDS.isdisjoint(fold(word) for word in words.split())


def test_they_are_folded() -> None:
    assert all(word == fold(word.casefold()) and word.isalpha() for word in STOP_WORDS)


def test_what_is_none_though_it_is_folded_into_one() -> None:
    assert {fold(word) for word in NO_STOP_WORDS} <= STOP_WORDS
    assert all(word != fold(word) for word in NO_STOP_WORDS)
