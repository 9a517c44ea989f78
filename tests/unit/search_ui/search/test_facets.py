"""Topics and organisations in addresses and beside the results, and pages of attachments among the hits."""

from __future__ import annotations

import pytest

from index.port import Fragment, PassageHit, Results
from search_ui.context import Names
from search_ui.search import facets, hit_timeline
from search_ui.search.links import search_url, toggled, unfiltered
from search_ui.search.params import SearchParams, SearchScope, search_params


@pytest.fixture(scope="module")
def names() -> Names:
    return Names({})


def results(**facets: dict[str, int]) -> Results:
    return Results(hits=(), total=0, facets=facets)


def test_in_the_address_and_in_the_query() -> None:
    want = search_params(topic=["Sky", "Sky", ""], organisation=["Bø & Co"])
    assert (want.topics, want.organisations, want.narrowed) == (("Sky",), ("Bø & Co",), True)
    assert search_url(want) == "/?topic=Sky&organisation=B%C3%B8+%26+Co"
    filters = want.query().filters
    assert (filters.topics, filters.organisations) == (frozenset({"Sky"}), frozenset({"Bø & Co"}))
    assert search_url(unfiltered(want)) == "/"


def test_one_is_taken_away_in_whatever_case_it_is_written() -> None:
    want = SearchParams(topics=("SKY", "Arkiv"), organisations=("Bø",))
    assert toggled(want, "topic", "Sky").topics == ("Arkiv",)
    assert toggled(want, "topic", "Kart").topics == ("SKY", "Arkiv", "Kart")
    assert toggled(want, "organisation", "BØ").organisations == ()


def test_groups_and_chips(names: Names) -> None:
    want = SearchParams(topics=("sky", "Ukjent"))
    topics, organisations = facets.filter_groups(
        names, want, results(topic={"Sky": 2, "Arkiv": 3}, organisation={"Bø": 1})
    )
    assert (topics.name, topics.heading, topics.more) == ("topic", "Topic", [])
    assert [(one.label, one.count, one.chosen, one.url) for one in topics.choices] == [
        ("Arkiv", 3, False, "/?topic=sky&topic=Ukjent&topic=Arkiv"),
        ("Sky", 2, True, "/?topic=Ukjent"),
        ("Ukjent", 0, True, "/?topic=sky"),
    ]
    assert (organisations.heading, [one.label for one in organisations.choices]) == ("Organisation", ["Bø"])
    assert [(one.label, one.url) for one in facets.chips(names, want)] == [
        ("sky", "/?topic=Ukjent"),
        ("Ukjent", "/?topic=sky"),
    ]


def test_many_stand_behind_one_more_click_but_not_those_that_are_set(names: Names) -> None:
    counts = {f"t{number:02}": 30 - number for number in range(20)}
    (group,) = facets.filter_groups(names, SearchParams(topics=("T19",)), results(topic=counts))
    assert [one.value for one in group.choices] == [*(f"t{number:02}" for number in range(11)), "t19"]
    assert [one.value for one in group.more] == [f"t{number:02}" for number in range(11, 19)]
    (group,) = facets.filter_groups(names, SearchParams(), results(topic=dict(list(counts.items())[:13])))
    assert (len(group.choices), group.more) == (13, [])
    (group,) = facets.filter_groups(names, SearchParams(), results(circle=counts))
    assert (len(group.choices), group.more) == (20, [])
    (group,) = facets.filter_groups(names, SearchParams(topics=tuple(counts)), results(topic=counts))
    assert (len(group.choices), group.more) == (20, [])


def test_on_the_page_of_a_topic_it_is_no_filter(names: Names) -> None:
    want = SearchParams().within(SearchScope("topic", "Sky", "/t/Sky"))
    assert (want.topics, search_url(want), want.narrowed) == (("Sky",), "/t/Sky", False)
    assert facets.chips(names, want) == []
    assert facets.filter_groups(names, want, results(topic={"Sky": 1})) == []


def test_what_is_written_has_no_place_on_the_line() -> None:
    found = (Fragment("ord", hit=True),)
    spoken = PassageHit("x-1", 10, 40, 12, found)
    page = PassageHit("x-2", 0, 0, 0, found, attachment="a" * 64, attachment_title="Lysark", page=3)
    assert [mark.at for mark in hit_timeline.timeline_marks([page, spoken], 60)] == [12]
