"""A store that cannot give back one object, of whatever kind: everything else goes on, and what it is is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kring.errors import Damaged, DiskFull
from kring.model import Manifest
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.keys import FINDINGS, INDEX_OWNER, activity_key, circle_key, manifest_key, request_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.port import Fetched
from storage.verify.findings import DamageKind, read_findings
from storage.verify.verify import inspect, verify
from tests.contract.storage.test_archive import ID
from tests.contract.storage.test_object_store import BYTES
from tests.contract.storage.test_verify import NAMES, keys, published


class Rotten(MemoryStore):
    """Cannot read `rotten`, and refuses to write where `full`."""

    rotten = ""
    full = False

    def get_bytes(self, key: str) -> Fetched:
        self._rot(key)
        return super().get_bytes(key)

    def open(self, key: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]
        self._rot(key)
        return super().open(key, start, end)

    def put_bytes(self, key: str, data: bytes, **condition) -> str:  # type: ignore[no-untyped-def]
        if self.full:
            raise DiskFull("full")
        return super().put_bytes(key, data, **condition)

    def _rot(self, key: str) -> None:
        if key == self.rotten:
            raise Damaged(f"{key} is damaged")


KEYS: dict[str, Callable[[Manifest], str]] = {
    **{name: (lambda manifest, name=name: keys(manifest)[name]) for name in NAMES},  # type: ignore[misc]
    "manifest": lambda _: manifest_key(ID),
    "circle": lambda _: circle_key("personvern"),
    "activity": lambda _: activity_key(ID),
    "request": lambda _: request_key(ID),
    "owner": lambda _: INDEX_OWNER,
}


@pytest.mark.parametrize("name", KEYS)
def test_verify_names_it_and_nothing_else_fails(name: str) -> None:
    store = Rotten()
    archive = Archive(store)
    key = KEYS[name](published(archive))
    if not store.exists(key):
        store.put_bytes(key, b"{}", media_type=BYTES)
    store.rotten = key
    found = verify(archive, deep=True).damages
    assert [(one.key, one.kind) for one in found] == [(key, DamageKind.UNREADABLE)]
    assert read_findings(store) == found
    assert len(list(archive.manifests())) == (0 if name == "manifest" else 1)
    assert len(archive.circles()) == (0 if name == "circle" else 1)
    assert len(archive.corrections(ID)) == (0 if name == "correction" else 1)
    assert Leases(store, lease_seconds=60).take(ID, "somebody")
    Requests(store).all()
    Requests(store).take_up(ID)
    if name not in {"activity", "request", "owner", "circle"}:
        assert [one.key for one in inspect(archive, ID)] == [key]


def test_findings_that_cannot_be_read_or_written_hide_no_report() -> None:
    store = Rotten()
    archive = Archive(store)
    whole = published(archive)
    store.delete(whole.original.key)
    assert verify(archive).not_kept == ""
    store.rotten = FINDINGS
    assert [one.key for one in verify(archive, deep=True).damages] == [whole.original.key]
    store.full = True
    report = verify(archive, deep=True)
    assert ([one.key for one in report.damages], report.not_kept) == ([whole.original.key], "full")


def test_an_error_about_one_object_is_said_of_that_object() -> None:
    class Forbidding(Rotten):
        def _rot(self, key: str) -> None:
            if key == self.rotten:
                raise DiskFull("the server says that it is full")

    store = Forbidding()
    archive = Archive(store)
    whole = published(archive)
    store.rotten = whole.original.key
    report = verify(archive, deep=True)
    assert [(one.key, one.kind) for one in report.damages] == [(whole.original.key, DamageKind.UNREADABLE)]
