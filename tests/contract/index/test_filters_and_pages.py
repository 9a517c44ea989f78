"""What every search index must do besides finding: filters, pages, writing, hostile input, many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from index.port import Filters, Passage, Query, SearchIndex
from kring.errors import BadQuery
from tests.support.passages import fill, found, ids, plain, recording, recording_id, search, write_during_a_rebuild


class TestFilters:
    @pytest.fixture(autouse=True)
    def _recordings(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "om data", "mer data", circle="x", network="n", language="nb", day="2023-12-31"),
            recording("b", "om data", circle="y", network="n", language="da", day="2024-01-01"),
            recording("c", "om data", circle="y", network="s", language="da", day="2024-06-30"),
            recording("d", "om data", circle="z", network="s", language="nl", day="2025-02-03"),
            recording("e", "om annet", circle="z", network="s", language="en", day="2025-02-03"),
        )

    @pytest.mark.parametrize("text", ["data", ""])
    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            (Filters(circles=frozenset({"y"})), "bc"),
            (Filters(circles=frozenset({"x", "y"})), "abc"),
            (Filters(networks=frozenset({"n"})), "ab"),
            (Filters(languages=frozenset({"nl", "nb"})), "ad"),
            (Filters(after=date(2024, 1, 1), languages=frozenset({"nb", "da", "nl"})), "bcd"),
            (Filters(before=date(2024, 1, 1)), "ab"),
            (Filters(after=date(2024, 1, 1), before=date(2024, 1, 1)), "b"),
            (Filters(circles=frozenset({"y"}), networks=frozenset({"s"})), "c"),
            (Filters(recording_id=recording_id("d")), "d"),
            (Filters(recording_id=recording_id("d"), circles=frozenset({"x"})), ""),
            (Filters(recording_id="no such id"), ""),
            (Filters(circles=frozenset({"'; OR 1"})), ""),
            (Filters(circles=frozenset({'"quoted"', "back\\slash"})), ""),
        ],
    )
    def test_filters(self, index: SearchIndex, text: str, filters: Filters, names: str) -> None:
        results = index.search(Query(text, filters))
        assert sorted(found(results)) == sorted(ids(*names))
        assert results.total == len(names)

    def test_facets_count_recordings(self, index: SearchIndex) -> None:
        assert index.search(Query("data")).facets == {
            "circle": {"y": 2, "x": 1, "z": 1},
            "network": {"n": 2, "s": 2},
            "language": {"da": 2, "nl": 1, "nb": 1},
            "year": {"2023": 1, "2024": 2, "2025": 1},
            "topic": {},
            "organisation": {},
        }

    def test_a_kind_of_facet_ignores_its_own_filter(self, index: SearchIndex) -> None:
        filters = Filters(circles=frozenset({"y"}), after=date(2024, 2, 1))
        assert index.search(Query("data", filters)).facets == {
            "circle": {"y": 1, "z": 1},
            "network": {"s": 1},
            "language": {"da": 1},
            "year": {"2024": 2},
            "topic": {},
            "organisation": {},
        }

    def test_facets_without_words(self, index: SearchIndex) -> None:
        assert index.search(Query()).facets["circle"] == {"y": 2, "z": 2, "x": 1}

    def test_facets_inside_one_recording(self, index: SearchIndex) -> None:
        inside = Filters(recording_id=recording_id("a"))
        assert index.search(Query("data", inside)).facets["circle"] == {"x": 1}
        assert index.search(Query("", inside)).facets["circle"] == {"x": 1}

    def test_without_words_everything_newest_first(self, index: SearchIndex) -> None:
        results = index.search(Query("  "))
        assert found(results) == [*sorted(ids("d", "e")), *ids("c", "b", "a")]
        assert [hit.passage_count for hit in results.hits] == [1, 1, 1, 1, 2]
        assert [len(hit.passages) for hit in results.hits] == [1] * 5


class TestPages:
    @pytest.mark.parametrize("text", ["data", "", "da"])
    def test_no_overlap_and_no_gap(self, index: SearchIndex, text: str) -> None:
        many = [
            recording(f"r{n}", *["om data her"] * (n % 4 + 1), title="t", day=f"2024-01-{n % 9 + 1:02d}")
            for n in range(57)
        ]
        fill(index, *many)
        pages = [index.search(Query(text, page=page, per_page=10, typing=True)) for page in range(1, 8)]
        assert [len(page.hits) for page in pages] == [10, 10, 10, 10, 10, 7, 0]
        assert {page.total for page in pages} == {57}
        seen = [one for page in pages for one in found(page)]
        assert sorted(seen) == sorted(passages[0].recording_id for passages in many)
        assert found(index.search(Query(text, per_page=57, typing=True))) == seen


class TestWriting:
    def test_replace_replaces(self, index: SearchIndex) -> None:
        index.rebuild([])
        index.replace(recording_id("a"), recording("a", "gamle ord", "flere gamle"))
        index.replace(recording_id("b"), recording("b", "andre gamle"))
        index.replace(recording_id("a"), recording("a", "nye ord", version=2))
        assert search(index, "gamle") == ids("b")
        assert search(index, "nye") == ids("a")
        assert index.versions() == {recording_id("a"): 2, recording_id("b"): 1}

    def test_replace_by_nothing_and_remove(self, index: SearchIndex) -> None:
        index.rebuild([])
        for name in "ab":
            index.replace(recording_id(name), recording(name, "noen ord"))
        index.replace(recording_id("a"), [])
        assert search(index, "ord") == ids("b")
        index.remove(recording_id("b"))
        index.remove(recording_id("never there"))
        assert search(index, "ord") == []
        assert index.versions() == {}

    def test_rebuild_replaces_everything(self, index: SearchIndex) -> None:
        index.replace(recording_id("a"), recording("a", "gamle ord"))
        assert index.rebuild([*recording("b", "nye ord", "flere"), *recording("c", "nye")]) == 3
        assert search(index, "ord") == ids("b")
        assert not index.needs_rebuild
        assert index.rebuild([]) == 0
        assert index.search(Query()).total == 0

    def test_a_rebuild_that_fails_changes_nothing(self, index: SearchIndex) -> None:
        fill(index, recording("a", "gamle ord"))

        def broken() -> Iterator[Passage]:
            yield from recording("b", "nye ord")
            raise RuntimeError("the bucket went away")

        with pytest.raises(RuntimeError, match="bucket"):
            index.rebuild(broken())
        assert search(index, "ord") == ids("a")
        fill(index, recording("c", "siste ord"))
        assert search(index, "ord") == ids("c")


HOSTILE = [
    "",
    " ",
    "\t\n",
    '"',
    '""',
    '" "',
    "'\"`",
    "AND OR NOT",
    "NOT personvern",
    "personvern AND",
    "+personvern -skole",
    "title:(personvern",
    "((((",
    "))))",
    "[a TO z]",
    "{a TO *}",
    "*",
    "?",
    "per*ern",
    "person~2^9",
    "/.*/",
    "/(a+)+$/",
    "\\",
    "personvern\\",
    "\0",
    "person\0vern",
    "😀",
    "👩‍👩‍👧‍👦 personvern",
    "\u202epersonvern",
    "...,;:!",
    "a" * 900,
    "ord " * 200,
    "'; DROP TABLE passages; --",
    "<script>alert(1)</script>",
    "%00 %s {0}",
    "½ ²",
    "\ud800",
    "İstanbul ſtraße ﬁn",
    "個人情報保護",
]
MANY = " ".join(f"o{n}" for n in range(40))
TOO_LONG = ["a" * 10_000, "ord " * 2500, MANY, f'"{MANY}"']


@pytest.mark.parametrize("typing", [False, True])
def test_hostile_queries(index: SearchIndex, typing: bool) -> None:
    fill(index, recording("a", "om personvern og skole AND OR NOT", title="ord"))
    for text in HOSTILE:
        results = index.search(Query(text, typing=typing))
        assert results.total in {0, 1}, text
        assert len(results.hits) == results.total, text


@pytest.mark.parametrize("text", TOO_LONG, ids=["letters", "words", "different words", "phrase"])
def test_too_long_queries(index: SearchIndex, text: str) -> None:
    with pytest.raises(BadQuery, match="search for a few"):
        index.search(Query(text))


def test_hostile_texts(index: SearchIndex) -> None:
    texts = [text for text in HOSTILE if text != "\ud800"]  # half a character cannot be stored anywhere
    fill(
        index,
        *(
            recording(f"r{n}", f"start {text} slutt", title=text or "tom", speakers=[text])
            for n, text in enumerate(texts)
        ),
    )
    results = index.search(Query("slutt start", per_page=len(texts)))
    titles = {hit.recording_id: plain(hit.title) for hit in results.hits}
    assert titles == {recording_id(f"r{n}"): text or "tom" for n, text in enumerate(texts)}


def test_search_is_never_dark_during_rebuilds(index: SearchIndex) -> None:
    passages = [*recording("a", "om personvern"), *recording("b", "mer om personvern")]
    index.rebuild(passages)
    done = threading.Event()

    def rebuild() -> int:
        rounds = 0
        while not done.is_set() or not rounds:
            index.rebuild(passages)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as pool:
        rebuilding = pool.submit(rebuild)
        try:
            totals = {index.search(Query("personvern")).total for _ in range(300)}
        finally:
            done.set()
        assert rebuilding.result(60) > 0
    assert totals == {2}


def test_what_is_written_during_a_rebuild_is_kept(index: SearchIndex) -> None:
    write_during_a_rebuild(index, index)


def test_many_threads_write_and_search(index: SearchIndex) -> None:
    index.rebuild([])

    def write(name: str) -> int:
        index.replace(recording_id(name), recording(name, "om personvern"))
        return index.search(Query("personvern")).total

    with ThreadPoolExecutor(4) as pool:
        totals = list(pool.map(write, "abcdefgh"))
    assert min(totals) >= 1
    assert index.search(Query("personvern")).total == 8
