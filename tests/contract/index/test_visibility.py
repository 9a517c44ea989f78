"""Who may see only some recordings finds what they would find if there were no others: nothing tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from index.port import Filters, Order, Passage, Query, Results, SearchIndex
from tests.support.passages import fill, found, ids, recording, recording_id, search


def shown_to(audience: str, passages: list[Passage]) -> list[Passage]:
    return [replace(passage, audience=audience) for passage in passages]


CROWD = " ".join(f"tilgang{letter} tilgjenge{letter}" for letter in "abcdefghijklmnopqrstuvwxyå")
"""More words that begin alike than an engine looks at."""
HIDDEN = [
    shown_to("cloud/circle", passages)
    for passages in (
        recording(
            "hidden",
            "Skyflyttingen av helsearkivet ble stanset",
            "personvern og sky",
            "personvernett",
            title="Helsearkivet i skyen",
            circle="cloud",
            network="south",
            language="da",
            day="2022-02-02",
            speakers=["Berit Hemmelig"],
            topics=["PERSONVERN", "Helsearkiv"],
            organisations=["Hemmelig kommune"],
            pages=["Avtalen om helsearkivet"],
        ),
        recording("hidden 2", "covid19 og skyen", "covid19", circle="cloud", topics=["PERSONVERN"]),
        recording("hidden 3", "personvernombudene samles", topics=["PERSONVERN"]),
        recording("hidden 4", CROWD, CROWD),
    )
] + [shown_to("", recording("without an audience", "personvern for ingen", circle="nobody"))]
VISIBLE = [
    shown_to(audience, passages)
    for audience, passages in (
        (
            "personvern/public",
            recording("a", "om personvern i skolen", "personvernet i barnehagen", speakers=["Kari"], pages=["Sky"]),
        ),
        ("personvern/default", recording("b", "personvern", "covid 19", topics=["Personvern"], day="2025-01-01")),
        ("drift/network", recording("c", "skolens nett", circle="drift", language="nl", title="Sko og skole")),
        ("drift/network", recording("d", "skogen, tilgangz", circle="drift", topics=["personvern"])),
    )
]
AUDIENCES = frozenset({"personvern/public", "personvern/default", "drift/network", "drift/circle", "elsewhere/public"})
QUERIES = {
    "everything": Query(),
    "a word of both": Query("personvern"),
    "a hidden word": Query("helsearkivet"),
    "nearly a hidden word": Query("helsearkivett"),
    "a hidden word and another": Query("personvern helsearkivet"),
    "the beginning of a hidden word": Query("helsea", typing=True),
    "two letters": Query("sk", typing=True),
    "one letter": Query("h", typing=True),
    "the beginning of many": Query("sko", typing=True),
    "a hidden quotation": Query('"personvern og sky"'),
    "a word that only hidden ones join": Query("covid19"),
    "a word that only hidden ones part": Query("sky flyttingen"),
    "left out": Query("personvern -barnehagen"),
    "no word, most like a hidden one": Query("helsearkivene"),
    "no word, most like one that is seen": Query("barnehagene"),
    "a word that only hidden ones misspell": Query("personvernett"),
    "the beginning of very many hidden words": Query("tilg", typing=True),
    "nearly very many hidden words": Query("tilgangø"),
    "nothing": Query("zzzzz"),
    "a hidden circle": Query("personvern circle:cloud"),
    "a hidden network": Query("network:south"),
    "a hidden language": Query("language:da"),
    "a hidden topic": Query("topic:helsearkiv"),
    "a topic": Query("topic:personvern"),
    "a hidden organisation": Query('organisation:"hemmelig kommune"'),
    "a hidden speaker": Query("speaker:berit"),
    "a hidden year": Query("year:2022"),
    "a hidden recording": Query(filters=Filters(recording_id=recording_id("hidden"))),
    "a word in a hidden recording": Query("personvern", Filters(recording_id=recording_id("hidden"))),
    "until a hidden day": Query("personvern", Filters(before=date(2022, 12, 31))),
    "in an attachment": Query("avtalen sky"),
    "the newest": Query("personvern", order=Order.NEWEST, per_page=1, page=2),
    "the oldest": Query("", order=Order.OLDEST),
}


@pytest.fixture
def both(index: SearchIndex) -> SearchIndex:
    fill(index, *interleaved(HIDDEN, VISIBLE))
    return index


def interleaved(*groups: Iterable[list[Passage]]) -> list[list[Passage]]:
    """By name, as an archive is."""
    return sorted((passages for group in groups for passages in group), key=lambda passages: passages[0].recording_id)


def test_it_is_as_if_there_were_no_others(both: SearchIndex) -> None:
    seen = {name: plainly(both.search(replace(query, visible_to=AUDIENCES))) for name, query in QUERIES.items()}
    fill(both, *interleaved(VISIBLE))
    alone = {name: plainly(both.search(query)) for name, query in QUERIES.items()}
    assert seen == alone


def plainly(results: Results) -> Results:
    return replace(results, seconds=0.0)


@pytest.mark.parametrize("text", ["personvern", ""])
def test_nobody_finds_what_is_for_others(both: SearchIndex, text: str) -> None:
    nothing = both.search(Query(text, visible_to=frozenset()))
    assert (nothing.hits, nothing.total, nothing.suggestion) == ((), 0, "")
    assert not any(nothing.facets.values())
    assert search(both, text, visible_to=frozenset({"cloud/network", "Cloud/circle", "cloud", "*"})) == []


def test_who_may_see_all_finds_all(both: SearchIndex) -> None:
    assert both.search(Query()).total == len(HIDDEN) + len(VISIBLE)
    assert sorted(search(both, "personvern")) == sorted(
        ids("a", "b", "d", "hidden", "hidden 2", "hidden 3", "without an audience")
    )


def test_an_audience_that_changes_counts_with_the_next_search(both: SearchIndex) -> None:
    few = Query("personvern", visible_to=frozenset({"personvern/public"}))
    assert found(both.search(few)) == ids("a")
    both.replace(recording_id("a"), shown_to("personvern/circle", recording("a", "personvern", version=2)))
    assert both.search(few).total == 0
    both.replace(recording_id("hidden"), shown_to("personvern/public", recording("hidden", "personvern", version=2)))
    assert found(both.search(few)) == ids("hidden")


def test_many_audiences(index: SearchIndex) -> None:
    """As many as a hundred circles have."""
    slugs = [f"circle-{number}" for number in range(100)]
    fill(
        index,
        *(
            shown_to(f"{slug}/default", recording(slug, "om data", circle=slug))
            for slug in sorted(slugs, key=recording_id)
        ),
    )
    mine = frozenset(f"{slug}/{end}" for slug in slugs[:60] for end in ("default", "public", "network", "circle"))
    results = index.search(Query("data", visible_to=mine, per_page=100))
    assert sorted(found(results)) == sorted(ids(*slugs[:60]))
    assert (results.total, len(results.facets["circle"])) == (60, 60)
