"""The API for bringing recordings in with a browser, over the store in memory and over a real SeaweedFS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from kring.errors import NotFound
from kring.intake.uploads import UploadState, attempt_of, item_of, source_of
from kring.model import Manifest, Original, SourceRef, now
from kring.settings import MediaLimits
from storage import open_parts
from storage.keys import incoming_key
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.patience import PATIENCE
from tests.support.stack.seaweed import Weed
from tests.support.web.upload_site import DETAILS, MIB, Uploading, announced, uploading
from transcribe.containers.kinds import SUFFIXES

RECORDING = os.urandom(16 * MIB) + b"the last part"
SMALL = b"a recording of few bytes"
BYTES = "application/octet-stream"


@pytest.fixture
def site(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    with uploading(store, tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.fixture
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    """Over the store in memory alone."""
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def test_a_file_in_two_parts_arrives_and_a_run_is_asked_for(site: Uploading) -> None:
    begun = site.begin(RECORDING)
    assert begun == {
        "id": source_of(announced(RECORDING)["sha256"]).recording_id,
        "partSize": 16 * MIB,
        "url": f"/r/{begun['id']}",
    }
    site.send(begun["id"], RECORDING)
    answer = site.complete(begun["id"])
    assert answer.json() == {"id": begun["id"], "url": begun["url"], "started": True, "note": ""}
    assert site.archive.store.get_bytes(incoming_key(begun["id"])).data == RECORDING
    upload = site.archive.upload(begun["id"])
    assert upload.state is UploadState.ARRIVED
    (asked,) = site.runs.asked.values()
    assert asked["recording_id"] == begun["id"]
    assert asked["item"] == item_of(upload)
    assert asked["item"]["attempt"] in next(iter(site.runs.asked))
    assert verify(site.archive).orphans == ()


def test_it_goes_on_with_what_has_arrived(site: Uploading) -> None:
    begun = site.begin(RECORDING)
    site.send(begun["id"], RECORDING, numbers=range(2, 3))
    checked = site.web.post("/api/uploads/check", json=announced(RECORDING)).json()
    assert checked == {"recording": None, "upload": {"id": begun["id"], "received": len(b"the last part")}}
    again = site.begin(RECORDING, expect=200, title="A better title")
    assert again == begun
    assert site.archive.upload(begun["id"]).details.title == "A better title"
    (there,) = site.web.get(f"/api/uploads/{begun['id']}/parts").json()
    assert (there["PartNumber"], there["Size"]) == (2, 13)
    site.send(begun["id"], RECORDING, numbers=range(1, 2))
    assert site.complete(begun["id"]).status_code == 200


def test_completing_is_harmless_to_repeat(site: Uploading) -> None:
    begun = site.begin(SMALL)
    site.send(begun["id"], SMALL)
    first, second = site.complete(begun["id"]), site.complete(begun["id"])
    assert first.json() == second.json()
    assert len(site.runs.asked) == 1


def test_after_a_crash_between_completing_and_the_mark(site: Uploading) -> None:
    begun = site.begin(RECORDING)
    site.send(begun["id"], RECORDING)
    upload, parts = site.archive.upload(begun["id"]), open_parts(site.archive.store)
    key = incoming_key(upload.id)
    parts.complete(key, upload.parts_id, [(part.number, part.etag) for part in parts.parts(key, upload.parts_id)])
    assert site.begin(RECORDING, expect=200)["id"] == begun["id"]
    assert [part["Size"] for part in site.web.get(f"/api/uploads/{begun['id']}/parts").json()] == [16 * MIB, 13]
    assert site.complete(begun["id"]).status_code == 200
    assert site.archive.upload(begun["id"]).state is UploadState.ARRIVED


def test_two_who_complete_at_once(site: Uploading) -> None:
    begun = site.begin(SMALL)
    site.send(begun["id"], SMALL)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: site.complete(begun["id"]).status_code, range(4)))
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert site.complete(begun["id"]).status_code == 200


def test_what_was_abandoned_begins_again(site: Uploading) -> None:
    begun = site.begin(SMALL)
    site.send(begun["id"], SMALL)
    upload = site.archive.upload(begun["id"])
    open_parts(site.archive.store).abort(incoming_key(upload.id), upload.parts_id)
    answer = site.web.put(f"/api/uploads/{upload.id}/parts/1", content=SMALL)
    assert answer.status_code == 404
    site.begin(SMALL, expect=200)
    assert attempt_of(site.archive.upload(upload.id)) != attempt_of(upload)
    site.send(upload.id, SMALL)
    assert site.complete(upload.id).status_code == 200


def test_taken_back_there_is_nothing_left(site: Uploading) -> None:
    begun = site.begin(SMALL)
    site.send(begun["id"], SMALL)
    upload = site.archive.upload(begun["id"])
    assert site.web.delete(f"/api/uploads/{begun['id']}").status_code == 204
    with pytest.raises(NotFound):
        site.archive.upload(begun["id"])
    with pytest.raises(NotFound):
        open_parts(site.archive.store).parts(incoming_key(upload.id), upload.parts_id)
    assert site.web.get("/api/uploads").json() == []


def test_what_has_arrived_is_not_taken_back(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    quick.send(begun["id"], SMALL)
    quick.complete(begun["id"])
    assert quick.web.delete(f"/api/uploads/{begun['id']}").status_code == 409
    assert quick.archive.store.exists(incoming_key(begun["id"]))


def test_where_prefect_is_down_it_has_arrived_all_the_same(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    quick.send(begun["id"], SMALL)
    quick.runs.down = True
    answer = quick.complete(begun["id"])
    assert answer.status_code == 200
    assert not answer.json()["started"]
    assert "by itself" in answer.json()["note"]
    assert quick.archive.upload(begun["id"]).state is UploadState.ARRIVED


# Parts


def test_parts_of_another_size_and_beyond_the_end_are_refused(quick: Uploading) -> None:
    begun = quick.begin(RECORDING)
    address = f"/api/uploads/{begun['id']}/parts"
    for number, size in ((1, 16 * MIB - 1), (2, 12), (2, 14), (3, 13), (0, 13)):
        answer = quick.web.put(f"{address}/{number}", content=bytes(size))
        assert answer.status_code == 400, (number, size)
        assert answer.json()["error"].endswith("."), (number, size)
    assert quick.web.post(f"{address}/3").status_code == 400
    assert quick.web.get(address).json() == []


def test_a_part_says_how_long_it_is(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    answer = quick.web.put(f"/api/uploads/{begun['id']}/parts/1", content=iter([SMALL]))
    assert answer.status_code == 411


def test_a_missing_part_is_named(quick: Uploading) -> None:
    begun = quick.begin(RECORDING)
    quick.send(begun["id"], RECORDING, numbers=range(1, 2))
    answer = quick.complete(begun["id"])
    assert answer.status_code == 409
    assert "Part 2" in answer.json()["error"]


def test_parts_go_straight_to_the_store_where_the_settings_say_so(
    seaweed: Weed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = seaweed.store()
    reached_at = f"http://localhost:{seaweed.port}"
    with uploading(store, tmp_path_factory.mktemp("data"), uploads_to=reached_at) as site:
        begun = site.begin(RECORDING)
        address = site.web.post(f"/api/uploads/{begun['id']}/parts/1").json()
        assert address["method"] == "PUT"
        assert address["url"].startswith(reached_at)
        site.send(begun["id"], RECORDING)
        assert site.complete(begun["id"]).status_code == 200
        assert store.get_bytes(incoming_key(begun["id"])).data == RECORDING
    store.close()


def test_what_is_not_as_long_as_was_said_is_not_taken(seaweed: Weed, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = seaweed.store()
    with uploading(store, tmp_path_factory.mktemp("data"), uploads_to=seaweed.endpoint) as site:
        begun = site.begin(SMALL)
        address = site.web.post(f"/api/uploads/{begun['id']}/parts/1").json()
        assert httpx.put(address["url"], content=SMALL[:-1], timeout=PATIENCE).status_code == 200
        assert site.complete(begun["id"]).status_code == 409
        assert not store.exists(incoming_key(begun["id"]))
        site.begin(SMALL, expect=200)
        site.send(begun["id"], SMALL)
        assert site.complete(begun["id"]).status_code == 200
    store.close()


# What is refused before it is sent


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ({"name": "minutes.docx", "size": 5, "type": ""}, "choose a video or audio"),
        ({"name": "meeting.mp4", "size": 0, "type": "video/mp4"}, "empty"),
        ({"name": "meeting.mp4", "size": 60_000_000_000, "type": "video/mp4"}, "at most 50 GB"),
    ],
)
def test_what_cannot_be_taken(quick: Uploading, file: dict[str, object], says: str) -> None:
    answer = quick.web.post("/api/uploads/check", json=file)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    announced_so = file | {"sha256": "0" * 64, "details": DETAILS}
    assert quick.web.post("/api/uploads", json=announced_so).status_code == 400
    assert list(quick.archive.uploads()) == []


def test_every_kind_is_taken_by_its_name(quick: Uploading) -> None:
    """Browsers know no type for many of them."""
    for name in (name for suffix in SUFFIXES for name in (f"Møte{suffix}", f"MEETING{suffix.upper()}")):
        answer = quick.web.post("/api/uploads/check", json={"name": name, "size": 5, "type": ""})
        assert answer.json() == {"recording": None, "upload": None}, name


def test_a_recording_without_an_ending_but_with_a_type_is_taken(quick: Uploading) -> None:
    answer = quick.web.post("/api/uploads/check", json={"name": "voice", "size": 5, "type": "audio/x-m4a"})
    assert answer.json() == {"recording": None, "upload": None}


def test_where_the_disk_has_no_room(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = MediaLimits(spare_disk_mb=10**9)
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data"), media=limits) as site:
        answer = site.web.post("/api/uploads/check", json=announced(SMALL))
        assert answer.status_code == 400
        assert "no room" in answer.json()["error"]


@pytest.mark.parametrize(
    ("details", "says"),
    [
        ({"circle": "nowhere"}, "privacy"),
        ({"title": ""}, "title"),
        ({"date": "yesterday"}, "date"),
        ({"language": "xx"}, "not a language"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_details_that_are_wrong_name_what_is(quick: Uploading, details: dict[str, object], says: str) -> None:
    answer = quick.web.post("/api/uploads", json=announced(SMALL) | {"details": DETAILS | details})
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    begun = quick.begin(SMALL)
    answer = quick.web.patch(f"/api/uploads/{begun['id']}", json={"details": DETAILS | details})
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert quick.archive.upload(begun["id"]).details.title == DETAILS["title"]


def test_details_may_change_on_the_way(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    given = DETAILS | {"language": "no", "organisations": ["Bodø kommune"], "legal_basis": "Samtykke", "visibility": ""}
    answer = quick.web.patch(f"/api/uploads/{begun['id']}", json={"details": given})
    assert answer.status_code == 200
    details = quick.archive.upload(begun["id"]).details
    assert (details.language, details.organisations, details.legal_basis) == ("nb", ("Bodø kommune",), "Samtykke")


@pytest.mark.parametrize("source", ["upload", "feed"])
def test_a_file_the_archive_has_is_not_sent_again(quick: Uploading, source: str) -> None:
    file = announced(SMALL)
    ref = source_of(file["sha256"]) if source == "upload" else SourceRef(source="feed", external_id="episode 1")
    original = Original(sha256=file["sha256"], size=len(SMALL), file_name="meeting.mp4")
    quick.archive.store.put_bytes(original.key, SMALL, media_type=BYTES)
    manifest = Manifest(
        id=ref.recording_id,
        source=ref,
        details=DETAILS,  # type: ignore[arg-type]  # plain data
        original=original,
        received_at=now(),
        changed_at=now(),
    )
    quick.archive.create(manifest)
    found = quick.web.post("/api/uploads/check", json=file).json()["recording"]
    assert found == {"id": manifest.id, "title": DETAILS["title"], "url": f"/r/{manifest.id}"}
    answer = quick.web.post("/api/uploads", json=file | {"details": DETAILS})
    assert answer.status_code == 409
    assert str(DETAILS["title"]) in answer.json()["error"]


def test_one_that_is_waiting_to_be_taken_in_is_not_sent_again(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    quick.send(begun["id"], SMALL)
    quick.complete(begun["id"])
    assert quick.web.post("/api/uploads/check", json=announced(SMALL)).json()["recording"]["id"] == begun["id"]
    quick.begin(SMALL, expect=409)


# Whose it is


def test_nobody_touches_what_somebody_else_is_bringing_in(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    address = f"/api/uploads/{begun['id']}"
    with quick.other() as other:
        for answer in (
            other.get(f"{address}/parts"),
            other.post(f"{address}/parts/1"),
            other.put(f"{address}/parts/1", content=SMALL),
            other.post(f"{address}/complete", json={"parts": []}),
            other.patch(address, json={"details": DETAILS}),
            other.post(f"{address}/files", params={"kind": "attachment", "name": "a.pdf"}, content=b"%PDF-1.7"),
            other.delete(address),
        ):
            assert answer.status_code == 404, answer.request.url
        assert other.get("/api/uploads").json() == []
        assert other.post("/api/uploads/check", json=announced(SMALL)).status_code == 409
        assert other.post("/api/uploads", json=announced(SMALL) | {"details": DETAILS}).status_code == 409
    assert quick.archive.upload(begun["id"]).details.title == DETAILS["title"]


def test_a_browser_that_forgot_who_it_is_goes_on_after_a_while(quick: Uploading) -> None:
    begun = quick.begin(RECORDING)
    quick.send(begun["id"], RECORDING, numbers=range(1, 2))
    key = f"uploads/{begun['id']}.json"
    old = quick.archive.upload(begun["id"])
    silent = old.model_copy(update={"changed_at": now() - timedelta(hours=1)})
    quick.archive.store.put_bytes(key, silent.model_dump_json().encode(), media_type=BYTES)
    with quick.other() as other:
        answer = other.post("/api/uploads", json=announced(RECORDING) | {"details": DETAILS})
        assert answer.status_code == 200
        assert answer.json()["id"] == begun["id"]
        (part,) = other.get(f"/api/uploads/{begun['id']}/parts").json()
        assert part["PartNumber"] == 1
    assert quick.web.get(f"/api/uploads/{begun['id']}/parts").status_code == 404


def test_one_who_is_sending_is_not_taken_for_silent(quick: Uploading) -> None:
    begun = quick.begin(SMALL)
    key = f"uploads/{begun['id']}.json"
    silent = quick.archive.upload(begun["id"]).model_copy(update={"changed_at": now() - timedelta(hours=1)})
    quick.archive.store.put_bytes(key, silent.model_dump_json().encode(), media_type=BYTES)
    quick.send(begun["id"], SMALL)
    assert now() - quick.archive.upload(begun["id"]).changed_at < timedelta(minutes=1)


def test_where_nobody_may_upload_nothing_is_answered(tmp_path_factory: pytest.TempPathFactory) -> None:
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data"), facilitators="nobody") as site:
        recording = "/api/recordings/0123456789abcdef"
        for method, address in (
            ("POST", "/api/uploads/check"),
            ("POST", "/api/uploads"),
            ("GET", "/api/uploads"),
            ("PUT", "/api/uploads/0123456789abcdef/parts/1"),
            ("DELETE", "/api/uploads/0123456789abcdef"),
            ("POST", "/api/uploads/0123456789abcdef/complete"),
            ("POST", f"{recording}/retry"),
            ("POST", f"{recording}/attachments?name=a.pdf"),
            ("DELETE", f"{recording}/attachments/{'0' * 64}"),
        ):
            body = announced(SMALL) | {"details": DETAILS, "parts": []}
            answer = site.web.request(method, address, json=None if method == "GET" else body)
            assert answer.status_code == 403, (method, address, answer.text)


def test_the_list_says_how_far_each_is(quick: Uploading) -> None:
    first, second = quick.begin(RECORDING), quick.begin(SMALL)
    quick.send(first["id"], RECORDING, numbers=range(1, 2))
    quick.send(second["id"], SMALL)
    quick.complete(second["id"])
    newest, oldest = quick.web.get("/api/uploads").json()
    assert (newest["id"], newest["state"], newest["received"]) == (second["id"], "arrived", len(SMALL))
    assert (oldest["id"], oldest["state"], oldest["received"]) == (first["id"], "arriving", 16 * MIB)
    assert oldest["circle_name"] == "Personvern"
    assert oldest["text"]
