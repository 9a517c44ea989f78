from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings, strategies as st

from index.facets.cards import Card, facet_counts, in_order, newest_first, passing, spellings
from index.facets.columns import FacetColumns, Rows
from index.port import Filters, Order

EPOCH = date(2023, 12, 30)
days = st.integers(0, 400).map(lambda number: EPOCH + timedelta(number)) | st.just(EPOCH)
values = st.sampled_from(["", "a", "b", "ø"])


def card(
    name: str,
    day: date,
    circle: str = "c",
    network: str = "n",
    language: str = "nb",
    topics: tuple[str, ...] = (),
    organisations: tuple[str, ...] = (),
) -> Card:
    return Card(name, 1, day, (circle, network, language, str(day.year)), topics, organisations)


def with_labels(**counts: dict[str, int]) -> dict[str, dict[str, int]]:
    """These counts, and none of labels where none are given."""
    return {**counts, "topic": counts.get("topic", {}), "organisation": counts.get("organisation", {})}


def placed(shelf: FacetColumns, rows: Rows) -> list[str]:
    return [shelf.cards[row].recording_id for row in rows]


SHELF = FacetColumns(
    [
        (30, card("old", date(2023, 1, 1), circle="b", language="da")),
        (-10, card("new", date(2025, 1, 1), circle="a")),
        (20, card("mid2", date(2024, 1, 1), circle="b")),
        (7, card("mid1", date(2024, 1, 1), circle="a", network="m")),
    ]
)


class TestPlaces:
    def test_newest_first_then_by_id(self) -> None:
        assert placed(SHELF, SHELF.all()) == ["new", "mid1", "mid2", "old"]
        assert SHELF.recs.tolist() == [-10, 7, 20, 30]

    def test_rows_are_in_order_of_the_shelf_and_places_as_asked(self) -> None:
        assert placed(SHELF, SHELF.rows([30, -10, 20])) == ["new", "mid2", "old"]
        assert SHELF.places([30, -10, 20]) == [3, 0, 2]
        assert SHELF.rows([]).tolist() == []
        assert SHELF.places([]) == []

    def test_rows_of_a_dictionary(self) -> None:
        assert placed(SHELF, SHELF.rows({7: 1, 30: 2})) == ["mid1", "old"]

    def test_oldest_first_and_those_of_a_day_by_id_still(self) -> None:
        assert placed(SHELF, SHELF.oldest(SHELF.all())) == ["old", "mid1", "mid2", "new"]
        many = FacetColumns((number, card(f"{number:03}", EPOCH + timedelta(number % 2))) for number in range(100))
        names = [f"{number:03}" for number in range(100)]
        assert placed(many, many.oldest(many.all())) == names[::2] + names[1::2]

    def test_an_empty_shelf(self) -> None:
        shelf = FacetColumns([])
        filters = Filters(circles=frozenset("a"), after=EPOCH, recording_id="x")
        assert shelf.passing(shelf.all(), filters).tolist() == []
        assert shelf.rows([]).tolist() == []
        assert shelf.facets(shelf.all(), filters) == with_labels(circle={}, network={}, language={}, year={})


class TestFilters:
    def passing(self, **filters: object) -> list[str]:
        return placed(SHELF, SHELF.passing(SHELF.all(), Filters(**filters)))  # type: ignore[arg-type]

    def test_values_of_one_kind_widen_and_kinds_narrow(self) -> None:
        assert self.passing() == ["new", "mid1", "mid2", "old"]
        assert self.passing(circles=frozenset("ab")) == ["new", "mid1", "mid2", "old"]
        assert self.passing(circles=frozenset("b")) == ["mid2", "old"]
        assert self.passing(circles=frozenset("b"), languages=frozenset({"da", "nl"})) == ["old"]
        assert self.passing(networks=frozenset({"m"})) == ["mid1"]
        assert self.passing(circles=frozenset({"unknown"})) == []

    def test_dates_are_inclusive(self) -> None:
        assert self.passing(after=date(2024, 1, 1), before=date(2024, 1, 1)) == ["mid1", "mid2"]
        assert self.passing(after=date(2024, 1, 2)) == ["new"]
        assert self.passing(before=date(2023, 12, 31)) == ["old"]

    def test_one_recording(self) -> None:
        assert self.passing(recording_id="mid2") == ["mid2"]
        assert self.passing(recording_id="mid2", circles=frozenset("a")) == []

    def test_only_of_the_rows_given(self) -> None:
        assert placed(SHELF, SHELF.passing(SHELF.rows([30, 7]), Filters(circles=frozenset("b")))) == ["old"]


class TestFacets:
    def test_recordings_are_counted_the_most_frequent_first_then_by_name(self) -> None:
        facets = SHELF.facets(SHELF.all(), Filters())
        assert list(facets) == ["circle", "network", "language", "year", "topic", "organisation"]
        assert list(facets["circle"].items()) == [("a", 2), ("b", 2)]
        assert list(facets["language"].items()) == [("nb", 3), ("da", 1)]
        assert list(facets["year"].items()) == [("2024", 2), ("2023", 1), ("2025", 1)]

    def test_a_kind_ignores_its_own_filter(self) -> None:
        facets = SHELF.facets(SHELF.all(), Filters(circles=frozenset("b"), languages=frozenset({"da"})))
        assert facets == with_labels(circle={"b": 1}, network={"n": 1}, language={"nb": 1, "da": 1}, year={"2023": 1})

    def test_years_ignore_the_dates_and_no_other_kind_does(self) -> None:
        facets = SHELF.facets(SHELF.all(), Filters(after=date(2025, 1, 1)))
        assert facets["year"] == {"2024": 2, "2023": 1, "2025": 1}
        assert facets["circle"] == {"a": 1}

    def test_inside_one_recording(self) -> None:
        facets = SHELF.facets(SHELF.all(), Filters(recording_id="mid1", circles=frozenset("b")))
        assert facets == with_labels(circle={"a": 1}, network={}, language={}, year={})


labels = st.lists(st.sampled_from(["Sky", "sky", "SKY", "Ål", "A\u030al", "å"]), max_size=3).map(tuple)
cards = st.lists(st.tuples(days, values, values, values, labels, labels), max_size=25).map(
    lambda rows: [card(f"id{number}", *row) for number, row in enumerate(rows)]
)
some = st.frozensets(st.sampled_from(["", "a", "b", "ø", "unknown"]), max_size=3)
labelled = st.just(frozenset[str]()) | st.frozensets(st.sampled_from(["sKy", "ål", "unknown"]), max_size=2)
filters = st.builds(
    Filters,
    topics=labelled,
    organisations=labelled,
    circles=some,
    networks=some,
    languages=some,
    after=st.none() | days,
    before=st.none() | days,
    recording_id=st.none() | st.sampled_from(["id0", "id1", "unknown"]),
)


@settings(deadline=None, max_examples=200)  # a busy machine is no failure
@given(st.data(), cards, filters)
def test_it_counts_and_filters_as_the_plain_functions_do(data: st.DataObject, of: list[Card], wanted: Filters) -> None:
    size = len(of)
    recs = data.draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=size, max_size=size, unique=True))
    chosen = data.draw(st.lists(st.sampled_from(range(size)), unique=True) if size else st.just([]))
    shelf = FacetColumns(zip(recs, of, strict=True))
    rows = shelf.rows([recs[number] for number in chosen])
    there = sorted((of[number] for number in chosen), key=newest_first)
    assert [shelf.cards[row] for row in rows] == there
    plain, found = facet_counts(there, wanted, spellings(of)), shelf.facets(rows, wanted)
    assert found == plain
    assert [list(counts.items()) for counts in found.values()] == [list(counts.items()) for counts in plain.values()]
    expected = passing(there, wanted)
    assert [shelf.cards[row] for row in shelf.passing(rows, wanted)] == expected
    oldest = shelf.oldest(shelf.passing(rows, wanted))
    assert [shelf.cards[row] for row in oldest] == in_order(expected, Order.OLDEST, {})
    assert shelf.facets(rows, replace(wanted, speakers=frozenset({"kari"}))) == found
    asked = [recs[number] for number in chosen]
    assert shelf.recs[shelf.places(asked)].tolist() == asked
