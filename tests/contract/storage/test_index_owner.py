"""Two machines, one archive: the second one refuses in a sentence, and starts nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from index.memory import MemoryIndex
from kring.errors import SetupError, StorageDown
from kring.model import now
from kring.settings import SearchSettings, Settings
from services.ports import Ports, open_ports
from services.rebuild_index import rebuild_index
from services.search_index import ownership as index_ownership
from services.search_index.ownership import OwnedIndex, place_of
from storage import index_owner
from storage.documents import JSON, write_document
from storage.index_owner import LAPSED, IndexOwner, IndexPlace, Ownership, blocks
from storage.keys import INDEX_OWNER
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.stack.ports import free_port
from tests.support.stack.seaweed import Weed, seaweed
from tests.support.web import sample_archive

__all__ = ["seaweed"]

A = IndexPlace(host="a.1", folder="/srv/kring")
B = IndexPlace(host="b.2", folder="/srv/kring")
ELSEWHERE = "Another Kring indexes this archive"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (A, B, False),
        (A, IndexPlace(host="a.1", folder="/srv/other"), False),
        (
            A,
            IndexPlace(host="a.1", folder="/srv/kring", meilisearch="http://127.0.0.1:7700"),
            True,
        ),  # changed its engine
        (
            IndexPlace(host="a.1", folder="/srv/kring", meilisearch="http://127.0.0.1:7700"),
            IndexPlace(host="a.1", folder="/srv/worker", meilisearch="http://127.0.0.1:7700"),
            True,
        ),
        (
            IndexPlace(host="a.1", folder="/srv/kring", meilisearch="http://127.0.0.1:7700"),
            IndexPlace(host="b.2", folder="/srv/kring", meilisearch="http://127.0.0.1:7700"),
            False,  # each has its own
        ),
        (IndexPlace(meilisearch="http://search:7700"), IndexPlace(meilisearch="https://search.example.org"), True),
        (A, IndexPlace(meilisearch="http://search:7700"), False),
    ],
)
def test_when_two_feed_one_index(one: IndexPlace, other: IndexPlace, same: bool) -> None:
    assert one.is_same(other) is other.is_same(one) is same
    assert blocks(IndexOwner(place=one, beat_at=now()), other, now()) is not same


def test_an_owner_that_is_gone_stands_in_nobodys_way() -> None:
    owner = IndexOwner(place=A, beat_at=now())
    assert blocks(owner, B, now() + LAPSED / 2)
    assert not blocks(owner, B, now() + LAPSED * 1.01)
    assert not blocks(owner.model_copy(update={"released": True}), B, now())
    assert not blocks(None, B, now())


def test_the_second_waits_until_the_first_has_ended(store: ObjectStore) -> None:
    first, second = Ownership(store, A), Ownership(store, B)
    second.require()
    first.claim()
    first.claim()
    for ask in (second.require, second.claim):
        with pytest.raises(SetupError, match=rf"{ELSEWHERE} \(on a, data folder /srv/kring; .*MEILI_URL"):
            ask()
    second.release()  # is not its own
    with pytest.raises(SetupError, match=ELSEWHERE):
        second.claim()
    first.release()
    second.claim()
    with pytest.raises(SetupError, match="on b"):
        first.claim()


def test_taken_over_on_purpose_and_after_a_long_silence(store: ObjectStore) -> None:
    first, second = Ownership(store, A), Ownership(store, B)
    first.claim()
    second.claim(take_over=True)
    with pytest.raises(SetupError, match=ELSEWHERE):
        first.claim()
    silent = IndexOwner(place=B, beat_at=now() - LAPSED * 1.1)
    store.put_bytes(INDEX_OWNER, write_document(silent), media_type=JSON)
    first.claim()
    store.put_bytes(INDEX_OWNER, b"{", media_type=JSON)  # damaged: nobody's
    second.claim()


def test_of_many_at_once_one_has_it(store: ObjectStore) -> None:
    def claim(number: int) -> bool:
        try:
            Ownership(store, IndexPlace(host=f"{number}.x", folder="/srv")).claim()
        except SetupError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_who_is_taken_over_hears_of_it_and_who_ends_lets_go(store: ObjectStore) -> None:
    lost = Event()
    with OwnedIndex(Ownership(store, A), lambda _: lost.set(), every=0.05):
        Ownership(store, B).claim(take_over=True)
        assert lost.wait(PATIENCE)
    with pytest.raises(SetupError, match="on b"):
        Ownership(store, A).claim()
    with OwnedIndex(Ownership(store, B), lambda _: None, every=30):
        pass
    Ownership(store, A).claim()


def test_a_store_that_is_down_for_a_moment_ends_nobody(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, asked = Event(), Event()
    with OwnedIndex(Ownership(store, A), lambda _: lost.set(), every=0.05):

        def down(_: str) -> None:
            asked.set()
            raise StorageDown("no answer")

        with monkeypatch.context() as patch:
            patch.setattr(store, "get_bytes", down)
            assert asked.wait(PATIENCE)
        assert not lost.is_set()


@pytest.fixture
def machines(seaweed: Weed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Settings, Settings]]:
    """Two data folders over one bucket; the first one's Kring runs."""
    first = seaweed.settings(tmp_path / "first").model_copy(update={"search": SearchSettings(engine="embedded")})
    second = first.model_copy(update={"data_dir": tmp_path / "second"})
    monkeypatch.setattr(index_ownership, "host", lambda: "machine.a")
    ports = open_ports(first)
    with OwnedIndex(Ownership(ports.archive.store, place_of(first)), lambda _: None):
        sample_archive.fill(ports.archive, MemoryIndex())
        rebuild_index(ports)
        monkeypatch.setattr(index_ownership, "host", lambda: "machine.b")
        yield first, second


def test_nothing_of_the_second_machine_touches_an_index(machines: tuple[Settings, Settings]) -> None:
    first, second = machines
    ports: Ports = open_ports(second)
    for use in (lambda: ports.index, lambda: rebuild_index(ports)):
        with pytest.raises(SetupError, match=ELSEWHERE):
            use()
    assert not second.index_dir.exists()
    report = verify(open_ports(first).archive)
    assert INDEX_OWNER not in {orphan.key for orphan in report.orphans or ()}


@pytest.mark.parametrize(
    "command",
    [
        ["cli.main", "up"],
        ["flows.worker"],
        ["search_ui"],
        ["cli.main", "reindex"],
        ["cli.main", "reconcile"],
        ["cli.main", "search", "personvern"],
        ["cli.main", "add", "samples/privacy-shared-services.m4a", "--circle", "personvern-nord"],
        ["cli.main", "retranscribe", "--all", "--yes"],
    ],
)
def test_every_program_refuses_there_in_one_sentence(
    machines: tuple[Settings, Settings], tmp_path: Path, command: list[str]
) -> None:
    first, second = machines
    assert second.s3_secret_key is not None
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KRING_", "MEILI_", "PREFECT_"))}
    before = [info.key for info in open_ports(first).archive.store.list()]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env={
            **clean,
            "KRING_CONFIG": os.devnull,
            "KRING_DATA_DIR": str(second.data_dir),
            "KRING_BUCKET": second.bucket,
            "KRING_SEARCH__ENGINE": "embedded",
            "AWS_ENDPOINT_URL": str(second.s3_endpoint),
            "AWS_ACCESS_KEY_ID": str(second.s3_access_key),
            "AWS_SECRET_ACCESS_KEY": second.s3_secret_key.get_secret_value(),
            "PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api",  # nobody answers: nothing is asked of it
        },
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert ELSEWHERE in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert [info.key for info in open_ports(first).archive.store.list()] == before


def test_the_beat_is_much_shorter_than_the_lease() -> None:
    assert LAPSED.total_seconds() > 20 * index_owner.BEAT_SECONDS
