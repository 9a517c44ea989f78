"""What is asked for and not found is said, in every index: which word, why, what the results are for instead."""

from __future__ import annotations

import pytest

from index.port import Filters, Lack, Missing, Query, Results, SearchIndex
from kring.errors import BadQuery
from tests.support.passages import fill, found, ids, recording, search

NOWHERE, ELSEWHERE, SIGN = Lack.NOWHERE, Lack.ELSEWHERE, Lack.SIGN


def missing(results: Results) -> dict[str, Lack]:
    return {one.text: one.lack for one in results.missing}


ASKED: dict[str, tuple[dict[str, Lack], tuple[str, ...], str]] = {
    "personvern": ({}, (), "ab"),
    "personvern -xylofon": ({}, (), "ab"),
    "personvern Xylofon": ({"Xylofon": NOWHERE}, ("personvern",), "ab"),
    "xylofon personvern trompet": ({"xylofon": NOWHERE, "trompet": NOWHERE}, ("personvern",), "ab"),
    "persnvern xylofon": ({"xylofon": NOWHERE}, ("persnvern",), "ab"),
    "xylofon": ({"xylofon": NOWHERE}, (), ""),
    "hva er xylofon": ({"xylofon": NOWHERE}, (), ""),
    "xylofon trompet": ({"xylofon": NOWHERE, "trompet": NOWHERE}, (), ""),
    '"digital post" xylofon': ({"xylofon": NOWHERE}, ('"digital post"',), "b"),
    'personvern "digital skole"': ({'"digital skole"': NOWHERE}, ("personvern",), "ab"),
    "personvern «digital xylofon»": ({"xylofon": NOWHERE}, ("personvern",), "ab"),
    '"i xylofonen"': ({"xylofonen": NOWHERE}, (), ""),
    "innkjøp gebyr circle:x": ({"gebyr": ELSEWHERE}, ("innkjøp",), "a"),
    "gebyr after:2025": ({"gebyr": ELSEWHERE}, (), ""),
    "post innkjøp -barnehagen": ({"post": ELSEWHERE}, ("innkjøp",), "a"),
    "gebyr speaker:kari": ({"gebyr": ELSEWHERE}, (), ""),
    "gebyr xylofon circle:y": ({"xylofon": NOWHERE}, ("gebyr",), "c"),
    "a" * 300: ({"a" * 300: NOWHERE}, (), ""),
    # a filter that nothing passes
    "personvern topic:arkiver": ({"topic:arkiver": NOWHERE}, (), ""),
    "organisation:bergen": ({"organisation:bergen": NOWHERE}, (), ""),
    "personvern speaker:ola": ({"speaker:ola": NOWHERE}, (), ""),
    "personvern circle:z language:nl": ({"circle:z": NOWHERE, "language:nl": NOWHERE}, (), ""),
    'personvern network:"langt vekk"': ({'network:"langt vekk"': NOWHERE}, (), ""),
    "xylofon topic:arkiver": ({"topic:arkiver": NOWHERE, "xylofon": NOWHERE}, (), ""),
    "gebyr topic:ARKIV": ({"gebyr": ELSEWHERE}, (), ""),
    "personvern language:da": ({"personvern": ELSEWHERE}, (), ""),
    # pictures
    "personvern👍🏽 🇳🇴 skole!": ({"👍🏽": SIGN, "🇳🇴": SIGN}, ("personvern", "skole"), "a"),
    "xylofon 😀": ({"xylofon": NOWHERE, "😀": SIGN}, (), ""),
    "😀 language:nb": ({"😀": SIGN}, (), ""),
    **{sign: ({sign: SIGN}, (), "") for sign in ("😀", "❤️", "!!!", "–", '""', "-", "+", "« »", "…", '-""', "-😀")},
    # nothing is
    "": ({}, (), "abc"),
    "circle:x": ({}, (), "a"),
    "circle:x !": ({}, (), "a"),
}
"""Query → what is missing, what the results are for where that is not all, and the recordings."""
BEGUN = ("-", '"', "«", "circle:", "after:20")


def test_what_is_missing_and_what_the_results_are_for(index: SearchIndex) -> None:
    fill(
        index,
        recording("a", "personvern i skolen", "om innkjøp", title="t", circle="x", topics=["Arkiv"]),
        recording("b", "personvern i barnehagen, digital post", title="t", circle="y", speakers=["Kari Bø"]),
        recording("c", "om gebyr", title="t", circle="y", language="da"),
    )
    for text, (lacks, about, names) in ASKED.items():
        results = index.search(Query(text))
        assert (missing(results), results.about, results.together) == (lacks, about, True), text
        assert sorted(found(results)) == sorted(ids(*names)), text
        assert {one for hit in results.hits for one in hit.without} == set(), text
    assert index.search(Query("!!!", Filters(circles=frozenset({"x"})))).total == 0
    with pytest.raises(BadQuery, match="not only what to leave out"):
        index.search(Query("-skole 😀"))
    assert missing(index.search(Query("personvern barneh", typing=True))) == {}
    assert missing(index.search(Query("personvern xyl", typing=True))) == {"xyl": NOWHERE}
    for text in BEGUN:
        results = index.search(Query(text, typing=True))
        assert (results.total, results.missing) == (3, ()), text

    apart = index.search(Query("skolen innkjøp GEBYR xylofon"))  # never together
    assert apart.missing == (Missing("xylofon", NOWHERE),)
    assert (apart.about, apart.together) == (("skolen", "innkjøp", "GEBYR"), False)
    without = {hit.recording_id: hit.without for hit in apart.hits}
    assert without == dict(zip(ids("a", "c"), [("GEBYR",), ("skolen", "innkjøp")], strict=True))


class TestSuggestions:
    def test_a_word_of_the_archive_as_it_stands_there(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "Blåbærsyltetøy på skiva", title="Søkeresultater"),
            recording("b", "takk", title="t", speakers=["Åshild Nordgård"], topics=["Kulturminnevern"]),
        )
        for typed, said in {
            "blåbersyltxxtøy": "blåbærsyltetøy",
            "søkeresxltxtxr": "søkeresultater",
            "nordgrdx": "nordgård",
            "kulturmnnvrn": "kulturminnevern",
        }.items():
            suggestion = index.search(Query(typed)).suggestion
            assert suggestion == said
            assert index.search(Query(suggestion)).total == 1
            partly = index.search(Query(f"takk {typed}"))
            assert (partly.suggestion, missing(partly)) == (f"takk {said}", {typed: NOWHERE})

    def test_only_what_finds_something_within_the_filters(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "om personvernkonsekvenser", title="t", circle="x"),
            recording("b", "om personvernkomiteen", title="t", circle="y", language="da", day="2025-01-01"),
            recording("c", "noe annet", title="t", circle="z"),
        )
        typed = "personvrnkonsekvnesr"
        for text in (typed, f"{typed} circle:x", f"{typed} before:2024", f"{typed} language:nb"):
            assert index.search(Query(text)).suggestion == text.replace(typed, "personvernkonsekvenser")
        for text in (f"{typed} circle:z", f"{typed} circle:x after:2025", f"{typed} -om"):
            assert index.search(Query(text)).suggestion == ""
        assert search(index, f"{typed} circle:y") == []

    def test_a_word_in_the_language_of_the_others(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("nb", "strategi for digitalisering", title="t", language="nb"),
            recording("en", "a policy of digitalisation", title="t", language="en"),
        )
        assert index.search(Query("policy digitalisexyn")).suggestion == "policy digitalisation"
        assert index.search(Query("strategi digitalisexyn")).suggestion == "strategi digitalisering"

    def test_not_for_a_word_that_is_only_elsewhere(self, index: SearchIndex) -> None:
        fill(index, recording("a", "sykkelstier", circle="x"), recording("b", "sykkelstativ", circle="y"))
        results = index.search(Query("sykkelstier circle:y"))
        assert (results.suggestion, missing(results)) == ("", {"sykkelstier": ELSEWHERE})
