"""Corners of the search that every index must turn alike."""

from __future__ import annotations

from index.port import Query, SearchIndex
from tests.index_cases import fill, found, ids, marked, recording, recording_id, search


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
