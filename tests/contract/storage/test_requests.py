"""What was asked for is kept in the bucket until it was received; that a person cancelled it as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kring.intake.requests import Request
from storage.archive.requests import Requests
from storage.keys import request_key
from storage.port import ObjectStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = Request(id="a" * 16, parameters={"recording_id": "a" * 16, "title": "Talk", "item": None}, asked_at=NOON)


def test_it_is_there_until_it_is_forgotten(store: ObjectStore) -> None:
    requests = Requests(store)
    assert requests.all() == {}
    requests.keep(ONE)
    assert requests.all() == {ONE.id: ONE}
    requests.forget(ONE.id)
    requests.forget(ONE.id)
    assert requests.all() == {}


def test_asked_for_again_it_keeps_its_place_and_is_cancelled_no_more(store: ObjectStore) -> None:
    requests = Requests(store)
    requests.keep(ONE.model_copy(update={"cancelled_at": NOON}))
    requests.keep(ONE.model_copy(update={"asked_at": NOON + timedelta(days=1)}))
    assert requests.all() == {ONE.id: ONE}


def test_whoever_takes_it_up_has_it_no_longer_cancelled(store: ObjectStore) -> None:
    requests = Requests(store)
    requests.take_up(ONE.id)
    assert requests.all() == {}
    requests.keep(ONE.model_copy(update={"cancelled_at": NOON}))
    requests.take_up(ONE.id)
    assert requests.all() == {ONE.id: ONE}


def test_a_damaged_one_hides_no_other(store: ObjectStore) -> None:
    requests = Requests(store)
    store.put_bytes(request_key("b" * 16), b"{", media_type="application/json")
    requests.keep(ONE)
    assert requests.all() == {ONE.id: ONE}
