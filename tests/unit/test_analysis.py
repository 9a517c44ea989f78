from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from index.analysis import columns, query_stems, tokens
from index.wanted import Phrase, Word, parse


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("SPØRRE", "sporre"),
        ("å", "a"),
        ("Ærlig", "aerlig"),
        ("Malmö", "malmo"),
        ("één", "een"),
        ("ĳsberg", "ijsberg"),
        ("Straße", "strasse"),
        ("ga\u030ard", "gard"),
        ("vei\u00adleder", "veileder"),
        ("２０２４", "2024"),
    ],
)
def test_folding(word: str, folded: str) -> None:
    (token,) = tokens(word, "nb")
    assert token.forms.folded == folded
    assert (token.start, token.end) == (0, len(word))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("nb", "anskaffelse", "anskaffelsene"),
        ("nn", "kommunane", "kommunar"),
        ("nb", "møter", "møtene"),
        ("da", "aftale", "aftaler"),
        ("nl", "gemeente", "gemeenten"),
        ("en", "assessment", "assessments"),
    ],
)
def test_one_stem_and_the_query_has_it(language: str, one: str, other: str) -> None:
    (first,), (second,) = list(tokens(one, language)), list(tokens(other, language))
    assert first.forms.stem == second.forms.stem
    assert first.forms.stem in query_stems(second.forms)


def test_stems_belong_to_a_language() -> None:
    (english,), (dutch,) = list(tokens("meeting", "en")), list(tokens("meet", "nl"))
    assert english.forms.stem == "en|meet"
    assert dutch.forms.stem == "nl|meet"


def test_an_unknown_language_has_no_stems() -> None:
    assert columns("Ett två", "sv").stems == ""
    assert columns("Ett två", "sv").folded == "ett tva"


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(), st.sampled_from(["nb", "da", "nl", "en", "", "xx"]))
def test_tokens_lie_in_the_text_in_order_and_columns_agree(text: str, language: str) -> None:
    found = list(tokens(text, language))
    ends = [0]
    for token in found:
        assert ends[-1] <= token.start < token.end <= len(text)
        assert token.forms.exact.isalnum()
        assert not any(c.isspace() for c in token.forms.folded)
        ends.append(token.end)
    made = columns(text, language)
    assert made.exact.split() == [token.forms.exact for token in found]
    assert made.folded.split(" ") == [token.forms.folded for token in found] or not found
    assert not made.stems or len(made.stems.split(" ")) == len(found)


def test_parts_of_a_query() -> None:
    parts = parse('Digital "post til eldre" digital «alene»')
    assert [part.folded for part in parts] == [("post", "til", "eldre"), "digital", "alene"] or [
        part.folded for part in parts
    ] == ["digital", ("post", "til", "eldre"), "alene"]
    assert sum(isinstance(part, Phrase) for part in parts) == 1


def test_only_the_word_being_written_is_a_prefix() -> None:
    def prefixes(text: str) -> list[str]:
        return [part.exact for part in parse(text, typing=True) if isinstance(part, Word) and part.prefix]

    assert prefixes("personvern i sk") == ["sk"]
    assert prefixes("personvern i sk ") == []
    assert prefixes('"personvern i') == ["i"]
    assert prefixes('"personvern"') == []
    assert prefixes("") == []


def test_a_word_and_its_prefix_are_one() -> None:
    (part,) = parse("skole skole", typing=True)
    assert isinstance(part, Word)
    assert part.prefix
