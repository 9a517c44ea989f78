"""What only the embedded index promises: several processes, crashes, versions of the index itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import open_index
from index.embedded.generations import Generations
from index.embedded.index import EmbeddedIndex
from index.port import Passage, Query
from kring.errors import IndexNotReady, SearchDown, SetupError
from kring.settings import Settings
from tests.support.passages import found, ids, recording, recording_id, write_during_a_rebuild
from tests.support.repository import REPOSITORY

WRITER = """
import sys
from pathlib import Path
from index.embedded.index import EmbeddedIndex
from tests.support.passages import recording, recording_id
index = EmbeddedIndex(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for name in sys.argv[2:]:
    index.replace(recording_id(name), recording(name, f"om personvern {name}"))
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
import tantivy
import index.embedded.index as embedded
from tests.support.passages import recording, recording_id
when = sys.argv[2]

class Dying:
    def __init__(self, writer):
        self._writer = writer
    def __getattr__(self, name):
        if name == when:
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._writer, name)

class Index:
    def __init__(self, *args):
        self._index = tantivy.Index(*args)
    def writer(self, *args):
        return Dying(self._index.writer(*args))
    def __getattr__(self, name):
        return getattr(self._index, name)

embedded.tantivy = SimpleNamespace(Index=Index, Document=tantivy.Document)
made = embedded.EmbeddedIndex(Path(sys.argv[1]))
if sys.argv[3] == "replace":
    made.replace(recording_id("a"), recording("a", "nye ord", "flere nye ord"))
else:
    made.rebuild(recording("a", "nye ord"))
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdin=-1, stdout=-1, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def test_two_processes_write_while_a_third_reads(folder: Path) -> None:
    EmbeddedIndex(folder).rebuild([])
    reader = EmbeddedIndex(folder, writer=False)
    assert reader.search(Query("personvern")).total == 0
    names = ["abcde", "fghij"]
    writers = [start(WRITER, str(folder), *some) for some in names]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    outputs = [writer.communicate("go\n", timeout=60) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], outputs
    results = reader.search(Query("personvern", per_page=20))
    assert sorted(found(results)) == sorted(ids(*"abcdefghij"))


@pytest.mark.parametrize("when", ["add_document", "commit", "wait_merging_threads"])
@pytest.mark.parametrize("work", ["replace", "rebuild"])
def test_killed_in_the_middle(folder: Path, when: str, work: str) -> None:
    index = EmbeddedIndex(folder, lock_seconds=5)
    index.rebuild([*recording("a", "gamle ord"), *recording("b", "gamle ord")])
    victim = start(KILLED, str(folder), when, work)
    victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL
    committed = when == "wait_merging_threads" and work == "replace"
    assert found(index.search(Query("nye"))) == (ids("a") if committed else [])
    assert sorted(found(index.search(Query("gamle")))) == sorted(ids("b") if committed else ids("a", "b"))
    index.replace(recording_id("a"), recording("a", "siste ord"))
    assert found(index.search(Query("siste"))) == ids("a")
    assert index.rebuild(recording("c", "siste ord")) == 1
    assert found(index.search(Query("ord"))) == ids("c")
    assert len(list(folder.glob("g-*"))) == 1


def test_what_is_written_during_a_rebuild_is_kept(folder: Path) -> None:
    write_during_a_rebuild(EmbeddedIndex(folder), EmbeddedIndex(folder))
    assert not (folder / "touched").exists()


def test_a_rebuild_that_ends_while_a_search_opens_the_index_leaves_it_lit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generation it was about to open has been swept by then."""
    rebuilt = EmbeddedIndex(folder)
    rebuilt.rebuild(recording("a", "om personvern"))
    about = Generations._about
    calls: list[Path] = []

    def rebuild_before(generations: Generations, generation: Path) -> dict[str, object]:
        calls.append(generation)
        if len(calls) == 1:
            rebuilt.rebuild(recording("a", "om personvern"))
            assert not generation.exists()
        return about(generations, generation)

    monkeypatch.setattr(Generations, "_about", rebuild_before)
    assert EmbeddedIndex(folder).search(Query("personvern")).total == 1


def test_a_writer_waits_for_its_turn_but_not_for_ever(folder: Path) -> None:
    index = EmbeddedIndex(folder, lock_seconds=0.1)
    index.rebuild([])
    with Generations(folder, lock_seconds=1).writing(), pytest.raises(SearchDown, match="another process"):
        index.replace(recording_id("a"), recording("a", "ord"))
    with Generations(folder, lock_seconds=1).rebuilding(), pytest.raises(SearchDown, match="rebuilt already"):
        index.rebuild([])
    index.replace(recording_id("a"), recording("a", "ord"))
    assert index.search(Query("ord")).total == 1


def test_a_failed_rebuild_leaves_no_folder_behind(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    index.rebuild(recording("a", "ord"))

    def broken() -> Iterator[Passage]:
        yield from recording("b", "ord")
        raise RuntimeError("the bucket went away")

    with pytest.raises(RuntimeError, match="bucket"):
        index.rebuild(broken())
    assert len(list(folder.glob("g-*"))) == 1
    assert found(index.search(Query("ord"))) == ids("a")


def test_a_new_index_needs_a_rebuild(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    assert index.needs_rebuild
    index.replace(recording_id("a"), recording("a", "ord"))
    assert index.needs_rebuild
    index.rebuild(recording("a", "ord"))
    assert not EmbeddedIndex(folder).needs_rebuild


def test_an_index_of_another_version_is_made_anew(folder: Path) -> None:
    EmbeddedIndex(folder).rebuild(recording("a", "gamle ord"))
    (generation,) = folder.glob("g-*")
    (generation / "kring.json").write_text(json.dumps({"schema": 0, "complete": True}))
    index = EmbeddedIndex(folder)
    assert index.needs_rebuild
    with pytest.raises(IndexNotReady, match="kring reindex"):
        index.search(Query("ord"))
    index.replace(recording_id("b"), recording("b", "nye ord"))
    assert index.versions() == {recording_id("b"): 1}
    assert index.needs_rebuild
    index.rebuild([*recording("a", "gamle ord"), *recording("b", "nye ord")])
    assert not index.needs_rebuild
    assert index.search(Query("ord")).total == 2


@pytest.mark.parametrize("damage", ["meta.json", "*.store", "*.fast"])
def test_a_damaged_index_says_so_and_is_made_anew(folder: Path, damage: str) -> None:
    EmbeddedIndex(folder).rebuild(recording("a", "gamle ord"))
    for generation in folder.glob("g-*"):
        for file in generation.glob(damage):
            file.write_bytes(b"\0\1\2 not an index")
    index = EmbeddedIndex(folder)
    assert index.needs_rebuild
    with pytest.raises(SearchDown, match="kring reindex"):
        index.search(Query("ord"))

    def from_the_bucket() -> Iterator[Passage]:
        yield from recording("a", "nye ord")
        with pytest.raises(SearchDown):
            EmbeddedIndex(folder).replace(recording_id("b"), recording("b", "nye ord"))

    index.rebuild(from_the_bucket())
    assert found(index.search(Query("ord"))) == ids("a")


def test_a_deleted_index_is_built_again(folder: Path) -> None:
    index = EmbeddedIndex(folder)
    index.rebuild(recording("a", "gamle ord"))
    assert index.search(Query("ord")).total == 1
    shutil.rmtree(folder)
    with pytest.raises(IndexNotReady):
        index.search(Query("ord"))
    assert index.needs_rebuild
    index.rebuild(recording("a", "nye ord"))
    assert index.search(Query("nye")).total == 1


def test_a_reader_creates_and_writes_nothing(folder: Path) -> None:
    reader = EmbeddedIndex(folder, writer=False)
    assert reader.versions() == {}
    assert not folder.exists()
    for write in (lambda: reader.replace("0" * 16, []), lambda: reader.remove("0" * 16), lambda: reader.rebuild([])):
        with pytest.raises(SetupError, match="reading only"):
            write()


def test_opened_by_the_settings(tmp_path: Path) -> None:
    index = open_index(Settings(data_dir=tmp_path))
    index.rebuild(recording("a", "ord"))
    assert (tmp_path / "index").is_dir()
    assert index.search(Query("ord")).total == 1
