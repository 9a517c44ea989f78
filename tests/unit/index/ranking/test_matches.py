from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from index.query.parser import Part, QueryWord, parse
from index.ranking.matches import Mark, Marker, Match
from index.text import analysis
from index.text.analysis import TOKEN
from index.text.glossary import terms_of
from tests.support.passages import recording


def in_text(marker: Marker, text: str, language: str = "nb") -> list[Mark]:
    (passage,) = recording("a", text, title="–", language=language)
    return marker.marks(passage).text


def marks(query: str, text: str, language: str = "nb", *, typing: bool = False) -> list[tuple[str, int, Match]]:
    """(the text of a mark, the part's number, the match)"""
    words = list(TOKEN.finditer(text))
    return [
        (text[words[mark.first].start() : words[mark.last].end()], mark.part, mark.match)
        for mark in in_text(Marker(parse(query, typing=typing).parts), text, language)
    ]


@pytest.mark.parametrize(
    ("query", "text", "language", "match"),
    [
        ("båt", "Båt", "nb", Match.EXACT),
        ("bat", "båt", "nb", Match.FOLDED),
        ("båt", "båtene", "nb", Match.STEM),
        ("ombud", "personvernombudet", "nb", Match.PART),
        ("dienst", "documentendienst", "nl", Match.PART),
        ("sikkerhetskopi", "backup", "en", Match.TRANSLATION),
    ],
)
def test_how_well_a_word_matches(query: str, text: str, language: str, match: Match) -> None:
    assert marks(query, f"– {text}!", language) == [(text, 0, match)]


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("ombud", "personvernombud", "en"),
        ("båten", "bil", "nb"),
        ("personvernombud", "personvern", "nb"),
        ("", "båt", "nb"),
    ],
)
def test_no_match(query: str, text: str, language: str) -> None:
    assert marks(query, text, language) == []


def test_the_words_that_match_in_their_order() -> None:
    assert marks("båt sykkel", "Sykler, tog og båter; båt") == [
        ("Sykler", 1, Match.STEM),
        ("båter", 0, Match.STEM),
        ("båt", 0, Match.EXACT),
    ]


def test_one_word_may_answer_several_parts() -> None:
    assert {(text, part) for text, part, _ in marks("person vern", "personvern")} == {
        ("personvern", 0),
        ("personvern", 1),
    }


class TestPhrases:
    def test_the_words_in_order_in_these_forms_accents_aside(self) -> None:
        assert marks('"sma båter"', "Små – båter og båter små") == [("Små – båter", 0, Match.EXACT)]
        assert marks('"små båt"', "små båter") == []

    def test_stop_words_count(self) -> None:
        assert marks('"post til eldre"', "post eldre, post til eldre") == [("post til eldre", 0, Match.EXACT)]

    def test_phrases_that_share_words(self) -> None:
        assert [text for text, _, _ in marks('"tog tog"', "tog tog tog")] == ["tog tog", "tog tog"]

    def test_longer_than_the_text(self) -> None:
        assert marks('"små båter"', "små") == []


class TestTyping:
    def test_words_that_begin_so(self) -> None:
        assert marks("syk", "Sykkelen er syk", typing=True) == [("Sykkelen", 0, Match.PREFIX), ("syk", 0, Match.EXACT)]
        assert marks("syk", "Sykkelen", typing=False) == []

    def test_only_the_last_word_is_a_beginning(self) -> None:
        assert marks("syk bå", "sykkel båt", typing=True) == [("båt", 1, Match.PREFIX)]


def test_a_misspelt_word() -> None:
    (part,) = parse("sykkwl").parts
    assert isinstance(part, QueryWord)
    assert in_text(Marker([part]), "en sykkel") == []
    assert in_text(Marker([replace(part, typos=1)]), "en sykkel, en pakke") == [Mark(1, 1, 0, Match.SPELLING)]


class TestTerms:
    def test_a_term_of_several_words_is_there_where_all_are(self) -> None:
        found = [("kunstig", 0, Match.EXACT), ("intelligens", 0, Match.EXACT)]
        assert marks("kunstig intelligens", "kunstig intelligens") == found
        assert marks("kunstig intelligens", "kunstig lys") == []

    def test_a_translation_of_several_words_too(self) -> None:
        assert [text for text, _, _ in marks("personvern", "new data, their protection", "en")] == [
            "data",
            "protection",
        ]
        assert marks("personvern", "new data", "en") == []
        assert {match for _, _, match in marks("personvern", "data protection", "en")} == {Match.TRANSLATION}


class TestWrittenApart:
    def test_a_compound_in_two_words(self) -> None:
        assert marks("personvern", "godt person vern") == [("person vern", 0, Match.PART)]

    def test_both_words_are_needed_next_to_each_other(self) -> None:
        assert marks("personvern", "person og vern") == []
        assert marks("personvern", "vern person") == []
        assert marks("personvern", "en person") == []
        assert marks("skytil", "sky til") == []  # what is indexed has no compounds with stop words either


def test_the_title_is_looked_at_once_for_each_recording() -> None:
    marker = Marker(parse("båt").parts)
    one, other = recording("a", "x", "y", title="Om båter"), recording("b", title="Om tog")
    assert marker.marks(one[0]).title == marker.marks(one[1]).title == [Mark(1, 1, 0, Match.STEM)]
    assert marker.marks(replace(one[1], title="Om tog")).title == marker.marks(one[0]).title
    assert marker.marks(other[0]).title == []


def test_a_word_that_becomes_known_later_is_marked_too() -> None:
    marker = Marker(parse("ukjentord").parts)
    assert in_text(marker, "noe annet", "xz") == []
    assert len(in_text(marker, "ukjentorden og ukjentord", "xz")) == 2
    assert len(in_text(marker, "igjen ukjentordene", "xz")) == 1


def test_no_mark_is_lost_where_words_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_REMEMBERED", 5)
    marker = Marker(parse("båt").parts)
    assert [len(in_text(marker, f"båt {number}", "xw")) for number in range(20)] == [1] * 20


words = st.lists(
    st.sampled_from(
        [
            *("post", "digitale", "digital", "Båter", "person", "vern", "personvern", "data", "protection"),
            *("og", "–", "_", "x" * 150, "\u0301", "½", "ga\u030ard"),
        ]
    ),
    max_size=30,
).map(" ".join)
queries = st.sampled_from(
    [
        *("post", "båt data", '"digital post" post', "digital post", "personvern", "og", '"og"'),
        *("gard ½", "pers", "ombudet", ""),
    ]
) | st.text(alphabet="abåg \u0301½_", max_size=20)


@settings(deadline=None, max_examples=200)  # a busy machine is no failure
@given(st.text() | words, queries, st.sampled_from(["nb", "en", "", "xx"]), st.booleans())
def test_marks_lie_in_the_text_in_order(text: str, query: str, language: str, typing: bool) -> None:
    parts = parse(query, typing=typing).parts
    (passage,) = recording("a", text, title=text[:40], language=language, speakers=(text[:20], "Kari"))
    found = Marker(parts).marks(passage)
    for where, marked in ((text, found.text), (text[:40] or "a", found.title), (f"{text[:20]} Kari", found.names)):
        size = len(TOKEN.findall(where))
        assert marked == sorted(marked)
        for mark in marked:
            assert 0 <= mark.first <= mark.last < size
            assert 0 <= mark.part < len(parts)
            assert 0 <= mark.member < _members(parts[mark.part])
            assert mark.match is not Match.BEGINS
    assert Marker(parts).marks(passage) == found


def _members(part: Part) -> int:
    if not isinstance(part, QueryWord):
        return 1
    return max(len(part.forms), *(len(term) for term in terms_of(part.concept))) if part.concept else len(part.forms)
