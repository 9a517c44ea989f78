"""The record of what people did, over every object store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kring.model import now
from kring.people.audit import Act
from storage.audit import COMMAND, Audit, Doer
from storage.documents import JSON
from storage.keys import AUDIT, audit_key
from storage.port import ObjectStore

KARI = Doer("0" * 16, "Kari Nordli")


@pytest.fixture
def audit(store: ObjectStore) -> Audit:
    return Audit(store)


def filled(audit: Audit, count: int = 5) -> None:
    for number in range(count):
        audit.record(KARI, Act.UPLOAD, f"{number:016x}", "began")


def test_acts_are_kept_in_order_the_newest_first(audit: Audit) -> None:
    audit.record(KARI, Act.SIGN_IN)
    audit.record(COMMAND, Act.ROLES, "privacy", "facilitator of privacy")
    newest, oldest = audit.entries()
    assert (newest.number, newest.by, newest.as_operator, newest.about) == (2, "command", True, "privacy")
    assert (oldest.number, oldest.by_name, oldest.act, oldest.previous) == (1, "Kari Nordli", Act.SIGN_IN, None)
    assert newest.previous is not None
    assert audit.breaks() == []


def test_several_processes_write_one_chain(store: ObjectStore) -> None:
    audits = [Audit(store) for _ in range(4)]

    def write(number: int) -> None:
        audits[number % 4].record(KARI, Act.CORRECT, f"{number:016x}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    entries = list(Audit(store).entries())
    assert [entry.number for entry in entries] == list(range(24, 0, -1))
    assert {entry.about for entry in entries} == {f"{number:016x}" for number in range(24)}
    assert Audit(store).breaks() == []


def test_what_was_altered_taken_out_or_spoilt_is_named(store: ObjectStore, audit: Audit) -> None:
    filled(audit)
    kept = {number: store.get_bytes(audit_key(number)).data for number in range(1, 6)}
    store.put_bytes(audit_key(2), kept[2].replace(b"Kari Nordli", b"Ola Berg"), media_type=JSON)
    assert [found.number for found in audit.breaks()] == [3]
    store.put_bytes(audit_key(2), kept[2], media_type=JSON)
    store.delete(audit_key(3))
    assert [(found.number, found.reason) for found in audit.breaks()] == [(3, "1 entries are gone")]
    store.put_bytes(audit_key(3), kept[4], media_type=JSON)
    assert [found.number for found in audit.breaks()] == [3, 4]
    store.put_bytes(audit_key(3), b"{", media_type=JSON)
    assert [found.number for found in audit.breaks()] == [3]
    assert [entry.number for entry in audit.entries()] == [5, 4, 2, 1]


def test_after_a_damaged_last_entry_it_goes_on(store: ObjectStore, audit: Audit) -> None:
    filled(audit, 2)
    store.put_bytes(audit_key(2), b"{", media_type=JSON)
    assert Audit(store).record(KARI, Act.SIGN_IN).number == 3


def test_old_entries_go_from_the_beginning_and_are_not_missed(store: ObjectStore, audit: Audit) -> None:
    filled(audit, 3)
    assert audit.expire(now() - timedelta(days=1)) == 0
    middle = next(entry.at for entry in audit.entries() if entry.number == 3)
    assert audit.expire(middle) == 2
    assert [entry.number for entry in audit.entries()] == [3]
    assert audit.breaks() == []
    assert audit.record(KARI, Act.SIGN_IN).number == 4
    assert Audit(store).breaks() == []


def test_a_long_saying_is_cut(audit: Audit) -> None:
    assert len(audit.record(KARI, Act.ACCOUNT, None, "x" * 500).says or "") == 300


def test_nothing_else_lies_there(store: ObjectStore, audit: Audit) -> None:
    filled(audit, 2)
    assert [info.key for info in store.list(AUDIT)] == ["audit/0000000001.json", "audit/0000000002.json"]
