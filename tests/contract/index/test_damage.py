"""An index that is damaged, emptied or not built yet says so, never "nothing found", and a rebuild mends it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from index.embedded.index import EmbeddedIndex
from index.meili.client import MeiliServer
from index.meili.index import MeiliIndex
from index.meili.search_key import derived_key
from index.port import Passage, Query, SearchIndex
from kring.errors import IndexNotReady, SearchDown
from tests.support.passages import found, ids, recording, recording_id, search
from tests.support.stack.meilisearch import Meili

SAID = [f"ord nummer {number} om personvern i kommunen" for number in range(12)]


def the_archive() -> list[Passage]:
    return [passage for name in "abcdefgh" for passage in recording(name, *SAID, topics=["drift"])]


def assert_not_ready(index: SearchIndex) -> None:
    assert index.needs_rebuild
    for ask in (lambda: index.search(Query("personvern")), lambda: index.search(Query()), index.check):
        with pytest.raises(IndexNotReady, match="kring reindex"):
            ask()


def assert_healed(index: SearchIndex) -> None:
    assert index.rebuild(the_archive()) == 8 * len(SAID)
    assert not index.needs_rebuild
    index.check(deep=True)
    assert sorted(search(index, "personvern")) == sorted(ids(*"abcdefgh"))


class TestBuilding:
    def test_before_it_was_built_nothing_can_be_asked(self, index: SearchIndex) -> None:
        assert_not_ready(index)
        assert index.versions() == {}
        index.replace(recording_id("a"), recording("a", "ord"))  # a run that is quicker than the first build
        assert_not_ready(index)
        assert index.versions() == {recording_id("a"): 1}
        assert_healed(index)

    def test_an_empty_archive_is_built_too(self, index: SearchIndex) -> None:
        index.rebuild([])
        index.check(deep=True)
        assert not index.needs_rebuild
        assert index.search(Query("ord")).total == 0

    def test_while_it_is_built_again_the_old_one_serves(self, index: SearchIndex) -> None:
        index.rebuild(the_archive())
        seen: list[int] = []

        def from_the_bucket() -> Iterator[Passage]:
            yield from recording("a", *SAID)
            seen.append(index.search(Query("personvern")).total)

        index.rebuild(from_the_bucket())
        assert seen == [8]
        assert found(index.search(Query("personvern"))) == ids("a")

    def test_while_it_is_built_for_the_first_time_nothing_is(self, index: SearchIndex) -> None:
        def from_the_bucket() -> Iterator[Passage]:
            yield from recording("a", *SAID)
            assert_not_ready(index)

        index.rebuild(from_the_bucket())
        assert found(index.search(Query("personvern"))) == ids("a")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def rubbish(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def gone(path: Path) -> None:
    path.unlink()


SEGMENT = ["*.term", "*.idx", "*.pos", "*.store", "*.fast", "*.fieldnorm", "*.del"]
OURS = ["meta.json", "kring.json", "current"]


class TestTantivy:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "index"
        index = EmbeddedIndex(folder)
        index.rebuild(the_archive())
        index.replace(recording_id("a"), recording("a", *SAID[:6], version=2))  # a second segment, and a `.del`
        return folder

    @pytest.mark.parametrize("harm", [flip, cut, rubbish, gone])
    @pytest.mark.parametrize("damaged", [*SEGMENT, *OURS])
    def test_whatever_is_damaged_is_seen_and_healed(
        self, folder: Path, harm: Callable[[Path], None], damaged: str
    ) -> None:
        running = EmbeddedIndex(folder)
        assert running.search(Query("personvern")).total == 8
        for path in sorted(folder.rglob(damaged)):
            harm(path)
        assert EmbeddedIndex(folder).needs_rebuild
        in_use = damaged in SEGMENT or damaged == "current"  # the others are read when an index is opened
        with pytest.raises(SearchDown) if in_use else suppress(SearchDown):
            running.check()
        assert running.needs_rebuild
        assert_healed(EmbeddedIndex(folder))
        assert sorted(search(running, "personvern")) == sorted(ids(*"abcdefgh"))

    @pytest.mark.parametrize("seed", range(25))
    def test_whatever_a_search_meets_is_said_in_words(self, folder: Path, seed: int) -> None:
        """Also where Tantivy panics: it is no Exception that Python raises then."""
        chosen = random.Random(seed)
        path = chosen.choice([one for pattern in SEGMENT for one in sorted(folder.rglob(pattern))])
        data = bytearray(path.read_bytes())
        for _ in range(20):
            data[chosen.randrange(max(1, len(data) - 100))] ^= 1 << chosen.randrange(8)
        path.write_bytes(data)
        index = EmbeddedIndex(folder)
        for attempt in (
            lambda: index.search(Query("personvern")),
            lambda: index.search(Query("kommune", typing=True)),
            lambda: index.search(Query('"personvern i kommunen" -fotball')),
            index.versions,
            index.check,
            lambda: index.replace(recording_id("z"), recording("z", "ord")),
        ):
            with suppress(SearchDown):
                attempt()
        assert index.needs_rebuild
        assert_healed(index)

    def test_nothing_is_written_into_a_new_index_in_the_place_of_a_lost_one(self, folder: Path) -> None:
        (meta,) = folder.rglob("meta.json")
        meta.unlink()
        index = EmbeddedIndex(folder)
        with pytest.raises(IndexNotReady):
            index.replace(recording_id("a"), recording("a", "ord"))
        assert_not_ready(index)

    def test_a_name_that_leads_elsewhere_is_not_followed(self, folder: Path, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        kept.mkdir()
        (folder / "current").write_text("../kept")
        index = EmbeddedIndex(folder)
        assert_not_ready(index)
        assert_healed(index)
        assert kept.is_dir()

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "index").write_text("no folder")
        index = EmbeddedIndex(tmp_path / "index")
        assert_not_ready(index)
        assert_healed(index)


class TestMeilisearch:
    @pytest.fixture
    def uid(self, meili: Meili) -> Iterator[str]:
        uid = meili.index()
        yield uid
        meili.forget(uid)

    @pytest.fixture
    def index(self, meili: Meili, uid: str) -> MeiliIndex:
        made = MeiliIndex(meili.server, uid)
        made.rebuild(the_archive())
        assert not made.needs_rebuild
        return made

    def harm(self, meili: Meili, method: Any, path: str, body: Any = None) -> None:
        meili.server.wait([meili.server.submit(method, path, body)])

    def test_the_index_is_gone(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        self.harm(meili, "delete", f"indexes/{uid}")
        assert_not_ready(index)
        assert_healed(index)

    def test_who_may_only_search_looks_as_deep_as_that_goes(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        if meili.key is None:
            pytest.skip("this server asks for no keys")
        assert not index.needs_rebuild  # which makes the key known
        server = MeiliServer(meili.url, derived_key(meili.key, uid), setting="MEILI_SEARCH_KEY")
        MeiliIndex(server, uid, writer=False, searches_only=True).check(deep=True)

    def test_its_settings_are_reset(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        self.harm(meili, "delete", f"indexes/{uid}/settings")
        assert_not_ready(index)
        assert_healed(index)

    def test_one_setting_is_another(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        self.harm(meili, "patch", f"indexes/{uid}/settings", {"stopWords": ["personvern"]})
        assert index.needs_rebuild
        assert_healed(index)

    def test_all_documents_are_gone(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        self.harm(meili, "delete", f"indexes/{uid}/documents")
        assert_not_ready(index)
        assert_healed(index)

    @pytest.mark.parametrize("which", ["number = 3", "number = 0"])
    def test_some_documents_are_gone(self, meili: Meili, uid: str, index: MeiliIndex, which: str) -> None:
        one = f'recording_id = "{recording_id("c")}" AND {which}'
        self.harm(meili, "post", f"indexes/{uid}/documents/delete", {"filter": one})
        assert index.needs_rebuild
        assert_healed(index)

    def test_documents_are_emptied(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        emptied = [{"id": passage.id} for passage in recording("c", *SAID)]
        self.harm(meili, "post", f"indexes/{uid}/documents", emptied)
        assert index.needs_rebuild
        assert_healed(index)

    def test_a_passage_lost_what_it_said(self, meili: Meili, uid: str, index: MeiliIndex) -> None:
        lost = [{"id": passage.id, "payload": "{"} for passage in the_archive()]
        self.harm(meili, "put", f"indexes/{uid}/documents", lost)
        assert_not_ready(index)
        assert_healed(index)
