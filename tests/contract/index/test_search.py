"""What every search index must find: the fake in memory and the embedded one, the same suite for both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.facets.cards import LABELS
from index.port import Filters, Query, SearchIndex
from tests.support.passages import fill, found, ids, marked, plain, recording, recording_id, search


class TestWords:
    def test_nothing_indexed(self, index: SearchIndex) -> None:
        fill(index)
        results = index.search(Query("personvern"))
        assert (results.hits, results.total) == ((), 0)
        assert results.facets == {kind: {} for kind in ("circle", "network", "language", "year", *LABELS)}

    @pytest.mark.parametrize(
        ("text", "typing"), [("Nordheim", False), ("nordh", True), ("Nordhiem", False), ("om nordh", True)]
    )
    def test_who_speaks_in_one_passage_of_several_is_found(self, index: SearchIndex, text: str, typing: bool) -> None:
        spoken = recording("a", "om rutiner", "om avtaler", "om arkiv")
        people = [("Kari Nordheim",), ("Ola Berg",), ()]
        fill(index, [replace(passage, speakers=who) for passage, who in zip(spoken, people, strict=True)])
        results = index.search(Query(text, typing=typing))
        assert (found(results), results.total, results.facets["year"]) == (ids("a"), 1, {"2024": 1})

    def test_a_word_is_found(self, index: SearchIndex) -> None:
        fill(index, recording("a", "Vi snakker om personvern i skolen."), recording("b", "Anskaffelser er tema."))
        assert search(index, "personvern") == ids("a")
        assert search(index, "PERSONVERN!") == ids("a")
        assert search(index, "fotball") == []

    def test_all_words_are_wanted(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner for personvern"), recording("b", "personvern"), recording("c", "rutiner"))
        assert search(index, "personvern rutiner") == ids("a")

    def test_words_in_different_passages_are_not_together(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner", "personvern"), recording("b", "rutiner for personvern"))
        assert search(index, "personvern rutiner") == ids("b")

    def test_one_word_in_the_title_and_one_in_the_text(self, index: SearchIndex) -> None:
        fill(
            index, recording("a", "velkommen", "vi går gjennom rutiner", title="Personvern"), recording("b", "rutiner")
        )
        results = index.search(Query("personvern rutiner"))
        assert found(results) == ids("a")
        assert [hit.passage_id for hit in results.hits[0].passages] == [f"{recording_id('a')}-1"]

    def test_fewer_words_where_none_has_all(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "rutiner for personvern"),
            recording("b", "rutiner for anskaffelser og innkjøp"),
            recording("c", "personvern"),
        )
        assert search(index, "rutiner anskaffelser innkjøp fotball") == ids("b")
        assert search(index, "personvern fotball", filters=Filters(circles=frozenset({"ingen"}))) == []

    def test_fewer_words_within_the_filters(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner personvern", circle="x"), recording("b", "personvern", circle="y"))
        assert search(index, "rutiner personvern", filters=Filters(circles=frozenset({"y"}))) == ids("b")

    def test_inflected_forms(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("nb", "anskaffelsene ble behandlet", language="nb"),
            recording("da", "kommunernes aftaler", language="da"),
            recording("nl", "de gemeenten overleggen", language="nl"),
            recording("en", "risk assessments were shared", language="en"),
        )
        assert search(index, "anskaffelse") == ids("nb")
        assert search(index, "aftale") == ids("da")
        assert search(index, "overleg") == ids("nl")
        assert search(index, "assessment") == ids("en")

    def test_a_language_nobody_knows(self, index: SearchIndex) -> None:
        fill(index, recording("a", "Świat i ludzie", language="pl"), recording("b", "noe", language=""))
        assert search(index, "swiat") == ids("a")

    @pytest.mark.parametrize(
        ("said", "typed"), [("spørre", "sporre"), ("sporre", "spørre"), ("Lærere møtes", "laerere motes")]
    )
    def test_letters_people_cannot_type(self, index: SearchIndex, said: str, typed: str) -> None:
        fill(index, recording("a", f"vi skal {said} nå"))
        results = index.search(Query(typed))
        assert found(results) == ids("a")
        assert " ".join(marked(results.hits[0].passages[0].fragments)) == said

    def test_decomposed_letters(self, index: SearchIndex) -> None:
        fill(index, recording("a", "en ga\u030ard"))
        results = index.search(Query("gård"))
        assert marked(results.hits[0].passages[0].fragments) == ["ga\u030ard"]

    def test_a_speaker_is_found(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen", speakers=["Kari Bø"]), recording("b", "velkommen", speakers=["Ola"]))
        assert search(index, "kari bo") == ids("a")
        assert search(index, "velkommen kari") == ids("a")


class TestTyping:
    def test_the_last_word_is_a_prefix(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner for personvernombudet"))
        assert search(index, "rutiner personvernomb", typing=True) == ids("a")
        assert marked(index.search(Query("personvernomb", typing=True)).hits[0].passages[0].fragments) == [
            "personvernombudet"
        ]
        assert search(index, "ruti", typing=True) == ids("a")
        assert search(index, "ruti") == []

    def test_a_word_that_is_all_there_finds_its_other_forms_too(self, index: SearchIndex) -> None:
        fill(index, recording("a", "avtalene gjelder"), recording("b", "avtaler gjelder"))
        assert sorted(search(index, "avtaler", typing=True)) == sorted(ids("a", "b"))

    def test_a_word_is_finished_by_a_space(self, index: SearchIndex) -> None:
        fill(index, recording("a", "personvernombudet"))
        assert search(index, "pers", typing=True) == ids("a")
        assert search(index, "pers ", typing=True) == []

    def test_title_and_speaker(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen", title="Anskaffelser"), recording("b", "hei", speakers=["Annelies"]))
        assert sorted(search(index, "ann", typing=True)) == sorted(ids("b"))  # "anskaffelser" begins otherwise
        assert search(index, "ansk", typing=True) == ids("a")

    def test_in_the_middle_of_a_quotation(self, index: SearchIndex) -> None:
        fill(index, recording("a", "felles digital postkasse"))
        assert search(index, '"digital post', typing=True) == ids("a")


class TestPhrases:
    def test_order_and_neighbours_count(self, index: SearchIndex) -> None:
        fill(index, recording("a", "digital post til eldre"), recording("b", "post som er digital"))
        assert search(index, '"digital post"') == ids("a")
        assert search(index, "«digital post» eldre") == ids("a")
        assert sorted(search(index, "digital post")) == sorted(ids("a", "b"))

    def test_one_mark_around_the_phrase(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om digital, post til eldre"))
        assert marked(index.search(Query('"digital post"')).hits[0].passages[0].fragments) == ["digital, post"]

    def test_in_the_title(self, index: SearchIndex) -> None:
        fill(
            index, recording("a", "velkommen", title="Digital post til eldre"), recording("b", "digital", title="post")
        )
        assert search(index, '"digital post"') == ids("a")

    def test_one_quoted_word_means_that_form(self, index: SearchIndex) -> None:
        fill(index, recording("a", "anskaffelsene"), recording("b", "anskaffelse"))
        assert search(index, '"anskaffelse"') == ids("b")


class TestRanking:
    def test_the_title_weighs_more(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("text", "om personvern og andre ting", title="Møte i mai"),
            recording("title", "om personvern og andre ting", title="Personvern"),
            recording("none", "noe helt annet", title="Møte i juni"),
        )
        assert search(index, "personvern") == ids("title", "text")

    def test_exact_above_folded_above_stem_above_prefix(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("prefix", "om pålegget fra i fjor", title="t"),
            recording("stem", "om pålegg fra i fjor", title="t"),
            recording("folded", "om palegga fra i fjor", title="t", language=""),
            recording("exact", "om pålegga fra i fjor", title="t"),
        )
        assert search(index, "pålegga", typing=True)[:2] == ids("exact", "folded")
        assert search(index, "pålegga", typing=True)[2:3] == ids("stem")

    def test_a_finished_word_above_the_beginning_of_one(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("long", "om risikovurderingen i fjor", title="t", day="2025-01-01"),
            recording("whole", "om risiko som vi ser", title="t"),
            recording("also", "om risiko som vi så", title="t"),
        )
        assert search(index, "risiko", typing=True)[2] == recording_id("long")

    def test_ties_newest_first_then_by_id(self, index: SearchIndex) -> None:
        same = [recording(name, "om personvern", title="t", day="2024-01-01") for name in "abcde"]
        fill(index, *same, recording("new", "om personvern", title="t", day="2025-01-01"))
        expected = [*ids("new"), *sorted(ids(*"abcde"))]
        assert search(index, "personvern") == expected
        for name in "ca":  # written again, they lie elsewhere in the engine
            index.replace(recording_id(name), recording(name, "om personvern", title="t", day="2024-01-01"))
        assert search(index, "personvern") == expected


class TestGroups:
    def test_the_best_three_passages_and_their_number(self, index: SearchIndex) -> None:
        fill(index, recording("a", *["om personvern"] * 4, "annet", "personvern personvern personvern"))
        (hit,) = index.search(Query("personvern")).hits
        assert hit.passage_count == 5
        assert [passage.passage_id[-1] for passage in hit.passages] == ["5", "0", "1"]
        assert len(index.search(Query("personvern", passages=1)).hits[0].passages) == 1

    def test_only_the_title_matches(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen til møtet", "mer", title="Personvern"))
        (hit,) = index.search(Query("personvern")).hits
        assert hit.passage_count == 1
        assert [passage.passage_id[-1] for passage in hit.passages] == ["0"]
        assert hit.passages[0].hit_at == 0
        assert plain(hit.passages[0].fragments) == "velkommen til møtet"
        assert marked(hit.title) == ["Personvern"]

    def test_a_recording_without_speech(self, index: SearchIndex) -> None:
        fill(index, recording("a", title="Stum film"))
        (hit,) = index.search(Query("film")).hits
        assert hit.passages[0].fragments == ()

    def test_what_a_hit_says(self, index: SearchIndex) -> None:
        passages = [
            replace(p, has_video=True, poster="p.jpg") for p in recording("a", "hei", version=7, speakers=["Bo"])
        ]
        fill(index, passages)
        (hit,) = index.search(Query("hei")).hits
        assert (hit.version, hit.circle, hit.network, hit.language) == (7, "personvern", "nord", "nb")
        assert (hit.date, hit.duration, hit.has_video, hit.poster) == (date(2024, 5, 1), 30.0, True, "p.jpg")
        assert (hit.passages[0].start, hit.passages[0].end, hit.passages[0].speakers) == (0.0, 30.0, ("Bo",))


class TestHighlights:
    def test_time_of_the_first_match(self, index: SearchIndex) -> None:
        fill(index, recording("a", "hei", "en to tre personvern fem"))
        assert index.search(Query("personvern")).hits[0].passages[0].hit_at == 31.5

    def test_a_long_passage_is_cut_around_the_matches(self, index: SearchIndex) -> None:
        text = "ord " * 200 + "om personvern i skolen " + "flere " * 200
        fill(index, recording("a", text.strip()))
        fragments = index.search(Query("personvern skolen")).hits[0].passages[0].fragments
        assert marked(fragments) == ["personvern", "skolen"]
        assert 180 <= len(plain(fragments)) <= 260
        assert set(plain(fragments).strip("… ").split()) <= set(text.split())

    def test_markup_is_data(self, index: SearchIndex) -> None:
        text, title = "<script>alert('personvern')</script> & <b>fet</b>", '<img src=x onerror="1"> personvern'
        fill(index, recording("a", text, title=title))
        (hit,) = index.search(Query("personvern")).hits
        assert plain(hit.passages[0].fragments) == text
        assert plain(hit.title) == title
        assert marked(hit.title) == ["personvern"]
        assert search(index, "<b>fet</b>") == ids("a")
