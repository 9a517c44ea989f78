"""Corners of the search that every index must turn alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.port import Filters, Query, Reason, ReasonKind, SearchIndex
from tests.support.passages import fill, found, ids, marked, recording, recording_id, search


class TestTerms:
    def test_one_with_a_stop_word_finds_its_translations(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om innsynsrett"), recording("b", "om noe annet"))
        assert search(index, "right of access") == ids("a")

    def test_one_that_is_nowhere_asks_no_more_than_its_words(self, index: SearchIndex) -> None:
        fill(index, recording("a", "vi fikk post i dag"), recording("b", "om noe annet"))
        assert search(index, "digital post") == ids("a")

    def test_one_word_in_the_title_and_one_in_the_text(self, index: SearchIndex) -> None:
        fill(index, recording("a", "hei", "her er post", title="Digital"))
        (hit,) = index.search(Query("digital post")).hits
        assert marked(hit.title) == ["Digital"]
        assert [one.passage_id for one in hit.passages] == [f"{recording_id('a')}-1"]
        assert [marked(one.fragments) for one in hit.passages] == [["post"]]


class TestSuggestions:
    def test_of_a_word_of_a_title(self, index: SearchIndex) -> None:
        fill(index, recording("a", "noe", title="sykler"))
        assert index.search(Query("sykkwl")).suggestion == "sykler"

    def test_the_rest_of_the_query_stays(self, index: SearchIndex) -> None:
        fill(index, recording("a", "digitalisering"))
        assert index.search(Query("digital post")).suggestion == "digitalisering post"


def test_a_stop_word_finds_nothing_beside_other_words(index: SearchIndex) -> None:
    fill(index, recording("a", "om kari"), recording("b", "hva er dette"))
    results = index.search(Query("kari er"))
    assert (found(results), results.total) == (ids("a"), 1)


def test_no_reason_where_a_speaker_has_the_word(index: SearchIndex) -> None:
    fill(index, recording("a", "om skolen", speakers=["Kari School"]))
    (hit,) = index.search(Query("school")).hits
    assert hit.reasons == ()


@pytest.mark.parametrize("text", ["digital post", "kunstig intelligens"])
def test_one_word_of_a_term_finds_nothing_where_another_passage_has_all(index: SearchIndex, text: str) -> None:
    first, second = text.split()
    fill(index, recording("a", f"om {text}"), recording("b", f"om {first} skole"), recording("c", f"om {second}"))
    results = index.search(Query(text))
    assert (found(results), results.total) == (ids("a"), 1)


def test_where_only_the_title_matches_the_first_passage_that_is_not_excluded_is_shown(index: SearchIndex) -> None:
    fill(index, recording("a", "om skolen", "noe annet", title="Digital"))
    (hit,) = index.search(Query("digital -skole")).hits
    assert [one.passage_id for one in hit.passages] == [f"{recording_id('a')}-1"]


@pytest.mark.parametrize("text", ["digital speaker:ola", "speaker:ola"])
def test_where_only_the_title_matches_the_first_passage_of_the_speaker_is_shown(index: SearchIndex, text: str) -> None:
    kari, ola = recording("a", "en båt", "noe annet", title="Digital")
    fill(index, [replace(kari, speakers=("Kari",)), replace(ola, speakers=("Ola",))])
    (hit,) = index.search(Query(text)).hits
    assert [one.passage_id for one in hit.passages] == [ola.id]
    assert hit.passage_count == 1


def test_the_rarer_word_weighs_as_much_in_every_engine(index: SearchIndex) -> None:
    fill(
        index,
        recording("a", "access", title="løsning", day="2024-05-01"),
        recording("b", "sykler sykkel", "bø person", "bat er intelligens", title="case", day="2024-06-01"),
        recording("c", "management båter bat kunstig", "data", title="ombud", day="2024-09-01"),
    )
    assert search(index, '"bat" skole') == ids("b", "c")


@pytest.mark.parametrize("text", ["båter", "båter sykkel"])
def test_no_suggestion_inside_a_recording_for_words_of_others(index: SearchIndex, text: str) -> None:
    fill(index, recording("a", "om båter"), recording("b", "om tog"), recording("c", "om båtene"))
    inside = Filters(recording_id=recording_id("b"))
    assert index.search(Query(text, inside)).suggestion == ""


def test_a_misspelt_word_is_named_as_it_is_meant_where_it_is_translated(index: SearchIndex) -> None:
    fill(index, recording("nb", "om personvern"), recording("da", "om databeskyttelse", language="da"))
    spelt, translated = index.search(Query("persnvern")).hits
    assert spelt.reasons == (Reason("persnvern", "personvern", ReasonKind.SPELLING),)
    assert translated.reasons == (Reason("personvern", "databeskyttelse", ReasonKind.TRANSLATION),)
