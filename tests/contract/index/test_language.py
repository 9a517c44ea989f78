"""What every search index makes of people's words: compounds, mistakes, other languages, the language of queries."""

from __future__ import annotations

from datetime import date

import pytest

from index.port import Filters, Order, Query, Reason, ReasonKind, SearchIndex
from kring.errors import BadQuery
from tests.support.passages import fill, found, ids, marked, plain, recording, search


class TestCompounds:
    @pytest.mark.parametrize(
        ("language", "said", "asked"),
        [
            ("nb", "vi spurte personvernombudet om råd", "personvern"),
            ("nb", "hele anskaffelsesprosessen tar tid", "anskaffelse"),
            ("nn", "vi spurde personvernombodet om råd", "personvern"),
            ("nl", "de documentendienst is nieuw", "dienst"),
            ("da", "spørg databeskyttelsesrådgiveren først", "databeskyttelse"),
        ],
    )
    def test_a_part_finds_the_whole(self, index: SearchIndex, language: str, said: str, asked: str) -> None:
        fill(index, recording("a", said, language=language), recording("b", "noe annet", language=language))
        (hit,) = index.search(Query(asked)).hits
        assert hit.recording_id == ids("a")[0]
        (word,) = marked(hit.passages[0].fragments)
        assert asked[:6] in word
        assert hit.reasons == ()

    def test_the_word_itself_above_a_compound_with_it(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("compound", "om personvernombudet i fjor", title="t", day="2025-01-01"),
            recording("word", "om personvern i fjor", title="t"),
        )
        assert search(index, "personvern") == ids("word", "compound")

    def test_written_apart(self, index: SearchIndex) -> None:
        fill(index, recording("a", "vi valgte en sky løsning"), recording("b", "vi valgte en skyløsning"))
        assert search(index, "skyløsning") == ids("b", "a")
        (_, apart) = index.search(Query("skyløsning")).hits
        assert marked(apart.passages[0].fragments) == ["sky løsning"]
        assert sorted(search(index, "sky løsning")) == sorted(ids("a", "b"))


class TestMistakes:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("personven", "personvern"),
            ("persnovern", "personvern"),
            ("sikkerhetskpi", "sikkerhetskopi"),
        ],
    )
    def test_a_misspelt_word(self, index: SearchIndex, typed: str, said: str) -> None:
        fill(index, recording("a", f"om {said} i fjor"), recording("b", "noe helt annet"))
        (hit,) = index.search(Query(typed)).hits
        assert marked(hit.passages[0].fragments) == [said]
        assert hit.reasons == (Reason(typed, said, ReasonKind.SPELLING),)

    def test_short_words_are_taken_as_they_are(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om vann"), recording("b", "om bann"))
        assert search(index, "venn") == []

    def test_a_word_that_is_there_is_not_taken_for_a_mistake(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om personvern"), recording("b", "om personverk"))
        assert search(index, "personverk") == ids("b")

    def test_beside_a_word_spelt_well(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner for personvern"), recording("b", "rutiner"), recording("c", "personvern"))
        assert search(index, "rutiner persnvern") == ids("a")

    def test_did_you_mean(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om personvernkonsekvenser"), recording("b", "noe helt annet"))
        results = index.search(Query("personvrnkonsekvnesr"))
        assert results.total == 0
        assert results.suggestion == "personvernkonsekvenser"
        assert search(index, results.suggestion) == ids("a")

    def test_nothing_to_suggest(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om personvern"))
        assert index.search(Query("fotballkamp")).suggestion == ""
        assert index.search(Query("personvern")).suggestion == ""
        assert index.search(Query("")).suggestion == ""


class TestOtherLanguages:
    def test_a_term_finds_its_translations_below_itself_and_says_why(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("da", "om databeskyttelse", title="t", language="da", day="2025-05-01"),
            recording("nl", "over gegevensbescherming", title="t", language="nl", day="2025-04-01"),
            recording("nb", "om personvern", title="t", language="nb", day="2020-01-01"),
            recording("en", "on data protection", title="t", language="en", day="2025-03-01"),
        )
        results = index.search(Query("personvern"))
        assert found(results) == ids("nb", "da", "nl", "en")
        assert [hit.reasons for hit in results.hits] == [
            (),
            (Reason("personvern", "databeskyttelse", ReasonKind.TRANSLATION),),
            (Reason("personvern", "gegevensbescherming", ReasonKind.TRANSLATION),),
            (Reason("personvern", "data protection", ReasonKind.TRANSLATION),),
        ]
        assert marked(results.hits[3].passages[0].fragments) == ["data", "protection"]
        assert found(index.search(Query("data protection")))[0] == ids("en")[0]
        assert index.search(Query("data protection")).total == 4

    def test_a_translation_in_the_title_stays_below_the_word(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("da", "databeskyttelse databeskyttelse", title="Databeskyttelse", language="da"),
            recording("nb", "vi nevner også personvern", title="t", language="nb"),
        )
        assert search(index, "personvern") == ids("nb", "da")

    def test_with_another_word(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("da", "databeskyttelse i skolen", language="da"),
            recording("nb", "personvern i barnehagen", language="nb"),
        )
        assert search(index, "personvern skolen") == ids("da")


class TestQueryLanguage:
    @pytest.fixture(autouse=True)
    def _recordings(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "personvern i skolen", circle="personvern", day="2024-12-31", speakers=["Kari Bø"]),
            recording("b", "personvern i barnehagen", circle="oppvekst", day="2025-01-01", speakers=["Kari Moe"]),
            recording("c", "personvern og digital post", circle="post", day="2025-01-31", language="nn", network="sør"),
            recording("d", "post som er digital, og personvern", circle="post", day="2025-02-01"),
        )

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("personvern -skole", "bcd"),
            ("personvern -skole -barnehage", "cd"),
            ('personvern -"digital post"', "abd"),
            ("personvern circle:post", "cd"),
            ("personvern circle:POST circle:oppvekst", "bcd"),
            ("circle:post", "cd"),
            ('personvern circle:"post"', "cd"),
            ("network:sør personvern", "c"),
            ("personvern language:nn", "c"),
            ("speaker:kari personvern", "ab"),
            ('personvern speaker:"kari bo"', "a"),
            ("speaker:kari", "ab"),
            ("speaker:Bø speaker:Kari", "a"),
            ("personvern after:2025", "bcd"),
            ("personvern after:2025-02", "d"),
            ("personvern before:2024", "a"),
            ("personvern before:2025-01", "abc"),
            ("personvern after:2025-01-02 before:2025-01-31", "c"),
            ("year:2025 personvern", "bcd"),
            ("personvern year:2025 before:2025-01", "bc"),
            ("personvern -", "abcd"),
            ("kl 12:30 personvern", "abcd"),
            ("person-vern", "abcd"),
        ],
    )
    def test_understood(self, index: SearchIndex, text: str, names: str) -> None:
        results = index.search(Query(text))
        assert sorted(found(results)) == sorted(ids(*names))
        assert results.total == len(names)

    def test_added_to_the_filters(self, index: SearchIndex) -> None:
        query = Query("personvern after:2025-01", Filters(before=date(2025, 1, 31)))
        assert sorted(found(index.search(query))) == sorted(ids("b", "c"))

    def test_a_speaker_is_no_facet_but_narrows_them(self, index: SearchIndex) -> None:
        results = index.search(Query("personvern speaker:kari"))
        assert results.facets["circle"] == {"oppvekst": 1, "personvern": 1}
        assert index.search(Query("personvern circle:post")).facets["circle"] == {
            "post": 2,
            "oppvekst": 1,
            "personvern": 1,
        }

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("after:tomorrow", "is not a date"),
            ("after:2025-13", "is not a date"),
            ("before:2025-02-30", "is not a date"),
            ("year:last", "is not a date"),
            ("personvern circle:", "needs something after it"),
            ("speakr:kari", "did you mean “speaker:”"),
            ("-skole", "not only what to leave out"),
            ("-circle:post personvern", "cannot be used"),
        ],
    )
    def test_explained(self, index: SearchIndex, text: str, sentence: str) -> None:
        with pytest.raises(BadQuery, match=sentence):
            index.search(Query(text))

    def test_a_filter_still_being_typed_is_none_yet(self, index: SearchIndex) -> None:
        assert index.search(Query("personvern circle:", typing=True)).total == 4


class TestOrder:
    def test_by_date(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("old", "personvern personvern", title="Personvern", day="2020-01-01"),
            recording("new", "litt om personvern", day="2025-01-01"),
            recording("mid", "om personvern", day="2023-01-01"),
            recording("not", "noe annet", day="2024-01-01"),
        )
        assert search(index, "personvern") == ids("old", "new", "mid")
        assert search(index, "personvern", order=Order.NEWEST) == ids("new", "mid", "old")
        assert search(index, "personvern", order=Order.OLDEST) == ids("old", "mid", "new")
        assert search(index, "", order=Order.OLDEST) == ids("old", "mid", "not", "new")
        assert search(index, "personvern", order=Order.OLDEST, page=2, per_page=2) == ids("new")


class TestNearness:
    def test_words_together_above_words_apart(self, index: SearchIndex) -> None:
        apart = "digital " + "ord " * 30 + "opplæring"
        fill(
            index,
            recording("apart", apart, title="t", day="2025-01-01"),
            recording("together", "ord " * 30 + "digital opplæring", title="t"),
        )
        assert search(index, "digital opplæring") == ids("together", "apart")

    def test_stop_words_are_not_asked_for_but_help(self, index: SearchIndex) -> None:
        fill(index, recording("a", "sikkerhetskopiene er borte"), recording("b", "hvor er sikkerhetskopiene"))
        assert search(index, "hvor er sikkerhetskopiene") == ids("b", "a")
        assert search(index, "hvor er") == ids("b")

    def test_where_only_stop_words_are_asked_for_the_newest_come_first(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("old", "hvor er det", title="Hvor", day="2020-01-01"),
            recording("new", "det er hvor vi bor"),
        )
        assert search(index, "hvor") == ids("new", "old")
        assert search(index, "hvor", order=Order.OLDEST) == ids("old", "new")

    def test_inside_one_recording_every_passage(self, index: SearchIndex) -> None:
        fill(index, recording("a", *["om personvern"] * 30), recording("b", "personvern"))
        (hit,) = index.search(Query("personvern", Filters(recording_id=ids("a")[0]), passages=100)).hits
        assert (len(hit.passages), hit.passage_count) == (30, 30)
        assert sorted(passage.start for passage in hit.passages) == [30.0 * n for n in range(30)]
        assert {plain(passage.fragments) for passage in hit.passages} == {"om personvern"}
