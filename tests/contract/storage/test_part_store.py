"""The promise of `storage.parts.PartStore`, kept in memory and by S3 on a real SeaweedFS."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from kring.errors import Conflict, NotFound, StorageDown
from storage import BROUGHT_UPLOAD, CRASHED_UPLOAD, open_parts, patience
from storage.keys import incoming_key
from storage.parts import MIN_PART, PartStore
from storage.port import ObjectStore
from storage.s3.store import S3Store
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.stack.seaweed import Weed

KEY = incoming_key("0123456789abcdef")
BYTES = "application/octet-stream"


@pytest.fixture
def parts(store: ObjectStore) -> PartStore:
    return open_parts(store)


def test_parts_become_the_object_in_their_order(store: ObjectStore, parts: PartStore) -> None:
    first, second = os.urandom(MIN_PART), b"the end"
    parts_id = parts.begin(KEY, media_type=BYTES)
    late = parts.put_part(KEY, parts_id, 2, second)
    early = parts.put_part(KEY, parts_id, 1, first)
    assert not store.exists(KEY)
    parts.complete(KEY, parts_id, [(2, late), (1, early)])
    assert store.get_bytes(KEY).data == first + second


def test_it_knows_what_has_arrived(parts: PartStore) -> None:
    parts_id = parts.begin(KEY, media_type=BYTES)
    assert parts.parts(KEY, parts_id) == []
    tags = {number: parts.put_part(KEY, parts_id, number, bytes(number)) for number in (3, 1)}
    assert [(part.number, part.size, part.etag) for part in parts.parts(KEY, parts_id)] == [
        (1, 1, tags[1]),
        (3, 3, tags[3]),
    ]


def test_it_knows_more_than_a_page_of_parts(parts: PartStore) -> None:
    parts_id = parts.begin(KEY, media_type=BYTES)
    for number in range(1, 1006):
        parts.put_part(KEY, parts_id, number, b"x")
    assert [part.number for part in parts.parts(KEY, parts_id)] == list(range(1, 1006))


def test_a_part_that_is_sent_again_replaces_the_older_one(store: ObjectStore, parts: PartStore) -> None:
    parts_id = parts.begin(KEY, media_type=BYTES)
    parts.put_part(KEY, parts_id, 1, b"old")
    time.sleep(1.1)  # SeaweedFS tells the time of parts in whole seconds
    tag = parts.put_part(KEY, parts_id, 1, bytearray(b"newer"))
    assert [part.size for part in parts.parts(KEY, parts_id)] == [5]
    parts.complete(KEY, parts_id, [(1, tag)])
    assert store.get_bytes(KEY).data == b"newer"


def test_a_part_that_never_arrived_is_refused(store: ObjectStore, parts: PartStore) -> None:
    parts_id = parts.begin(KEY, media_type=BYTES)
    tag = parts.put_part(KEY, parts_id, 1, b"one")
    with pytest.raises(Conflict):
        parts.complete(KEY, parts_id, [(1, tag), (2, tag)])
    assert not store.exists(KEY)


@pytest.mark.parametrize("end", ["completed", "aborted", "never begun"])
def test_parts_that_are_gone_say_so(parts: PartStore, end: str) -> None:
    parts_id = parts.begin(KEY, media_type=BYTES)
    tag = parts.put_part(KEY, parts_id, 1, b"one")
    if end == "completed":
        parts.complete(KEY, parts_id, [(1, tag)])
    elif end == "aborted":
        parts.abort(KEY, parts_id)
    else:
        parts_id = uuid4().hex
    with pytest.raises(NotFound):
        parts.put_part(KEY, parts_id, 2, b"two")
    with pytest.raises(NotFound):
        parts.parts(KEY, parts_id)
    if end != "completed":
        with pytest.raises(NotFound):
            parts.complete(KEY, parts_id, [(1, tag)])
    parts.abort(KEY, parts_id)


def test_an_aborted_upload_leaves_the_object_that_was_there(store: ObjectStore, parts: PartStore) -> None:
    store.put_bytes(KEY, b"before", media_type=BYTES)
    parts_id = parts.begin(KEY, media_type=BYTES)
    parts.put_part(KEY, parts_id, 1, b"one")
    parts.abort(KEY, parts_id)
    assert store.get_bytes(KEY).data == b"before"


def test_two_uploads_to_one_key_do_not_know_each_other(store: ObjectStore, parts: PartStore) -> None:
    one, other = parts.begin(KEY, media_type=BYTES), parts.begin(KEY, media_type=BYTES)
    assert one != other
    parts.put_part(KEY, one, 1, b"one")
    tag = parts.put_part(KEY, other, 1, b"other")
    parts.abort(KEY, one)
    parts.complete(KEY, other, [(1, tag)])
    assert store.get_bytes(KEY).data == b"other"


# S3 alone


@pytest.fixture
def s3(seaweed: Weed) -> Iterator[S3Store]:
    store = seaweed.store()
    yield store
    store.close()


def test_a_presigned_address_takes_the_part(s3: S3Store) -> None:
    parts = open_parts(s3)
    parts_id = parts.begin(KEY, media_type=BYTES)
    address = parts.presign_part(KEY, parts_id, 1, expires=60)
    answer = httpx.put(address, content=b"straight from the browser", timeout=PATIENCE)
    assert answer.status_code == 200
    parts.complete(KEY, parts_id, [(1, answer.headers["etag"])])
    assert s3.get_bytes(KEY).data == b"straight from the browser"
    refused = httpx.put(address.replace("partNumber=1", "partNumber=2"), content=b"another part", timeout=PATIENCE)
    assert refused.status_code == 403


def test_a_presigned_address_is_the_one_that_browsers_reach(s3: S3Store, seaweed: Weed) -> None:
    parts = open_parts(s3, f"http://localhost:{seaweed.port}")
    parts_id = parts.begin(KEY, media_type=BYTES)
    address = parts.presign_part(KEY, parts_id, 1, expires=60)
    assert address.startswith(f"http://localhost:{seaweed.port}/{s3.bucket}/incoming/")
    assert seaweed.secret_key not in address
    assert httpx.put(address, content=b"x", timeout=PATIENCE).status_code == 200


def test_what_people_bring_waits_longer_than_what_programs_send(s3: S3Store) -> None:
    assert patience(KEY) == BROUGHT_UPLOAD > CRASHED_UPLOAD == patience("originals/sha256/ab/abc")
    parts = open_parts(s3)
    brought, crashed = parts.begin(KEY, media_type=BYTES), parts.begin("originals/x", media_type=BYTES)
    abandoned = s3.abandon_uploads(lambda key: timedelta(0) if patience(key) == CRASHED_UPLOAD else timedelta(1))
    assert abandoned == 1
    assert parts.parts(KEY, brought) == []
    with pytest.raises(NotFound):
        parts.parts("originals/x", crashed)


def test_a_server_that_does_not_answer() -> None:
    nobody = S3Store(
        endpoint=f"http://127.0.0.1:{free_port()}",
        bucket="none",
        access_key="a",
        secret_key="b",
        region="us-east-1",
    )
    parts = open_parts(nobody)
    with pytest.raises(StorageDown):
        parts.begin(KEY, media_type=BYTES)
    with pytest.raises(StorageDown):
        parts.put_part(KEY, "x", 1, b"")
    with pytest.raises(StorageDown):
        parts.parts(KEY, "x")
