"""Documents and transcripts that come with uploads and recordings, over the API; and having one tried again."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from kring.intake.uploads import UploadState, source_of
from kring.model import Activity, Attachment, Manifest, Original, Pages, Problem, State, Step, now
from search_ui.recording.attachments import MAX_ATTACHMENTS
from storage.archive.archive import Archive
from storage.documents import write_document
from storage.keys import activity_key, rendition_key
from storage.leases import owner_name
from storage.memory.store import MemoryStore
from storage.verify.verify import verify
from tests.support.media.pdf import pdf
from tests.support.web.upload_site import DETAILS, Uploading, uploading

SMALL = b"a recording of few bytes"
SLIDES = pdf("Kunstig intelligens i Bodø")
VTT = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHei.\n"
BYTES = "application/octet-stream"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def add(site: Uploading, upload_id: str, kind: str, name: str, data: bytes, **more: str) -> httpx.Response:
    params = {"kind": kind, "name": name} | more
    return site.web.post(f"/api/uploads/{upload_id}/files", params=params, content=data)


def recording(archive: Archive, data: bytes = SMALL, **more: Any) -> Manifest:
    digest = sha256(data).hexdigest()
    original = Original(sha256=digest, size=len(data), file_name="meeting.mp4")
    archive.store.put_bytes(original.key, data, media_type=BYTES)
    values: dict[str, Any] = {
        "id": source_of(digest).recording_id,
        "source": source_of(digest),
        "details": DETAILS,
        "original": original,
        "state": State.PUBLISHED,
        "brought_by": "somebody",
        "received_at": now(),
        "changed_at": now(),
    }
    return archive.create(Manifest(**values | more))


# With an upload


def test_a_document_and_a_transcript_come_with_an_upload(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    answer = add(site, upload_id, "attachment", "Lysark_mars.pdf", SLIDES)
    assert answer.status_code == 201
    assert answer.json() == {"sha256": sha256(SLIDES).hexdigest(), "title": "Lysark mars", "size": len(SLIDES)}
    assert add(site, upload_id, "transcript", "meeting.vtt", VTT).status_code == 201
    upload = site.archive.upload(upload_id)
    (attachment,) = upload.attachments
    assert site.archive.store.get_bytes(attachment.original.key).data == SLIDES
    assert upload.captions is not None
    assert site.archive.store.get_bytes(upload.captions.key).data == VTT
    assert verify(site.archive).orphans == ()
    assert list(site.settings.work_dir.iterdir()) == []


def test_the_text_that_teams_and_word_save_comes_with_an_upload_too(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    text = b"Kari Nordli   0:03\nGod morgen.\n"
    assert add(site, upload_id, "transcript", "Budsjett (norsk).txt", text).status_code == 201
    captions = site.archive.upload(upload_id).captions
    assert captions is not None
    assert captions.file_name == "Budsjett (norsk).txt"


def test_the_same_document_comes_once_and_can_be_left_out_again(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    kept = [add(site, upload_id, "attachment", name, SLIDES, title="Lysark").json() for name in ("a.pdf", "b.pdf")]
    assert [one.title for one in site.archive.upload(upload_id).attachments] == ["Lysark"]
    add(site, upload_id, "transcript", "meeting.vtt", VTT)
    assert site.web.delete(f"/api/uploads/{upload_id}/files/{kept[0]['sha256']}").status_code == 204
    upload = site.archive.upload(upload_id)
    assert upload.attachments == ()
    assert upload.captions is not None
    site.web.delete(f"/api/uploads/{upload_id}/files/{upload.captions.sha256}")
    assert site.archive.upload(upload_id).captions is None


@pytest.mark.parametrize(
    ("kind", "name", "data", "says"),
    [
        ("attachment", "a.pdf", b"<html>%PDF-1.7", "a.pdf is not a PDF"),
        ("attachment", "a.pdf", b"", "is empty"),
        ("transcript", "a.vtt", b"WEBVTT\n\n00:00 --> never\nHei.\n", "Line 3"),
        ("transcript", "a.docx", b"PK\x03\x04", "Word document cannot be read"),
        ("transcript", "a.vtt", b"WEBVTT\n", "no captions with text"),
        ("transcript", "a.vtt", b"WEBVTT\n\n" + bytes(20_000_000), "at most 20 MB"),
    ],
)
def test_files_that_cannot_be_used_say_why(site: Uploading, kind: str, name: str, data: bytes, says: str) -> None:
    upload_id = site.begin(SMALL)["id"]
    before = [info.key for info in site.archive.store.list()]
    answer = add(site, upload_id, kind, name, data)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert [info.key for info in site.archive.store.list()] == before


def test_what_was_taken_in_meanwhile_is_changed_on_its_own_page(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    recording(site.archive)
    assert add(site, upload_id, "attachment", "a.pdf", SLIDES).status_code == 409
    assert site.web.patch(f"/api/uploads/{upload_id}", json={"details": DETAILS}).status_code == 409


# With a recording


def attach(site: Uploading, recording_id: str, name: str = "Lysark.pdf", data: bytes = SLIDES) -> httpx.Response:
    return site.web.post(f"/api/recordings/{recording_id}/attachments", params={"name": name}, content=data)


def test_a_document_for_a_recording_and_a_run_that_reads_it(site: Uploading) -> None:
    manifest = recording(site.archive)
    answer = attach(site, manifest.id)
    assert answer.status_code == 201
    kept = answer.json()
    assert kept["url"] == f"/r/{manifest.id}/attachments/{sha256(SLIDES).hexdigest()}"
    assert kept["started"]
    assert [one.title for one in site.archive.manifest(manifest.id).attachments] == ["Lysark"]
    (asked,) = site.runs.asked.values()
    assert (asked["recording_id"], asked["item"]) == (manifest.id, None)
    assert attach(site, manifest.id).status_code == 201
    assert len(site.archive.manifest(manifest.id).attachments) == 1
    assert site.web.delete(f"/api{kept['url'].replace('/r/', '/recordings/')}").status_code == 204
    assert site.archive.manifest(manifest.id).attachments == ()
    assert len(site.runs.asked) == 2
    assert site.web.delete(f"/api{kept['url'].replace('/r/', '/recordings/')}").status_code == 404


def test_it_is_kept_where_no_run_can_be_asked_for(site: Uploading) -> None:
    manifest = recording(site.archive)
    site.runs.down = True
    answer = attach(site, manifest.id)
    assert (answer.status_code, answer.json()["started"]) == (201, False)
    assert len(site.archive.manifest(manifest.id).attachments) == 1


def test_a_recording_that_is_not_published_takes_none(site: Uploading) -> None:
    manifest = recording(site.archive, state=State.RECEIVED)
    assert attach(site, manifest.id).status_code == 404


def test_there_are_not_too_many(site: Uploading) -> None:
    manifest = recording(site.archive)
    answers = [attach(site, manifest.id, data=pdf(str(number))).status_code for number in range(MAX_ATTACHMENTS + 1)]
    assert answers == [201] * MAX_ATTACHMENTS + [400]


def with_slides(site: Uploading, file_name: str = "Lysark 1.pdf") -> str:
    original = Original(sha256=sha256(SLIDES).hexdigest(), size=len(SLIDES), file_name=file_name)
    site.archive.store.put_bytes(original.key, SLIDES, media_type=BYTES)
    manifest = recording(site.archive, attachments=(Attachment(original=original, title="Lysark"),))
    return f"/r/{manifest.id}/attachments/{original.sha256}"


def test_the_document_as_it_is_whole_and_in_part(site: Uploading) -> None:
    address = with_slides(site)
    whole = site.web.get(address, headers={"Accept-Encoding": "gzip"})
    assert whole.content == SLIDES
    assert whole.headers["content-type"] == "application/pdf"
    assert "content-encoding" not in whole.headers
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = site.web.get(address, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, SLIDES[5:10])
    head = site.web.head(address)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(SLIDES)))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Lysark 1.pdf", "inline; filename=\"Lysark 1.pdf\"; filename*=UTF-8''Lysark%201.pdf"),
        ('a"b; c\u202e.html', "inline; filename=\"a_b_ c_.pdf\"; filename*=UTF-8''a%22b%3B%20c%E2%80%AE.pdf"),
        ("Møte", "inline; filename=\"M_te.pdf\"; filename*=UTF-8''M%C3%B8te.pdf"),
    ],
)
def test_it_is_shown_under_a_name_that_can_do_no_harm(site: Uploading, name: str, header: str) -> None:
    answer = site.web.get(with_slides(site, name))
    assert answer.headers["content-disposition"] == header
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-security-policy"].endswith("; sandbox")


def test_only_documents_of_the_recording_are_shown(site: Uploading) -> None:
    address = with_slides(site)
    manifest = recording(site.archive, b"another recording")
    digest = address.rpartition("/")[2]
    assert site.web.get(f"/r/{manifest.id}/attachments/{digest}").status_code == 404
    assert site.web.get(f"/r/{manifest.id}/attachments/{manifest.original.sha256}").status_code == 404


def test_verify_knows_documents_and_their_text(site: Uploading) -> None:
    address = with_slides(site)
    recording_id, digest = address.split("/")[2], address.rpartition("/")[2]
    key = rendition_key(digest, "text-1", "pages.json")
    site.archive.store.put_bytes(key, write_document(Pages(pages=("Bodø",))), media_type="application/json")

    def read(manifest: Manifest) -> Manifest:
        (one,) = manifest.attachments
        return manifest.model_copy(update={"attachments": (one.model_copy(update={"text": key}),)})

    manifest = site.archive.update(recording_id, read)
    assert [pages.pages for _, pages in site.archive.attached(manifest)] == [("Bodø",)]
    report = verify(site.archive, deep=True)
    assert (report.missing, report.orphans, report.altered) == ((), (), ())
    site.archive.store.put_bytes(manifest.attachments[0].original.key, SLIDES[:-1] + b"!", media_type=BYTES)
    assert [one.key for one in verify(site.archive, deep=True).altered] == [manifest.attachments[0].original.key]
    site.archive.store.delete(key)
    assert [one.key for one in verify(site.archive).missing] == [key]


# Trying again


PROBLEM = Problem(step=Step.PROBE, message="It is damaged.", transient=False, at=now())


def retry(site: Uploading, recording_id: str) -> httpx.Response:
    return site.web.post(f"/api/recordings/{recording_id}/retry")


def test_a_failed_recording_is_tried_again_once_for_each_failure(site: Uploading) -> None:
    manifest = recording(site.archive, state=State.FAILED, problem=PROBLEM)
    assert [retry(site, manifest.id).status_code for _ in range(2)] == [202, 202]
    assert len(site.runs.asked) == 1
    again = PROBLEM.model_copy(update={"at": now()})
    site.archive.update(manifest.id, lambda old: old.model_copy(update={"problem": again}))
    assert retry(site, manifest.id).status_code == 202
    assert len(site.runs.asked) == 2
    assert site.archive.manifest(manifest.id).problem == again


def test_what_is_fine_or_being_worked_on_is_not_tried_again(site: Uploading) -> None:
    assert retry(site, recording(site.archive).id).status_code == 409
    failed = recording(site.archive, b"another", state=State.FAILED, problem=PROBLEM)
    working = Activity(recording_id=failed.id, owner=owner_name("run"), step=Step.PROBE, beat_at=now())
    site.archive.store.put_bytes(activity_key(failed.id), write_document(working), media_type="application/json")
    assert retry(site, failed.id).status_code == 409
    assert site.runs.asked == {}
    assert retry(site, "0123456789abcdef").status_code == 404


def test_where_nobody_can_be_asked_to_try_again_that_is_said(site: Uploading) -> None:
    manifest = recording(site.archive, state=State.FAILED, problem=PROBLEM)
    site.runs.down = True
    assert retry(site, manifest.id).status_code == 503


def test_an_upload_that_waits_is_asked_for_again_and_a_failed_one_says_what_to_do(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    assert retry(site, upload_id).status_code == 409
    site.send(upload_id, SMALL)
    site.runs.down = True
    site.complete(upload_id)
    site.runs.down = False
    assert retry(site, upload_id).status_code == 202
    assert len(site.runs.asked) == 1
    failed = {"state": UploadState.FAILED, "problem": "Upload it again."}
    site.archive.update_upload(upload_id, lambda old: old.model_copy(update=failed))
    answer = retry(site, upload_id)
    assert (answer.status_code, answer.json()["error"]) == (409, "Upload it again.")


def test_the_list_goes_on_with_the_recordings_of_ones_uploads(site: Uploading) -> None:
    upload_id = site.begin(SMALL)["id"]
    me = site.archive.upload(upload_id).by
    site.archive.forget_upload(upload_id)
    recording(site.archive, b"of somebody else")
    recording(site.archive, brought_by=me, state=State.RECEIVED)
    (mine,) = site.web.get("/api/uploads").json()
    assert (mine["id"], mine["state"]) == (upload_id, "waiting")
    failed = {"state": State.FAILED, "problem": PROBLEM}
    site.archive.update(upload_id, lambda old: old.model_copy(update=failed))
    (mine,) = site.web.get("/api/uploads").json()
    assert (mine["state"], mine["problem"]) == ("failed", "It is damaged.")
    site.archive.update(upload_id, lambda old: old.model_copy(update={"state": State.PUBLISHED, "problem": None}))
    assert [one["state"] for one in site.web.get("/api/uploads").json()] == ["published"]
