"""What Meilisearch is asked: the queries of one search, the filters, and how passages and settings are written."""

from __future__ import annotations

import json
import pickle
import re
from datetime import date
from typing import Any

import pytest

from index.facets.cards import KINDS
from index.meili.query import (
    Way,
    as_typed,
    body,
    conditions,
    filtered_kinds,
    one_of,
    overlapping_ways,
    own_ways,
    ways,
    ways_of_part,
)
from index.meili.result_page import Level
from index.meili.schema import (
    FOUND_IN,
    OWN,
    SETTINGS,
    SPELLING,
    as_key,
    as_value,
    card_in,
    document,
    from_plain,
    from_value,
    passage_in,
    plain,
    prepared,
    same_settings,
    spelt,
)
from index.meili.search import MeiliSearch
from index.port import Filters, Order, Query
from index.query.parser import ParsedQuery, parse
from index.query.typos import tolerate_typos
from kring.errors import SearchDown
from tests.support.passages import recording, recording_id

# The parameters of a query of a multi-search in Meilisearch 1.50; it refuses all others.
PARAMETERS = {
    "attributesToRetrieve",
    "attributesToSearchOn",
    "distinct",
    "facets",
    "filter",
    "hitsPerPage",
    "indexUid",
    "limit",
    "matchingStrategy",
    "offset",
    "page",
    "q",
    "sort",
}


def asked(text: str, *, typing: bool = False, nowhere: bool = False) -> list[str]:
    wanted = parse(text, typing=typing)
    if nowhere:
        wanted = tolerate_typos(wanted, lambda word: True)
    return [way.q for way in ways(wanted, len(wanted.parts), range(len(wanted.parts)))]


class TestQueries:
    def test_words_are_asked_by_key_and_phrases_as_they_are(self) -> None:
        assert asked("covid19") == ['"0qcovid19" ']
        assert asked('"om fotball"') == ['"om fotball" ']
        assert asked("og") == ['"og" ']  # a stop word has no key

    def test_what_is_excluded_comes_first(self) -> None:
        (q,) = asked('"en to" -"tre fire" -covid19')
        assert q == '-"tre fire" -"0qcovid19" "en to" '

    def test_the_word_being_typed_is_found_in_two_ways_and_comes_last(self) -> None:
        assert asked('covid19 "en to"', typing=True) == ['"0qcovid19" "en to" ']  # the phrase is last
        assert asked('"en to" covid1', typing=True) == ['"en to" "0qcovid1" ', '"en to" covid1']

    def test_misspelt_words_are_asked_without_quotes_and_never_last_as_a_beginning(self) -> None:
        (q,) = asked('"en to" xyzzyxyzzy', nowhere=True)
        assert q == f'{spelt("xyzzyxyzzy")} "en to" '
        (way,) = ways(tolerate_typos(parse("xyzzyx"), lambda word: True), 1, [0])
        assert way.fields == (*FOUND_IN, SPELLING)
        assert own_ways(tolerate_typos(parse("xyzzyx"), lambda word: True), 0)[0].fields == (SPELLING,)
        assert own_ways(parse("covid19 -ab1"), 0) == [Way('-"0qab1" "0qcovid19" ', OWN, (0,))]

    def test_fewer_parts_are_choices_of_them(self) -> None:
        wanted = parse('"a b" "c d" "e f"')
        assert [way.q for way in ways(wanted, 2, [0, 1, 2])] == ['"a b" "c d" ', '"a b" "e f" ', '"c d" "e f" ']
        assert [way.parts for way in ways(wanted, 1, [0, 2])] == [(0,), (2,)]
        assert [way.q for way in ways_of_part(wanted.parts[1])] == ['"c d" ']
        assert overlapping_ways(wanted.parts[1]) == []
        (typed,) = parse("covid1", typing=True).parts
        assert [way.q for _, way in overlapping_ways(typed)] == ['"0qcovid1" covid1']

    def test_as_they_were_typed(self) -> None:
        assert as_typed(parse('anskaffelsene "om den"'), ("title",)) == Way(
            '"anskaffelsene" "om den" ', ("title",), (0, 1)
        )
        assert as_typed(parse("anskaffelsene -fotball"), ("title",)) is None  # which may be elsewhere

    def test_only_letters_and_digits_reach_the_server(self) -> None:
        for text in ('x" OR "1', '-"a', "个人 信息", "a\\b\0c", "½ ²", "İ ſ", "0qx", 'a"b"c'):
            for typing in (False, True):
                wanted = parse(text, typing=typing)
                for way in ways(wanted, len(wanted.parts), range(len(wanted.parts))) if wanted.parts else []:
                    assert re.fullmatch(r'(-?"[a-z0-9 ]+" |[a-z0-9]+ ?)+', way.q), way.q


class TestFilters:
    def test_conditions(self) -> None:
        filters = Filters(
            circles=frozenset({"y", "x"}),
            languages=frozenset({""}),
            after=date(2024, 1, 1),
            before=date(2024, 12, 31),
            recording_id=recording_id("a"),
            speakers=frozenset({"bo", "кари"}),
        )
        assert conditions(filters) == [
            "number >= 0",
            'circle IN ["x", "y"]',
            'language IN ["-"]',
            f"day >= {date(2024, 1, 1).toordinal()}",
            f"day <= {date(2024, 12, 31).toordinal()}",
            f'recording_id IN ["{recording_id("a")}"]',
            'speakers_words = "bo"',
            'speakers_words = "q43aqq430qq440qq438q"',
        ]
        assert filtered_kinds(filters) == ["circle", "language", "year"]
        assert not [one for one in conditions(filters, but="year") if one.startswith("day")]
        assert not [one for one in conditions(filters, but="circle") if one.startswith("circle")]

    @pytest.mark.parametrize(
        "value", ["'; OR 1", 'x" OR circle = "y', "a\\", "x y", "sør", "Nord", "", "-", "%41", "a-b.c_d"]
    )
    def test_any_value_can_be_asked_for_and_nothing_else(self, value: str) -> None:
        asked_for = one_of("circle", [value])
        assert re.fullmatch(r'circle IN \["[a-z0-9._%-]+"\]', asked_for)
        assert from_value(as_value(value)) == value
        assert as_value("nord") != as_value("Nord")

    def test_topics_and_organisations_are_asked_for_as_they_are_known(self) -> None:
        filters = Filters(topics=frozenset({"Sky", "SKY"}), organisations=frozenset({"BO\u0308"}))
        assert conditions(filters)[1:] == ['topic IN ["sky"]', 'organisation IN ["b%c3%b6"]']
        assert conditions(filters, but="topic")[1:] == ['organisation IN ["b%c3%b6"]']
        assert filtered_kinds(filters) == ["topic", "organisation"]

    @pytest.mark.parametrize("letter", ["a", "å", "個", "😀", "%"])
    def test_a_long_value_is_cut_between_letters(self, letter: str) -> None:
        for size in (300, 299, 298):
            value = "x" * (300 - size) + letter * size
            there = as_value(value)
            assert len(there) <= 468
            assert value.startswith(from_value(there))
            assert from_value(there)[30:]
            assert as_value(value + "y") == there or letter == "a"


class TestDocuments:
    def test_there_and_back(self) -> None:
        (passage,) = recording(
            "a", "Møte om 個人情報 og anskaffelsene", title="Tittel", speakers=["Kari Bø"], language=""
        )
        made = document(passage)
        assert passage_in({"payload": made["payload"]}) == passage
        assert card_in(made).cell == ("personvern", "nord", "", "2024")
        assert made["id"] == passage.id
        assert made["speakers_words"] == ["bo", "kari"]
        assert re.fullmatch("[A-Za-z0-9_-]+", made["id"])
        for field in (*FOUND_IN, SPELLING):
            assert re.fullmatch("[a-z0-9 .]*", made[field]), field

    def test_labels_as_they_are_known_and_as_they_are_spelt(self) -> None:
        passage, page = recording("a", "ord", topics=["Sky", "sky"], organisations=["Bø"], pages=["mer"])
        made = document(passage)
        assert (made["topic"], made["topic_spelt"]) == (["sky", "sky"], ["%53ky", "sky"])
        assert (made["organisation"], made["organisation_spelt"]) == (["b%c3%b8"], ["%42%c3%b8"])
        assert card_in(made).values(KINDS.index("topic")) == ("sky",)
        assert {*SETTINGS["filterableAttributes"]} >= {"topic", "topic_spelt", "organisation", "organisation_spelt"}
        assert passage_in({"payload": document(page)["payload"]}) == page
        assert (document(page)["number"], document(page)["topic"]) == (1, ["sky", "sky"])

    def test_keys_of_the_title_are_lent(self) -> None:
        (passage,) = recording("a", "fotball og mer", title="fotball langrenn")
        made = document(passage)
        own, lent = set(made["keys"].split()), set(made["lent"].split())
        assert not own & lent
        assert all(key.startswith("0q") for key in own | lent)
        assert any("langren" in key for key in lent)

    def test_of_another_version(self) -> None:
        with pytest.raises(SearchDown, match="of another version of Kring"):
            passage_in({"payload": "[1, 2]"})

    def test_ready_for_a_rebuild_in_another_process(self) -> None:
        passages = recording("a", "om fotball", "og mer")
        ready = pickle.loads(pickle.dumps(prepared(passages)))
        assert ready.passages == 2
        assert [json.loads(one) for one in ready.content] == [document(one, of=2) for one in passages]

    def test_words_of_any_script_keep_their_beginnings_and_fit(self) -> None:
        assert plain("個人情報").startswith(plain("個人"))
        assert plain("0qx") != "0qx"
        for word in ("0", "05", "0qx", "q", "quiz", "қazaқ", "個人", "personvern", "q71q"):
            assert from_plain(plain(word)) == word
            for size in range(1, len(word)):
                assert plain(word).startswith(plain(word[:size])), word

    @pytest.mark.parametrize("beginning", ["0", "0q", "q", "q4", "k", "個"])
    def test_the_beginning_of_a_word_is_never_that_of_a_key_or_of_other_letters(self, beginning: str) -> None:
        assert not as_key("fotball").startswith(plain(beginning))
        assert beginning == "個" or not plain("個人").startswith(plain(beginning))
        assert not plain("fotball").startswith(plain(beginning))

    def test_words_that_are_escaped_are_spelt_like_others(self) -> None:
        assert len(spelt("query")) == len(spelt("abcde"))
        assert plain("kx-a-b") == "kxab"
        assert len(plain("個" * 100)) == 200
        assert len(spelt("個" * 100)) < 250

    def test_typing_mistakes_are_for_spelling_only(self) -> None:
        sizes = SETTINGS["typoTolerance"]["minWordSizeForTypos"]
        assert len(spelt("abcde")) == sizes["oneTypo"]
        assert len(spelt("abcdefghi")) == sizes["twoTypos"]

    def test_settings_are_sent_only_where_they_differ(self) -> None:
        there: dict[str, Any] = json.loads(json.dumps(SETTINGS))
        there["filterableAttributes"].reverse()
        there["typoTolerance"] |= {"disableOnWords": [], "disableOnNumbers": False}
        there["faceting"]["sortFacetValuesBy"] = {"*": "alpha"}
        there["embedders"] = {}
        assert same_settings(SETTINGS, there)
        for changed in (
            {"stopWords": ["og"]},
            {"rankingRules": there["rankingRules"][::-1]},
            {"faceting": {"maxValuesPerFacet": 100}},
            {"synonyms": {"a": ["b"]}},
            {"localizedAttributes": None},
        ):
            assert not same_settings(SETTINGS, there | changed), changed


class TestRequests:
    """Each request of a search, against the names Meilisearch knows; what it answers is nothing."""

    @pytest.mark.parametrize(
        "text", ["", "fotball", "fotba", '"a b" -c fotball langrenn', "speaker:kari", "a b c d e f"]
    )
    @pytest.mark.parametrize("order", list(Order))
    def test_only_known_parameters(self, text: str, order: Order) -> None:
        seen: list[dict[str, Any]] = []

        def ask(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            seen.extend(queries)
            return [{"hits": [], "totalHits": 0, "estimatedTotalHits": 0, "facetDistribution": {}} for _ in queries]

        filters = Filters(circles=frozenset({"x"}), after=date(2024, 1, 1))
        found = MeiliSearch(
            ask, "kring", Query(text, filters, typing=True, order=order), parse(text, filters, typing=True)
        )
        result = found.run().results
        assert (result.total, result.hits) == (0, ())
        assert seen
        for one in seen:
            assert set(one) <= PARAMETERS, one
            assert one["indexUid"] == "kring"
            assert isinstance(one["filter"], list)
            assert ("q" in one) == ("attributesToSearchOn" in one) == ("matchingStrategy" in one)
            assert not ({"limit", "offset"} & set(one) and {"page", "hitsPerPage"} & set(one))
            json.dumps(one)

    @pytest.mark.parametrize("text", ["", "fotball"])
    def test_labels_are_spelt_as_most_recordings_do(self, text: str) -> None:
        of_found = {"topic": {"sky": 2, "arkiv": 2}, "organisation": {}, "circle": {"x": 2}}
        of_all = {"topic_spelt": {"sky": 1, "%53ky": 5, "%53%4b%59": 5, "%41rkiv": 2}, "organisation_spelt": {}}

        def ask(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            there = of_found | of_all
            return [
                {
                    "hits": [],
                    "totalHits": 0,
                    "estimatedTotalHits": 0,
                    "facetDistribution": {kind: there[kind] for kind in one.get("facets", ()) if kind in there},
                }
                for one in queries
            ]

        facets = MeiliSearch(ask, "kring", Query(text), parse(text)).run().results.facets
        assert list(facets["topic"].items()) == [("Arkiv", 2), ("SKY", 2)]
        assert facets["circle"] == {"x": 2}
        assert facets["organisation"] == {}

    def test_never_more_terms_than_the_server_reads(self) -> None:
        """A term of several words that is nowhere falls apart, so that there are more than ten."""
        text = " ".join([*(f"w{n}" for n in range(9)), "data protection"])
        seen: list[dict[str, Any]] = []

        def ask(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            seen.extend(queries)
            ways_asked = [one.get("q", "").strip() in ('"0qw1"', '"0qw2"') for one in queries]
            return [
                {"hits": [], "totalHits": int(is_there), "estimatedTotalHits": 0, "facetDistribution": {}}
                for is_there in ways_asked
            ]

        MeiliSearch(ask, "kring", Query(text), parse(text)).run()
        assert max(len(one.get("q", "").split()) for one in seen) == 10
        assert [one["q"] for one in seen if '"0qw1"' in one.get("q", "")][-1] == '"0qw1" '

    def test_without_words_there_is_no_query(self) -> None:
        assert body("kring", None, ["number = 0"], limit=1) == {
            "indexUid": "kring",
            "filter": ["number = 0"],
            "limit": 1,
        }

    def test_a_level_says_what_is_there(self) -> None:
        assert Level((), 0, {}).complete is False
        assert ParsedQuery().parts == ()
