"""The promise of `storage.port.ObjectStore`, kept by the store in memory and by S3 on a real SeaweedFS."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from kring.errors import Conflict, NotFound
from kring.model import now
from storage.port import ObjectStore

BYTES = "application/octet-stream"
MB = 1024 * 1024


def random_file(path: Path, size: int) -> str:
    """Write `size` random bytes and return their SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size, MB):
            block = os.urandom(min(MB, size - start))
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def winners(count: int, attempt: Callable[[int], object]) -> list[int]:
    """Run `attempt` in so many threads at once; the numbers of those that met no Conflict."""
    start = threading.Barrier(count)

    def one(number: int) -> bool:
        start.wait()
        try:
            attempt(number)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(count) as pool:
        return [number for number, won in enumerate(pool.map(one, range(count))) if won]


def test_bytes_round_trip_and_overwriting_changes_the_etag(store: ObjectStore) -> None:
    first = store.put_bytes("recordings/a.json", b"one", media_type=BYTES)
    assert store.get_bytes("recordings/a.json").data == b"one"
    assert store.get_bytes("recordings/a.json").etag == first
    second = store.put_bytes("recordings/a.json", b"two", media_type=BYTES)
    assert second != first
    assert store.get_bytes("recordings/a.json").data == b"two"


def test_what_is_not_there_is_not_found(store: ObjectStore, tmp_path: Path) -> None:
    assert store.stat("no/such") is None
    assert not store.exists("no/such")
    with pytest.raises(NotFound, match="no/such"):
        store.get_bytes("no/such")
    with pytest.raises(NotFound):
        store.open("no/such")
    with pytest.raises(NotFound):
        store.get_file("no/such", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    store.delete("no/such")


def test_stat_tells_size_etag_and_when(store: ObjectStore) -> None:
    before = now()
    etag = store.put_bytes("a/b", b"12345", media_type=BYTES)
    info = store.stat("a/b")
    assert info is not None
    assert (info.key, info.size, info.etag) == ("a/b", 5, etag)
    assert abs((info.modified - before).total_seconds()) < 60


def test_deleted_is_gone(store: ObjectStore) -> None:
    store.put_bytes("a/b", b"1", media_type=BYTES)
    store.delete("a/b")
    assert not store.exists("a/b")
    assert list(store.list()) == []


@pytest.mark.parametrize("size", [0, 1, 5 * MB + 3, 40 * MB + 7])
def test_files_round_trip_with_progress(store: ObjectStore, tmp_path: Path, size: int) -> None:
    original, back, sent, received = tmp_path / "in", tmp_path / "sub" / "out", [0], [0]
    digest = random_file(original, size)
    store.put_file("originals/x", original, media_type="video/mp4", progress=sent.append)
    store.get_file("originals/x", back, progress=received.append)
    assert sha256(back) == digest
    assert sum(sent) == sum(received) == size
    assert [path.name for path in back.parent.iterdir()] == ["out"]
    info = store.stat("originals/x")
    assert info is not None
    assert info.size == size


def test_a_file_overwrites(store: ObjectStore, tmp_path: Path) -> None:
    store.put_bytes("k", b"old", media_type=BYTES)
    (tmp_path / "new").write_bytes(b"newer")
    store.put_file("k", tmp_path / "new", media_type=BYTES)
    assert store.get_bytes("k").data == b"newer"


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 10), (10, 20), (999_990, None), (999_990, 2_000_000), (1_000_000, None), (5, 5)]
)
def test_ranges(store: ObjectStore, start: int, end: int | None) -> None:
    data = os.urandom(1_000_000)
    store.put_bytes("k", data, media_type=BYTES)
    with store.open("k", start, end) as stream:
        assert stream.read() == data[start:end]


def test_a_range_across_the_parts_of_a_large_file(store: ObjectStore, tmp_path: Path) -> None:
    original = tmp_path / "in"
    random_file(original, 40 * MB)
    store.put_file("k", original, media_type=BYTES)
    with original.open("rb") as file, store.open("k", 16 * MB - 5, 33 * MB) as stream:
        file.seek(16 * MB - 5)
        for _ in range(3):
            assert stream.read(1000) == file.read(1000)
        rest = stream.read()
        assert rest == file.read(33 * MB - (16 * MB - 5) - 3000)


def test_a_range_beyond_the_end_is_empty(store: ObjectStore) -> None:
    store.put_bytes("k", b"12345", media_type=BYTES)
    with store.open("k", 99) as stream:
        assert stream.read() == b""


def test_lists_in_order_of_keys_over_several_pages(store: ObjectStore) -> None:
    keys = [f"recordings/{hashlib.sha256(str(n).encode()).hexdigest()[:16]}.json" for n in range(1100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put_bytes(key, b"x", media_type=BYTES), keys))
    store.put_bytes("circles/x.json", b"x", media_type=BYTES)
    assert [info.key for info in store.list("recordings/")] == sorted(keys)
    assert [info.key for info in store.list("recordings/ab")] == sorted(
        k for k in keys if k.startswith("recordings/ab")
    )
    assert len(list(store.list())) == 1101


def test_lists_in_order_where_names_are_the_start_of_others(store: ObjectStore) -> None:
    sha = "0" * 64
    keys = [
        f"renditions/{sha}/web/a",
        f"renditions/{sha}/web-1/a",
        f"renditions/{sha}/web.x",
        f"renditions/{sha}/web1/a",
    ]
    keys += ["circles/a.json", "circles/a-b.json", "circles/ab.json"]
    for key in keys:
        store.put_bytes(key, b"x", media_type=BYTES)
    assert [info.key for info in store.list()] == sorted(keys)


@pytest.mark.parametrize(
    "key", ["originals/sha256/ab/abc", "a/b c+d&e=f%20?g#h", "corrections/æøå/ij-1.json", "a/é/日本"]
)
def test_keys_come_back_as_they_were(store: ObjectStore, key: str) -> None:
    store.put_bytes(key, b"x", media_type=BYTES)
    assert store.get_bytes(key).data == b"x"
    assert [info.key for info in store.list()] == [key]


def test_conditions_on_a_write(store: ObjectStore) -> None:
    with pytest.raises(Conflict):
        store.put_bytes("k", b"0", media_type=BYTES, if_match='"0123"')
    assert not store.exists("k")
    first = store.put_bytes("k", b"1", media_type=BYTES, if_absent=True)
    with pytest.raises(Conflict):
        store.put_bytes("k", b"2", media_type=BYTES, if_absent=True)
    second = store.put_bytes("k", b"2", media_type=BYTES, if_match=first)
    with pytest.raises(Conflict):
        store.put_bytes("k", b"3", media_type=BYTES, if_match=first)
    assert store.get_bytes("k").data == b"2"
    assert store.get_bytes("k").etag == second


def test_of_eight_that_make_it_one_wins(store: ObjectStore) -> None:
    for race in range(4):
        key = f"runs/{race}"

        def make(number: int, key: str = key) -> None:
            store.put_bytes(key, b"%d" % number, media_type=BYTES, if_absent=True)

        won = winners(8, make)
        assert len(won) == 1
        assert store.get_bytes(key).data == b"%d" % won[0]


def test_of_eight_that_change_it_one_wins(store: ObjectStore) -> None:
    etag = store.put_bytes("k", b"start", media_type=BYTES)
    for race in range(4):

        def change(number: int, race: int = race, etag: str = etag) -> None:
            store.put_bytes("k", b"%d-%d" % (race, number), media_type=BYTES, if_match=etag)

        won = winners(8, change)
        assert len(won) == 1
        now_there = store.get_bytes("k")
        assert now_there.data == b"%d-%d" % (race, won[0])
        etag = now_there.etag


def test_a_reader_never_sees_half_a_write(store: ObjectStore) -> None:
    whole = [bytes([n]) * 3 * MB for n in range(6)]
    store.put_bytes("k", whole[0], media_type=BYTES)
    done = threading.Event()

    def write() -> None:
        for data in whole:
            store.put_bytes("k", data, media_type=BYTES)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = [store.get_bytes("k").data]
    while not done.is_set():
        seen.append(store.get_bytes("k").data)
    writer.join()
    assert all(data in whole for data in seen)
    assert all(whole.index(a) <= whole.index(b) for a, b in pairwise(seen))
