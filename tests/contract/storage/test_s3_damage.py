"""A byte that turns on SeaweedFS's disk: what reads it says that it is damaged, at once and for good, and nothing else
is concerned."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kring.errors import Damaged, StorageDown
from storage.s3.store import S3Store
from tests.contract.storage.test_object_store import BYTES, MB
from tests.support.stack.seaweed import Weed, flip_byte

SMALL, LARGE = random.Random(2).randbytes(3000), random.Random(3).randbytes(18 * MB)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    """A store with `small` and `large`, damaged (the large one in its second half), and `whole` between them."""
    folder = tmp_path_factory.mktemp("damaged")
    weed = Weed(folder / "weed").start()
    store = weed.store()
    store.put_bytes("small", SMALL, media_type=BYTES)
    store.put_bytes("whole", b"whole" * 500, media_type=BYTES)
    (folder / "large").write_bytes(LARGE)
    store.put_file("large", folder / "large", media_type=BYTES)
    weed.stop()
    flip_byte(weed.folder, SMALL[:200])
    flip_byte(weed.folder, LARGE[12 * MB : 12 * MB + 200])
    weed.start()
    yield store
    weed.kill()


@pytest.mark.parametrize("key", ["small", "large"])
def test_no_way_of_reading_calls_it_an_outage(damaged: S3Store, key: str, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=f"{key} is damaged"):
        damaged.get_bytes(key)
    with pytest.raises(Damaged, match=f"{key} is damaged"):
        damaged.get_file(key, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(Damaged, match=f"{key} is damaged"):
        read_through(damaged, key)


def read_through(store: S3Store, key: str) -> None:
    with store.open(key) as stream:
        while stream.read(MB):
            pass


def test_what_lies_beside_it_can_be_read(damaged: S3Store) -> None:
    assert damaged.get_bytes("whole").data == b"whole" * 500
    with damaged.open("large", 0, 1000) as stream:
        assert stream.read() == LARGE[:1000]


def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    weed = Weed(tmp_path / "weed").start()
    store = weed.store()
    store.put_bytes("whole", b"whole", media_type=BYTES)
    weed.kill()
    with pytest.raises(StorageDown):
        store.get_bytes("whole")
