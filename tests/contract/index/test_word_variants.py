"""One word or several: however a word is typed, every index finds it as it is written elsewhere, and marks it."""

from __future__ import annotations

import pytest

from index.port import Query, Results, SearchIndex
from tests.support.passages import fill, found, ids, marked, recording, search

ALIKE = {
    "covid": ("covid19", "COVID-19", "covid 19", "Covid\u201119"),
    "fiks": (
        "fiksplattformen",
        "FIKS-plattformen",
        "fiks plattformen",
        "FIKS\u2010plattformen",
        "fiks\u00adplattformen",
    ),
    "post": ("epost", "e-post", "e post"),
    "strategi": ("kistrategi", "KI-strategi", "KIstrategi", "ki strategi"),
    "webinar": ("webinar", "web-inar", "web inar"),
    "skole": ("skolebarnehage", "skole/barnehage", "skole barnehage"),
    "vakt": ("ikt24senter", "ikt-24-senter"),
}


@pytest.fixture(scope="module")
def archive() -> list[list[tuple[str, str]]]:
    return [[(f"{name}{at}", way) for at, way in enumerate(ways)] for name, ways in ALIKE.items()]


def marks(results: Results) -> dict[str, list[str]]:
    return {
        hit.recording_id: [one for passage in hit.passages for one in marked(passage.fragments)] for hit in results.hits
    }


def test_each_way_finds_all_and_marks_them(index: SearchIndex, archive: list[list[tuple[str, str]]]) -> None:
    fill(index, *(recording(name, f"nytt om {way} herfra") for of in archive for name, way in of))
    for of in archive:
        for _, way in of:
            results = index.search(Query(way))
            assert sorted(found(results)) == sorted(ids(*(name for name, _ in of))), way
            assert found(results)[0] in ids(*(name for name, other in of if _same(other, way))), way
            assert not results.missing, way
            assert not any(hit.without for hit in results.hits), way
            said = marks(results)
            for name, other in of:
                assert " ".join(said[ids(name)[0]]) == other, (way, other)


def _same(one: str, other: str) -> bool:
    """They differ in nothing but capitals and hyphens."""
    plain = str.maketrans({"-": " ", "\u2010": " ", "\u2011": " ", "/": " ", "\u00ad": None})
    return one.translate(plain).casefold() == other.translate(plain).casefold()


def test_other_inflections_are_found_too(index: SearchIndex) -> None:
    fill(index, recording("a", "vår FIKS-plattform"), recording("b", "en fiksplattform"), recording("c", "andre ord"))
    for way in ("fiksplattformen", "FIKS-plattformen", "fiks plattformen"):
        assert sorted(search(index, way)) == sorted(ids("a", "b")), way


def test_quotations_are_found_in_either_way(index: SearchIndex) -> None:
    fill(
        index,
        recording("a", "ny fiksplattformen nå"),
        recording("b", "ny FIKS-plattformen nå"),
        recording("c", "plattformen ny fiks nå"),
    )
    for way in ('"ny fiksplattformen nå"', '"FIKS-plattformen"', '"ny fiks plattformen"'):
        assert sorted(search(index, way)) == sorted(ids("a", "b")), way


def test_while_typing_and_beside_other_words(index: SearchIndex) -> None:
    fill(index, recording("a", "opplæring om fiksplattformen"), recording("b", "opplæring om noe"))
    assert search(index, "fiks plattf", typing=True) == ids("a")
    results = index.search(Query("opplæring fiks plattformen xylofon"))
    assert [one.text for one in results.missing] == ["xylofon"]
    assert found(results)[0] == ids("a")[0]


def test_what_is_left_out_is_left_out_in_other_ways(index: SearchIndex) -> None:
    fill(index, recording("a", "hjemmekontor under COVID-19"), recording("b", "hjemmekontor i dag"))
    assert search(index, "hjemmekontor -covid19") == ids("b")
