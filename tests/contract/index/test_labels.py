"""Topics and organisations: several of each, in any case of letters, to filter by, to count and to find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from index.port import Filters, Query, Reason, ReasonKind, SearchIndex
from kring.errors import BadQuery
from tests.support.passages import fill, found, ids, marked, plain, recording, recording_id, search


def topics(*values: str) -> Filters:
    return Filters(topics=frozenset(values))


def organisations(*values: str) -> Filters:
    return Filters(organisations=frozenset(values))


class TestFiltersAndFacets:
    @pytest.fixture(autouse=True)
    def _recordings(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "om data", "mer data", topics=["Personvern", "Sky"], organisations=["Bø kommune"]),
            recording("b", "om data", topics=["personvern"], organisations=["Bø kommune", "Gloppen"], language="nn"),
            recording("c", "om data", topics=["Personvern", "personvern"], circle="y"),
            recording("d", "om data", organisations=["BØ KOMMUNE"], day="2025-01-01"),
            recording("e", "om sykler", topics=["Kart"]),
        )

    @pytest.mark.parametrize("text", ["om", "", "o", "data sykler"])
    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            (topics("Personvern"), "abc"),
            (topics("PERSONVERN"), "abc"),
            (topics("personvern", "Sky"), "abc"),
            (topics("sky"), "a"),
            (topics("Pers"), ""),
            (topics("Kart"), "e"),
            (topics("finnes ikke"), ""),
            (topics('"quoted"', "back\\slash", ""), ""),
            (organisations("bø kommune"), "abd"),
            (organisations("Bø"), ""),
            (organisations("bo\u0308 kommune", "gloppen"), "b"),
            (Filters(topics=frozenset({"personvern"}), organisations=frozenset({"Bø Kommune"})), "ab"),
            (Filters(topics=frozenset({"personvern"}), circles=frozenset({"y"})), "c"),
            (replace(topics("personvern"), recording_id=recording_id("b")), "b"),
            (replace(topics("sky"), recording_id=recording_id("b")), ""),
        ],
    )
    def test_filters(self, index: SearchIndex, text: str, filters: Filters, names: str) -> None:
        results = index.search(Query(text, filters, typing=True))
        assert sorted(found(results)) == sorted(ids(*names))
        assert results.total == len(names)

    def test_a_decomposed_letter_is_the_same(self, index: SearchIndex) -> None:
        index.replace(recording_id("å"), recording("å", "ord", topics=["Ål"]))
        assert search(index, "", filters=topics("A\u030al")) == ids("å")

    def test_each_value_counts_once_and_is_spelt_as_most_recordings_do(self, index: SearchIndex) -> None:
        facets = index.search(Query("data")).facets
        assert list(facets["topic"].items()) == [("Personvern", 3), ("Sky", 1)]
        assert list(facets["organisation"].items()) == [("Bø kommune", 3), ("Gloppen", 1)]

    def test_without_words(self, index: SearchIndex) -> None:
        facets = index.search(Query()).facets
        assert list(facets["topic"].items()) == [("Personvern", 3), ("Kart", 1), ("Sky", 1)]

    def test_the_spelling_is_that_of_the_whole_archive(self, index: SearchIndex) -> None:
        for text in ("data", ""):
            facets = index.search(Query(text, Filters(languages=frozenset({"nn"})))).facets
            assert facets["topic"] == {"Personvern": 1}, text
            facets = index.search(Query(text, Filters(recording_id=recording_id("d")))).facets
            assert facets["organisation"] == {"Bø kommune": 1}, text

    @pytest.mark.parametrize("text", ["data", "", "dat"])
    def test_a_kind_ignores_its_own_filter(self, index: SearchIndex, text: str) -> None:
        filters = replace(topics("sky"), circles=frozenset({"personvern"}))
        facets = index.search(Query(text, filters, typing=True)).facets
        assert facets["topic"] == {"Personvern": 2, "Sky": 1} | ({} if text else {"Kart": 1})
        assert facets["organisation"] == {"Bø kommune": 1}
        assert facets["circle"] == {"personvern": 1}

    def test_of_alike_frequent_spellings_the_first_by_alphabet(self, index: SearchIndex) -> None:
        fill(index, recording("a", "ord", topics=["sky"]), recording("b", "ord", topics=["Sky"]))
        assert index.search(Query("ord")).facets["topic"] == {"Sky": 2}

    def test_they_change_with_the_recording(self, index: SearchIndex) -> None:
        index.replace(recording_id("e"), recording("e", "om data", topics=["Arkiv"], version=2))
        assert index.search(Query("")).facets["topic"] == {"Personvern": 3, "Arkiv": 1, "Sky": 1}
        assert index.versions()[recording_id("e")] == 2
        assert search(index, "", filters=topics("arkiv")) == ids("e")

    def test_a_hit_has_them_as_they_are_written_there(self, index: SearchIndex) -> None:
        hits = {hit.recording_id: hit for hit in index.search(Query("data")).hits}
        assert hits[recording_id("a")].topics == ("Personvern", "Sky")
        assert hits[recording_id("d")].organisations == ("BØ KOMMUNE",)

    def test_in_the_query_language(self, index: SearchIndex) -> None:
        assert search(index, "topic:SKY") == ids("a")
        assert sorted(search(index, "topic:sky topic:kart")) == sorted(ids("a", "e"))
        assert search(index, 'data organisation:"bø  kommune" topic:sky') == ids("a")
        assert search(index, "data organization:gloppen") == ids("b")
        for text, said in (("topic:", "topic:personvern"), ("-topic:sky", "cannot"), ("topics:sky", "“topic:”")):
            with pytest.raises(BadQuery, match=said):
                index.search(Query(text))


class TestWords:
    def test_a_recording_is_found_by_them(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "velkommen", "om noe", topics=["Digital post"], organisations=["Høyanger kommune"]),
            recording("b", "velkommen", "om annet"),
        )
        for text in ("hoyanger", '"digital post"', "digital kommune", "velkommen post"):
            assert search(index, text) == ids("a"), text
        assert search(index, "høy", typing=True) == ids("a")
        (hit,) = index.search(Query("kommuner")).hits
        assert (hit.passage_count, [one.passage_id[-1] for one in hit.passages]) == (1, ["0"])
        assert (marked(hit.title), hit.reasons) == ([], ())
        assert search(index, "velkommen -kommuner") == ids("b")

    def test_no_phrase_reaches_from_the_title_into_them(self, index: SearchIndex) -> None:
        fill(index, recording("a", "ord", title="Om digital", topics=["post"]), recording("b", "digital post"))
        assert search(index, '"digital post"') == ids("b")

    def test_the_passages_that_say_it_themselves_are_shown(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen", "om arkivet", topics=["Arkiv"]))
        (hit,) = index.search(Query("arkiv")).hits
        assert [plain(one.fragments) for one in hit.passages] == ["om arkivet"]

    def test_below_the_title_above_a_translation(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("none", "om databeskyttelse", title="t", language="da"),
            recording("topic", "noe annet", title="t", topics=["Personvern"]),
            recording("title", "noe annet", title="Personvern"),
            recording("both", "om personvern", title="t", topics=["Personvern"]),
        )
        assert search(index, "personvern") == ids("both", "title", "topic", "none")

    def test_a_translation_is_named(self, index: SearchIndex) -> None:
        fill(index, recording("a", "noe", topics=["Databeskyttelse"], language="da"))
        (hit,) = index.search(Query("personvern")).hits
        assert hit.reasons == (Reason("personvern", "Databeskyttelse", ReasonKind.TRANSLATION),)


def test_many_long_and_strange_ones(index: SearchIndex) -> None:
    values = [f"Emne {number}: «{'å' * 40}» & <b>" for number in range(60)]
    fill(index, recording("a", "ord", topics=values, organisations=["Øst+Vest / 100 %", "-"]), recording("b", "ord"))
    facets = index.search(Query("ord")).facets
    assert facets["topic"] == dict.fromkeys(values, 1)
    assert facets["organisation"] == {"Øst+Vest / 100 %": 1, "-": 1}
    for value in values[::20]:
        assert search(index, "ord", filters=topics(value.upper())) == ids("a")
    assert search(index, "ord", filters=organisations("øst+vest / 100 %")) == ids("a")
