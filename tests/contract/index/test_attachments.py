"""Pages that belong to a recording: found with what is said, and told apart from it."""

from __future__ import annotations

import pytest

from index.port import Filters, Query, SearchIndex
from tests.support.passages import fill, found, ids, marked, plain, recording, recording_id, search


def test_a_page_is_found_and_named(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", "hei", pages=["Forside", "Krav til leverandøren"]), recording("b", "annet"))
    (hit,) = index.search(Query("leverandør")).hits
    (page,) = hit.passages
    assert (hit.recording_id, hit.passage_count) == (recording_id("a"), 1)
    assert (page.attachment, page.attachment_title, page.page) == ("a" * 64, "Lysark", 2)
    assert (page.start, page.end, page.hit_at, page.speakers) == (0.0, 0.0, 0.0, ())
    assert (plain(page.fragments), marked(page.fragments)) == ("Krav til leverandøren", ["leverandøren"])


def test_what_is_said_has_no_page(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", pages=["annet"]))
    (page,) = index.search(Query("velkommen")).hits[0].passages
    assert (page.attachment, page.attachment_title, page.page) == (None, "", None)


@pytest.mark.parametrize("pages", [1, 5, 40])
def test_what_is_said_stands_first_where_it_matches_as_well(index: SearchIndex, pages: int) -> None:
    fill(index, recording("a", "velkommen", *["om personvern"] * 2, pages=["personvern"] * pages))
    (hit,) = index.search(Query("personvern")).hits
    assert hit.passage_count == 2 + pages
    assert [one.passage_id[-2:] for one in hit.passages] == ["-1", "-2", "-3"]


def test_a_page_that_matches_better_stands_before_what_is_said(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", *["om personvernombudet"] * 6, pages=["annet", "om personvern"]))
    (hit,) = index.search(Query("personvern")).hits
    assert hit.passage_count == 7
    assert [one.page for one in hit.passages] == [2, None, None]


def test_what_is_said_somewhere_stands_above_what_is_only_written(index: SearchIndex) -> None:
    fill(
        index,
        recording("written", "velkommen", title="t", pages=["om personvern"], day="2025-01-01"),
        recording("said", "om personvern", title="t", day="2024-01-01"),
    )
    assert search(index, "personvern") == ids("said", "written")


def test_words_of_a_page_and_of_the_title_are_together(index: SearchIndex) -> None:
    fill(
        index, recording("a", "rutiner", title="Personvern", pages=["krav"]), recording("b", "krav", pages=["rutiner"])
    )
    assert search(index, "personvern krav") == ids("a")
    results = index.search(Query("rutiner krav"))  # each passage has one of them
    assert sorted(found(results)) == sorted(ids("a", "b"))


def test_only_the_title_matches(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", title="Personvern", pages=["noe annet"]))
    for text in ("personvern", ""):
        (hit,) = index.search(Query(text)).hits
        assert [plain(one.fragments) for one in hit.passages] == ["velkommen"], text


def test_without_speech_the_title_is_found_and_so_are_the_pages(index: SearchIndex) -> None:
    fill(index, recording("a", title="Stum film", pages=["om personvern"]))
    assert index.search(Query("film")).hits[0].passages[0].fragments == ()
    assert index.search(Query("personvern")).hits[0].passages[0].page == 1


def test_nobody_speaks_in_them(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", speakers=["Kari"], pages=["om personvern"]))
    assert search(index, "personvern speaker:kari") == []
    assert search(index, "velkommen speaker:kari") == ids("a")


def test_inside_one_recording(index: SearchIndex) -> None:
    pages = [f"side {number} om personvern" for number in range(1, 13)]
    fill(index, recording("a", "om personvern", pages=pages), recording("b", "om personvern"))
    inside = Filters(recording_id=recording_id("a"))
    (hit,) = index.search(Query("personvern", inside, passages=100)).hits
    assert [one.page for one in hit.passages] == [None, *range(1, 13)]
    assert index.search(Query("", inside)).hits[0].passage_count == 13


def test_excluded_where_a_page_says_it(index: SearchIndex) -> None:
    fill(index, recording("a", "om personvern", pages=["om personvern i skolen"]))
    (hit,) = index.search(Query("personvern -skole")).hits
    assert (hit.passage_count, [one.page for one in hit.passages]) == (1, [None])


def test_it_is_removed_and_replaced(index: SearchIndex) -> None:
    fill(index, recording("a", "velkommen", pages=["om personvern", "om arkiv"]))
    other = recording("a", "velkommen", pages=["om sykler"], attachment="b" * 64, version=2)
    index.replace(recording_id("a"), other)
    assert [search(index, text) for text in ("personvern", "arkiv", "sykler")] == [[], [], ids("a")]
    assert index.search(Query("sykler")).hits[0].passages[0].attachment == "b" * 64
    index.replace(recording_id("a"), recording("a", "velkommen", version=3))
    assert search(index, "sykler") == []
    assert index.versions() == {recording_id("a"): 3}
    assert index.search(Query()).hits[0].passage_count == 1
    index.remove(recording_id("a"))
    assert index.search(Query()).total == 0
