"""Codes of languages, however they are spelt."""

from __future__ import annotations

import pytest

from kring.errors import UnknownLanguage
from kring.languages import check_language


@pytest.mark.parametrize(
    ("said", "code"),
    [("nb", "nb"), ("NO", "nb"), ("nb_NO", "nb"), ("no", "nb"), ("nn-NO", "nn"), (" da ", "da"), ("en-GB", "en")],
)
def test_language_codes_come_out_in_one_spelling(said: str, code: str) -> None:
    assert check_language(said) == code


def test_an_unknown_language_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownLanguage, match=r"“norsk”.*nb or no.*All: af, am,.*zh"):
        check_language("norsk")
