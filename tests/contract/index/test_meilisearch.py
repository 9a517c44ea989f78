"""What only the index in Meilisearch promises: keys, rebuilds beside other writers, its limits. Needs a real server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from index import open_index
from index.meili import search as meili_search, writer as meili_writing
from index.meili.client import MeiliServer
from index.meili.index import MeiliIndex, index_uid
from index.meili.schema import MADE_BY, SETTINGS, same_settings
from index.meili.search_key import derived_key, ensured_key
from index.port import Filters, Order, Passage, Query
from kring.errors import IndexNotReady, SearchDown, SetupError
from kring.settings import Settings
from tests.support.passages import found, ids, recording, recording_id, write_during_a_rebuild
from tests.support.stack.meilisearch import Meili


@pytest.fixture
def uid(meili: Meili) -> Iterator[str]:
    uid = meili.index()
    yield uid
    meili.forget(uid)


@pytest.fixture
def index(meili: Meili, uid: str) -> MeiliIndex:
    return MeiliIndex(meili.server, uid)


def many(count: int) -> Iterator[Passage]:
    for n in range(count):
        day = f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
        yield from recording(f"r{n}", "om data her", title="t", circle=f"c{n % 150}", day=day)


class TestKeys:
    @pytest.fixture(autouse=True)
    def _has_keys(self, meili: Meili) -> None:
        if meili.key is None:
            pytest.skip("this Meilisearch runs without a master key, so it has no keys at all")

    def test_the_search_key_searches_and_nothing_else(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        index.rebuild(recording("a", "om personvern"))
        key = ensured_key(meili.server, uid)
        assert key is not None
        assert key == ensured_key(meili.server, uid) == derived_key(meili.key or "", uid)
        reader = MeiliIndex(MeiliServer(meili.url, key), uid, writer=False, searches_only=True)
        assert found(reader.search(Query("personvern"))) == ids("a")
        for path in ("keys", f"indexes/{uid}/documents/about", f"indexes/{uid}/settings", "tasks"):
            with pytest.raises(SetupError, match="does not accept the key"):
                MeiliServer(meili.url, key).ask("get", path)

    def test_a_reader_with_the_master_key_searches_with_the_search_key(self, meili: Meili) -> None:
        bucket = meili.index()
        master = SecretStr(meili.key or "")
        settings = Settings(bucket=bucket, MEILI_URL=meili.url, MEILI_MASTER_KEY=master)  # type: ignore[call-arg]
        try:
            writer, reader = open_index(settings), open_index(settings, writer=False)
            writer.rebuild(recording("a", "om personvern"))
            assert found(reader.search(Query("personvern"))) == ids("a")
            for write in (lambda: reader.replace("0" * 16, []), lambda: reader.rebuild([])):
                with pytest.raises(SetupError, match="for reading only"):
                    write()
        finally:
            meili.forget(index_uid(bucket))

    def test_a_wrong_key_is_named_after_its_setting(self, meili: Meili, uid: str) -> None:
        with pytest.raises(SetupError, match="the key in MEILI_MASTER_KEY"):
            MeiliIndex(MeiliServer(meili.url, "x" * 20), uid).search(Query("personvern"))

    def test_before_a_writer_came_by_search_is_down(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        server = MeiliServer(meili.url, derived_key(meili.key or "", uid), setting="MEILI_SEARCH_KEY")
        reader = MeiliIndex(server, uid, writer=False, searches_only=True)
        with pytest.raises(SearchDown, match="does not know the key in MEILI_SEARCH_KEY"):
            reader.search(Query("personvern"))
        assert index.needs_rebuild  # which is what a worker asks first
        with pytest.raises(IndexNotReady):
            reader.search(Query("personvern"))


class TestRebuilds:
    def test_what_is_written_during_a_rebuild_is_kept(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        write_during_a_rebuild(index, MeiliIndex(meili.server, uid))

    def test_written_between_the_last_look_and_the_swap(
        self, meili: Meili, uid: str, index: MeiliIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.rebuild([*recording("a", "gamle ord"), *recording("b", "gamle ord")])
        publish = meili_writing.MeiliWriter.publish

        def late(writing: meili_writing.MeiliWriter, new: str, *, unless_ours: bool = False) -> None:
            monkeypatch.setattr(meili_writing.MeiliWriter, "publish", publish)
            other = MeiliIndex(meili.server, uid)
            other.replace(recording_id("a"), recording("a", "nye ord", version=2))
            other.remove(recording_id("b"))
            publish(writing, new, unless_ours=unless_ours)

        monkeypatch.setattr(meili_writing.MeiliWriter, "publish", late)
        index.rebuild([*recording("a", "gamle ord"), *recording("b", "gamle ord")])
        assert index.versions() == {recording_id("a"): 2}

    def test_a_rebuild_leaves_one_index(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        for _ in range(2):
            index.rebuild(recording("a", "ord"))
        index.replace(recording_id("b"), recording("b", "ord"))  # a task after those that delete
        assert meili.indexes(uid) == [uid]

    def test_what_crashed_rebuilds_left_is_swept(
        self, meili: Meili, uid: str, index: MeiliIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left, foreign = f"{uid}-new-{'a' * 16}", f"{uid}-newer"
        tasks = [meili.server.submit("post", "indexes", {"uid": one, "primaryKey": "id"}) for one in (left, foreign)]
        meili.server.wait(tasks)
        index.rebuild(recording("a", "ord"))
        assert left in meili.indexes(uid)  # somebody may be at it
        monkeypatch.setattr(meili_writing, "STALE", timedelta(0))
        index.rebuild(recording("a", "ord"))
        index.replace(recording_id("b"), recording("b", "ord"))  # a task after those that delete
        assert meili.indexes(uid) == [uid, foreign]


class TestAnIndexOfItsOwn:
    def test_it_is_incomplete_until_it_was_rebuilt(self, index: MeiliIndex) -> None:
        assert index.needs_rebuild
        assert index.versions() == {}
        index.replace(recording_id("a"), recording("a", "nye ord"))
        assert index.needs_rebuild
        assert index.versions() == {recording_id("a"): 1}
        index.rebuild(recording("a", "nye ord"))
        assert not index.needs_rebuild

    def test_one_of_another_version_is_rebuilt(
        self, meili: Meili, uid: str, index: MeiliIndex, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.rebuild(recording("a", "gamle ord"))
        said = [{"id": "about", "made_by": "0-0", "complete": True}]
        meili.server.wait([meili.server.submit("post", f"indexes/{uid}/documents?primaryKey=id", said)])
        assert index.needs_rebuild
        index.replace(recording_id("b"), recording("b", "nye ord"))
        assert index.versions() == {recording_id("b"): 1}
        assert index.needs_rebuild
        index.rebuild([*recording("a", "gamle ord"), *recording("b", "nye ord")])
        assert not index.needs_rebuild
        assert index.search(Query("ord")).total == 2
        assert meili.server.ask("get", f"indexes/{uid}/documents/about")["made_by"] == MADE_BY

    def test_its_settings_are_those_in_the_code(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        index.rebuild([])
        assert same_settings(SETTINGS, meili.server.ask("get", f"indexes/{uid}/settings"))
        changed = {"stopWords": ["personvern"]}
        meili.server.wait([meili.server.submit("patch", f"indexes/{uid}/settings", changed)])
        MeiliIndex(meili.server, uid).replace(recording_id("a"), recording("a", "om personvern"))
        assert same_settings(SETTINGS, meili.server.ask("get", f"indexes/{uid}/settings"))
        assert found(index.search(Query('"om personvern"'))) == ids("a")


class TestWords:
    def test_misspelt(self, index: MeiliIndex) -> None:
        index.rebuild([*recording("a", "personvernombudet"), *recording("b", "rutiner"), *recording("c", "skole")])
        assert found(index.search(Query("personvenrombuded"))) == ids("a")  # two letters of many
        assert found(index.search(Query("ruitner"))) == ids("b")  # one of five and more
        assert found(index.search(Query("rxtixer"))) == []
        assert found(index.search(Query("skolee"))) == ids("c")
        assert found(index.search(Query("dersonvernombudet"))) == []  # the first letter has to be right

    def test_keys_are_found_by_keys_only(self, index: MeiliIndex) -> None:
        index.rebuild(recording("a", "om personvernet i skolene"))
        for text in ("0q", "0qpersonvern", '"0qpersonvern"'):
            assert found(index.search(Query(text))) == [], text
        assert found(index.search(Query("personv", typing=True))) == ids("a")
        assert found(index.search(Query("vernet skol", typing=True))) == ids("a")

    def test_beginnings_that_are_those_of_keys(self, index: MeiliIndex) -> None:
        index.rebuild([*recording("a", "om personvernet"), *recording("b", "05 quiz"), *recording("c", "Київ")])
        for text in ("0", "05", "q", "qui", "quiz"):
            assert found(index.search(Query(text, typing=True))) == ids("b"), text
        for text in ("0q", "0qp", "q4", "q41aq", "q71q"):
            assert found(index.search(Query(text, typing=True))) == [], text
        index.rebuild(recording("a", "qualificationframework"))
        assert index.search(Query("qualifcationframewrokk")).suggestion == "qualificationframework"

    def test_prepared_elsewhere(self, index: MeiliIndex) -> None:
        ready = [index.prepare(recording(name, "om personvern", "og mer")) for name in "ab"]
        assert index.rebuild_prepared(iter(ready)) == 4
        assert sorted(found(index.search(Query("personvern")))) == sorted(ids("a", "b"))

    def test_other_scripts_and_numbers(self, index: MeiliIndex) -> None:
        index.rebuild([*recording("a", "個人情報保護 og Київ"), *recording("b", "den 2024 og 3 og covid19")])
        assert found(index.search(Query("個人情報保護"))) == ids("a")
        assert found(index.search(Query("個人", typing=True))) == ids("a")
        assert found(index.search(Query("київ"))) == ids("a")
        assert found(index.search(Query("2024"))) == ids("b")
        assert found(index.search(Query('"3 og covid19"'))) == ids("b")
        assert found(index.search(Query("20", typing=True))) == ids("b")

    def test_many_words_and_many_that_are_excluded(self, index: MeiliIndex) -> None:
        words = "en to tre fire fem seks syv åtte ni ti".replace("en ", "rutine ").split()
        index.rebuild([*recording("a", " ".join(words)), *recording("b", " ".join([*words, "fotball"]))])
        assert sorted(found(index.search(Query(" ".join(words))))) == sorted(ids("a", "b"))
        left_out = " ".join(f"-uten{n}" for n in range(10))
        assert found(index.search(Query(f"{' '.join(words)} {left_out} -fotball"))) == ids("a")
        assert found(index.search(Query('rutine -"ti fotball"'))) == ids("a")

    def test_a_language_that_is_not_known(self, index: MeiliIndex) -> None:
        index.rebuild([*recording("a", "ord", language=""), *recording("b", "ord", language="nb")])
        results = index.search(Query("ord", Filters(languages=frozenset({""}))))
        assert found(results) == ids("a")
        assert results.facets["language"] == {"": 1, "nb": 1}


class TestSize:
    def test_more_than_the_limits_of_the_server_as_it_comes(self, index: MeiliIndex) -> None:
        index.rebuild(many(1100))
        for text in ("data", "", "dat"):
            results = index.search(Query(text, typing=True))
            assert results.total == 1100, text
            assert len(results.facets["circle"]) == 150
            assert sum(results.facets["year"].values()) == 1100

    @pytest.mark.parametrize("text", ["data", "dat", "data fotball"])
    @pytest.mark.parametrize("order", list(Order))
    def test_pages_far_behind_the_best(self, index: MeiliIndex, text: str, order: Order) -> None:
        index.rebuild(many(330))
        pages = [index.search(Query(text, page=page, per_page=50, typing=True, order=order)) for page in range(1, 8)]
        assert [len(page.hits) for page in pages] == [50] * 6 + [30]
        assert len({one for page in pages for one in found(page)}) == 330
        days = [hit.date for page in pages for hit in page.hits]
        if order is not Order.RELEVANCE:
            assert days == sorted(days, reverse=order is Order.NEWEST)

    def test_too_many_to_put_together(self, index: MeiliIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(meili_search, "UNITED", 80)
        index.rebuild([*many(300), *recording("best", "dat", day="2020-01-01")])
        for order in Order:
            pages = [index.search(Query("dat", page=n, per_page=50, typing=True, order=order)) for n in range(1, 8)]
            assert {page.total for page in pages} == {301}
            assert len({one for page in pages for one in found(page)}) == 301
        assert found(index.search(Query("dat", typing=True)))[:1] == ids("best")
