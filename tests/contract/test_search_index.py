"""What every search index must do: the fake in memory and the embedded one, the same suite for both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.embedded import EmbeddedIndex
from index.memory import MemoryIndex
from index.port import Filters, Passage, Query, SearchIndex
from kring.errors import BadQuery
from tests.index_cases import found, ids, marked, plain, recording, recording_id


@pytest.fixture(params=["memory", "embedded"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    made: SearchIndex = MemoryIndex() if request.param == "memory" else EmbeddedIndex(tmp_path / "index")
    yield made
    made.close()


def fill(index: SearchIndex, *recordings: list[Passage]) -> None:
    index.rebuild(passage for passages in recordings for passage in passages)


def search(index: SearchIndex, text: str, **options: object) -> list[str]:
    return found(index.search(replace(Query(text), **options)))


class TestWords:
    def test_nothing_indexed(self, index: SearchIndex) -> None:
        results = index.search(Query("personvern"))
        assert (results.hits, results.total) == ((), 0)
        assert results.facets == {"circle": {}, "network": {}, "language": {}, "year": {}}

    def test_a_word_is_found(self, index: SearchIndex) -> None:
        fill(index, recording("a", "Vi snakker om personvern i skolen."), recording("b", "Anskaffelser er tema."))
        assert search(index, "personvern") == ids("a")
        assert search(index, "PERSONVERN!") == ids("a")
        assert search(index, "fotball") == []

    def test_all_words_are_wanted(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner for personvern"), recording("b", "personvern"), recording("c", "rutiner"))
        assert search(index, "personvern rutiner") == ids("a")

    def test_words_in_different_passages_are_not_together(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner", "personvern"), recording("b", "rutiner for personvern"))
        assert search(index, "personvern rutiner") == ids("b")

    def test_one_word_in_the_title_and_one_in_the_text(self, index: SearchIndex) -> None:
        fill(
            index, recording("a", "velkommen", "vi går gjennom rutiner", title="Personvern"), recording("b", "rutiner")
        )
        results = index.search(Query("personvern rutiner"))
        assert found(results) == ids("a")
        assert [hit.passage_id for hit in results.hits[0].passages] == [f"{recording_id('a')}-1"]

    def test_fewer_words_where_none_has_all(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("a", "rutiner for personvern"),
            recording("b", "rutiner for anskaffelser og innkjøp"),
            recording("c", "personvern"),
        )
        assert search(index, "rutiner anskaffelser innkjøp fotball") == ids("b")
        assert search(index, "personvern fotball", filters=Filters(circles=frozenset({"ingen"}))) == []

    def test_fewer_words_within_the_filters(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner personvern", circle="x"), recording("b", "personvern", circle="y"))
        assert search(index, "rutiner personvern", filters=Filters(circles=frozenset({"y"}))) == ids("b")

    def test_inflected_forms(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("nb", "anskaffelsene ble behandlet", language="nb"),
            recording("da", "kommunernes aftaler", language="da"),
            recording("nl", "de gemeenten overleggen", language="nl"),
            recording("en", "risk assessments were shared", language="en"),
        )
        assert search(index, "anskaffelse") == ids("nb")
        assert search(index, "kommunerne") == ids("da")
        assert search(index, "gemeente") == ids("nl")
        assert search(index, "assessment") == ids("en")

    def test_a_language_nobody_knows(self, index: SearchIndex) -> None:
        fill(index, recording("a", "Świat i ludzie", language="pl"), recording("b", "noe", language=""))
        assert search(index, "swiat") == ids("a")

    @pytest.mark.parametrize(
        ("said", "typed"), [("spørre", "sporre"), ("sporre", "spørre"), ("Lærere på café", "laerere pa cafe")]
    )
    def test_letters_people_cannot_type(self, index: SearchIndex, said: str, typed: str) -> None:
        fill(index, recording("a", f"vi skal {said} nå"))
        results = index.search(Query(typed))
        assert found(results) == ids("a")
        assert " ".join(marked(results.hits[0].passages[0].fragments)) == said

    def test_decomposed_letters(self, index: SearchIndex) -> None:
        fill(index, recording("a", "en ga\u030ard"))
        results = index.search(Query("gård"))
        assert marked(results.hits[0].passages[0].fragments) == ["ga\u030ard"]

    def test_a_speaker_is_found(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen", speakers=["Kari Bø"]), recording("b", "velkommen", speakers=["Ola"]))
        assert search(index, "kari bo") == ids("a")
        assert search(index, "velkommen kari") == ids("a")


class TestTyping:
    def test_the_last_word_is_a_prefix(self, index: SearchIndex) -> None:
        fill(index, recording("a", "rutiner for personvernombudet"))
        assert search(index, "rutiner personvernomb", typing=True) == ids("a")
        assert marked(index.search(Query("personvernomb", typing=True)).hits[0].passages[0].fragments) == [
            "personvernombudet"
        ]
        assert search(index, "personvernomb") == []

    def test_a_word_is_finished_by_a_space(self, index: SearchIndex) -> None:
        fill(index, recording("a", "personvernombudet"))
        assert search(index, "personvernomb ", typing=True) == []

    def test_title_and_speaker(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen", title="Anskaffelser"), recording("b", "hei", speakers=["Annelies"]))
        assert sorted(search(index, "ann", typing=True)) == sorted(ids("b"))  # "anskaffelser" begins otherwise
        assert search(index, "ansk", typing=True) == ids("a")

    def test_in_the_middle_of_a_quotation(self, index: SearchIndex) -> None:
        fill(index, recording("a", "felles digital postkasse"))
        assert search(index, '"digital post', typing=True) == ids("a")


class TestPhrases:
    def test_order_and_neighbours_count(self, index: SearchIndex) -> None:
        fill(index, recording("a", "digital post til eldre"), recording("b", "post som er digital"))
        assert search(index, '"digital post"') == ids("a")
        assert search(index, "«digital post» eldre") == ids("a")
        assert sorted(search(index, "digital post")) == sorted(ids("a", "b"))

    def test_one_mark_around_the_phrase(self, index: SearchIndex) -> None:
        fill(index, recording("a", "om digital, post til eldre"))
        assert marked(index.search(Query('"digital post"')).hits[0].passages[0].fragments) == ["digital, post"]

    def test_in_the_title(self, index: SearchIndex) -> None:
        fill(
            index, recording("a", "velkommen", title="Digital post til eldre"), recording("b", "digital", title="post")
        )
        assert search(index, '"digital post"') == ids("a")

    def test_one_quoted_word_means_that_form(self, index: SearchIndex) -> None:
        fill(index, recording("a", "anskaffelsene"), recording("b", "anskaffelse"))
        assert search(index, '"anskaffelse"') == ids("b")


class TestRanking:
    def test_the_title_weighs_more(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("text", "om personvern og andre ting", title="Møte i mai"),
            recording("title", "om personvern og andre ting", title="Personvern"),
            recording("none", "noe helt annet", title="Møte i juni"),
        )
        assert search(index, "personvern") == ids("title", "text")

    def test_exact_above_folded_above_stem_above_prefix(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("prefix", "om pålegget fra i fjor", title="t"),
            recording("stem", "om pålegg fra i fjor", title="t"),
            recording("folded", "om palegga fra i fjor", title="t", language=""),
            recording("exact", "om pålegga fra i fjor", title="t"),
        )
        assert search(index, "pålegga", typing=True)[:2] == ids("exact", "folded")
        assert search(index, "pålegga", typing=True)[2:3] == ids("stem")

    def test_a_finished_word_above_the_beginning_of_one(self, index: SearchIndex) -> None:
        fill(
            index,
            recording("long", "om risikovurderingen i fjor", title="t", day="2025-01-01"),
            recording("whole", "om risiko som vi ser", title="t"),
            recording("also", "om risiko som vi så", title="t"),
        )
        assert search(index, "risiko", typing=True)[2] == recording_id("long")

    def test_ties_newest_first_then_by_id(self, index: SearchIndex) -> None:
        same = [recording(name, "om personvern", title="t", day="2024-01-01") for name in "abcde"]
        fill(index, *same, recording("new", "om personvern", title="t", day="2025-01-01"))
        expected = [*ids("new"), *sorted(ids(*"abcde"))]
        assert search(index, "personvern") == expected
        for name in "ca":  # written again, they lie elsewhere in the engine
            index.replace(recording_id(name), recording(name, "om personvern", title="t", day="2024-01-01"))
        assert search(index, "personvern") == expected


class TestGroups:
    def test_the_best_three_passages_and_their_number(self, index: SearchIndex) -> None:
        fill(index, recording("a", *["om personvern"] * 4, "annet", "personvern personvern personvern"))
        (hit,) = index.search(Query("personvern")).hits
        assert hit.passage_count == 5
        assert [passage.passage_id[-1] for passage in hit.passages] == ["5", "0", "1"]
        assert len(index.search(Query("personvern", passages=1)).hits[0].passages) == 1

    def test_only_the_title_matches(self, index: SearchIndex) -> None:
        fill(index, recording("a", "velkommen til møtet", "mer", title="Personvern"))
        (hit,) = index.search(Query("personvern")).hits
        assert hit.passage_count == 1
        assert [passage.passage_id[-1] for passage in hit.passages] == ["0"]
        assert hit.passages[0].hit_at == 0
        assert plain(hit.passages[0].fragments) == "velkommen til møtet"
        assert marked(hit.title) == ["Personvern"]

    def test_a_recording_without_speech(self, index: SearchIndex) -> None:
        fill(index, recording("a", title="Stum film"))
        (hit,) = index.search(Query("film")).hits
        assert hit.passages[0].fragments == ()

    def test_what_a_hit_says(self, index: SearchIndex) -> None:
        passages = [
            replace(p, has_video=True, poster="p.jpg") for p in recording("a", "hei", version=7, speakers=["Bo"])
        ]
        fill(index, passages)
        (hit,) = index.search(Query("hei")).hits
        assert (hit.version, hit.circle, hit.network, hit.language) == (7, "personvern", "nord", "nb")
        assert (hit.date, hit.duration, hit.has_video, hit.poster) == (date(2024, 5, 1), 30.0, True, "p.jpg")
        assert (hit.passages[0].start, hit.passages[0].end, hit.passages[0].speakers) == (0.0, 30.0, ("Bo",))


class TestHighlights:
    def test_time_of_the_first_match(self, index: SearchIndex) -> None:
        fill(index, recording("a", "hei", "en to tre personvern fem"))
        assert index.search(Query("personvern")).hits[0].passages[0].hit_at == 31.5

    def test_a_long_passage_is_cut_around_the_matches(self, index: SearchIndex) -> None:
        text = "ord " * 200 + "om personvern i skolen " + "flere " * 200
        fill(index, recording("a", text.strip()))
        fragments = index.search(Query("personvern skolen")).hits[0].passages[0].fragments
        assert marked(fragments) == ["personvern", "skolen"]
        assert 180 <= len(plain(fragments)) <= 260
        assert set(plain(fragments).strip("… ").split()) <= set(text.split())

    def test_markup_is_data(self, index: SearchIndex) -> None:
        text, title = "<script>alert('personvern')</script> & <b>fet</b>", '<img src=x onerror="1"> personvern'
        fill(index, recording("a", text, title=title))
        (hit,) = index.search(Query("personvern")).hits
        assert plain(hit.passages[0].fragments) == text
        assert plain(hit.title) == title
        assert marked(hit.title) == ["personvern"]
        assert search(index, "<b>fet</b>") == ids("a")


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
        }

    def test_a_kind_of_facet_ignores_its_own_filter(self, index: SearchIndex) -> None:
        filters = Filters(circles=frozenset({"y"}), after=date(2024, 2, 1))
        assert index.search(Query("data", filters)).facets == {
            "circle": {"y": 1, "z": 1},
            "network": {"s": 1},
            "language": {"da": 1},
            "year": {"2024": 2},
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
        index.replace(recording_id("a"), recording("a", "gamle ord", "flere gamle"))
        index.replace(recording_id("b"), recording("b", "andre gamle"))
        index.replace(recording_id("a"), recording("a", "nye ord", version=2))
        assert search(index, "gamle") == ids("b")
        assert search(index, "nye") == ids("a")
        assert index.versions() == {recording_id("a"): 2, recording_id("b"): 1}

    def test_replace_by_nothing_and_remove(self, index: SearchIndex) -> None:
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
        totals = {index.search(Query("personvern")).total for _ in range(300)}
        done.set()
        assert rebuilding.result(60) > 0
    assert totals == {2}


def test_many_threads_write_and_search(index: SearchIndex) -> None:
    def write(name: str) -> int:
        index.replace(recording_id(name), recording(name, "om personvern"))
        return index.search(Query("personvern")).total

    with ThreadPoolExecutor(4) as pool:
        totals = list(pool.map(write, "abcdefgh"))
    assert min(totals) >= 1
    assert index.search(Query("personvern")).total == 8
