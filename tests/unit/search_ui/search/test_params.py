"""What stands around the results: addresses of searches, filters, sorting, hints, reasons, marks on a line."""

from __future__ import annotations

from datetime import date

import pytest

from index.port import Filters, Fragment, Order, PassageHit, Reason, ReasonKind, RecordingHit, Results
from search_ui.context import Names
from search_ui.search import facets as choices, hit_timeline, match_reasons, query_help
from search_ui.search.links import SearchLinks, search_url, sorted_by, toggled, unfiltered
from search_ui.search.params import SearchParams, search_params
from tests.support.web.sample_archive import CIRCLES


@pytest.fixture(scope="module")
def names() -> Names:
    return Names({circle.slug: circle for circle in CIRCLES})


def results(facets: dict[str, dict[str, int]] | None = None, *hits: RecordingHit) -> Results:
    return Results(hits=hits, total=len(hits), facets=facets or {}, seconds=0.0)


def passage(at: float, *words: str | Fragment, speakers: tuple[str, ...] = ()) -> PassageHit:
    fragments = tuple(word if isinstance(word, Fragment) else Fragment(word) for word in words)
    return PassageHit("x-1", at, at + 30, at, fragments, speakers)


def hit(*why: Reason, passages: tuple[PassageHit, ...] = ()) -> RecordingHit:
    return RecordingHit(
        recording_id="x", version=1, title=(Fragment("A title"),), circle="c", network="n", language="nb",
        date=date(2026, 1, 1), duration=60.0, has_video=False, poster=None, passages=passages,
        passage_count=len(passages), reasons=why,
    )  # fmt: skip


def test_addresses_of_a_search() -> None:
    want = SearchParams(text="a&b", circles=("x", "y"), year=2026, page=3, order=Order.OLDEST)
    assert search_url(want) == "/?q=a%26b&circle=x&circle=y&year=2026&sort=oldest&page=3"
    assert search_url(toggled(want, "circle", "x")) == "/?q=a%26b&circle=y&year=2026&sort=oldest"
    assert search_url(toggled(want, "circle", "z")) == "/?q=a%26b&circle=x&circle=y&circle=z&year=2026&sort=oldest"
    assert toggled(want, "year", "2025").year == 2025
    assert toggled(want, "year", "2026").year is None
    assert search_url(unfiltered(toggled(want, "year", "2026"))) == "/?q=a%26b&sort=oldest"
    assert search_url(sorted_by(want, Order.RELEVANCE)) == "/?q=a%26b&circle=x&circle=y&year=2026"
    assert (
        SearchLinks(SearchParams(after=date(2026, 1, 2), before=date(2026, 3, 4))).without_day("after")
        == "/?before=2026-03-04"
    )
    assert search_url(SearchParams()) == "/"
    with pytest.raises(ValueError, match="mood"):
        toggled(want, "mood", "good")


def test_a_year_narrows_the_days() -> None:
    filters = SearchParams(year=2026, after=date(2026, 5, 1), before=date(2027, 1, 1)).query().filters
    assert (filters.after, filters.before) == (date(2026, 5, 1), date(2026, 12, 31))


def test_without_words_the_newest_come_first() -> None:
    assert SearchParams().sorting is Order.NEWEST
    assert search_url(SearchParams(order=Order.NEWEST)) == "/"
    assert SearchParams(order=Order.NEWEST).empty
    assert not SearchParams(order=Order.OLDEST).empty
    assert SearchParams(text="a").query().order is Order.RELEVANCE
    assert search_url(SearchParams(text="a", order=Order.NEWEST)) == "/?q=a&sort=newest"
    assert [link.label for link in choices.sortings(SearchParams(), ranked=False)] == ["Newest", "Oldest"]
    labels = [(link.label, link.current) for link in choices.sortings(SearchParams(text="a"), ranked=True)]
    assert labels == [("Relevance", True), ("Newest", False), ("Oldest", False)]
    only_filters = choices.sortings(SearchParams(text="circle:x"), ranked=False)
    assert [(link.label, link.current) for link in only_filters] == [("Newest", True), ("Oldest", False)]


def test_a_space_at_the_end_reaches_the_index_and_not_the_address() -> None:
    want = search_params(q="  risk   assessment ", typing=True)
    assert want.query().text == "risk assessment "
    assert search_url(want) == "/?q=risk+assessment"
    assert search_url(search_params(q="risk", typing=True)) == "/?q=risk&typing=1"
    assert search_params(q="  ", typing=True).query().text == ""


def test_filters_are_addresses(names: Names) -> None:
    want = SearchParams(text="post", circles=("digital-post",), year=2026)
    found = results({"circle": {"partners": 3, "digital-post": 1}, "year": {"2025": 2, "2026": 1}})
    circles, years = choices.filter_groups(names, want, found)
    assert [(one.label, one.count, one.chosen, one.url) for one in circles.choices] == [
        ("Partners abroad", 3, False, "/?q=post&circle=digital-post&circle=partners&year=2026"),
        ("Digital Post for alle", 1, True, "/?q=post&year=2026"),
    ]
    assert [(one.label, one.url) for one in years.choices] == [
        ("2026", "/?q=post&circle=digital-post"),
        ("2025", "/?q=post&circle=digital-post&year=2025"),
    ]
    assert [(one.label, one.url) for one in choices.chips(names, want)] == [
        ("Digital Post for alle", "/?q=post&year=2026"),
        ("2026", "/?q=post&circle=digital-post"),
    ]


def test_a_chosen_value_without_results_can_be_taken_back(names: Names) -> None:
    (group,) = choices.filter_groups(names, SearchParams(circles=("partners",)), results())
    assert [(one.label, one.count, one.url) for one in group.choices] == [("Partners abroad", 0, "/")]


@pytest.mark.parametrize(
    ("text", "inside", "sentence"),
    [
        ("post circle:Digitalpost", Filters(circles=frozenset({"digitalpost"})), "post circle:digital-post"),
        ('circle:"Digital  Post for Alle" post', Filters(circles=frozenset({"digital post for alle"})),
         "circle:digital-post post"),
        ("NETWORK:norden", Filters(networks=frozenset({"norden"})), "network:nord"),
    ],
)  # fmt: skip
def test_an_unknown_name_that_is_nearly_known(names: Names, text: str, inside: Filters, sentence: str) -> None:
    (lost,) = query_help.unknown_names(names, SearchParams(text=text), inside, results())
    assert lost.guess
    assert [link.url for link in lost.others] == [search_url(SearchParams(text=sentence))]


def test_an_unknown_name_that_is_like_none(names: Names) -> None:
    want = SearchParams(text="post", circles=("zzzzzzzzzz",))
    (lost,) = query_help.unknown_names(names, want, Filters(), results())
    assert not lost.guess
    assert sorted(link.label for link in lost.others) == sorted(circle.slug for circle in CIRCLES)
    assert {link.url for link in lost.others} == {f"/?q=post&circle={circle.slug}" for circle in CIRCLES}


def test_known_names_are_not_lost(names: Names) -> None:
    inside = Filters(circles=frozenset({"partners", "gone"}), networks=frozenset({"nord"}))
    assert query_help.unknown_names(names, SearchParams(), inside, results({"circle": {"gone": 2}})) == []


def test_tips_are_examples_from_this_archive(names: Names) -> None:
    shown = hit(passages=(passage(1, "x", speakers=("<b>", 'A "B" C', "Kari Nordli")),))
    labels = [tip.example.label for tip in query_help.tips(names, results(None, shown))]
    assert "circle:digital-post" in labels
    assert 'speaker:"Kari Nordli"' in labels
    assert [label.partition(":")[0] for label in labels[2:]] == ["circle", "speaker", "language", "after", "before"]
    assert "speaker:anna" in [tip.example.label for tip in query_help.tips(Names({}), None)]


def test_a_reason_is_given_once() -> None:
    other = Reason("personvern", "Databeskyttelse", ReasonKind.TRANSLATION)
    again = Reason("personvern", "databeskyttelse", ReasonKind.TRANSLATION)
    gdpr = Reason("personvern", "GDPR", ReasonKind.TRANSLATION)
    misspelt = Reason("skolle", "skole", ReasonKind.SPELLING)
    both = hit(other, again, gdpr, misspelt)
    why = match_reasons.explanations(both.reasons)
    assert why[0] == match_reasons.Explanation("personvern", ("databeskyttelse", "GDPR"), ReasonKind.TRANSLATION)
    assert match_reasons.shared_explanations([both]) == ()
    assert match_reasons.shared_explanations([both, hit(misspelt)]) == why[1:]
    assert match_reasons.own_explanations(both, why[1:]) == why[:1]
    assert match_reasons.own_explanations(hit(), why) == ()


def test_marks_are_where_something_is_said() -> None:
    found = [
        passage(45, "x ", Fragment("b", hit=True)),
        passage(15, "… " + "some words " * 6 + "before ", Fragment("this", hit=True), " and " + "after it " * 30),
        passage(5, "only the title holds it"),
        passage(99, Fragment("late", hit=True)),
    ]
    marks = hit_timeline.timeline_marks(found, 60.0)
    assert [(mark.at, mark.place) for mark in marks] == [(15, "25.00%"), (45, "75.00%"), (99, "100.00%")]
    assert marks[0].label.startswith("00:00:15 … ")
    assert " before this and after" in marks[0].label
    assert marks[0].label.endswith(" …")
    assert len(marks[0].label) <= 120
    assert marks[1].label == "00:00:45 x b"
    assert hit_timeline.timeline_marks(found, 0.0) == []
    assert hit_timeline.svg_position(3.0, 0.0) == "0%"
