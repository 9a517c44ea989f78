"""What an upload must survive: forged requests, full disks, others who write at the same moment, runs that stopped."""

from __future__ import annotations

import errno
import io
import os
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kring.errors import InputError
from kring.intake.uploads import Upload, UploadState
from kring.model import now
from kring.settings import Settings
from search_ui.http import body_spool as spool
from search_ui.upload import api as uploads, complete, parts as upload_parts
from search_ui.upload.validation import check_room
from services.scratch import sweep_scratch
from storage import open_parts
from storage.keys import incoming_key
from storage.memory.store import MemoryStore
from tests.support.web.upload_site import Uploading, announced, uploading

SMALL = b"a recording of few bytes"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploading]:
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def arrived(site: Uploading, data: bytes = SMALL) -> str:
    upload_id = str(site.begin(data)["id"])
    site.send(upload_id, data)
    assert site.complete(upload_id).status_code == 200
    return upload_id


def sent_raw(site: Uploading, head: str, body: bytes) -> int:
    """The status of a request that no well-behaved client would make."""
    url = site.web.base_url
    cookies = "; ".join(f"{name}={value}" for name, value in site.web.cookies.items())
    request = f"{head}\r\nHost: {url.host}:{url.port}\r\nCookie: {cookies}\r\n\r\n".encode() + body
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        connection.sendall(request)
        return int(connection.recv(64).split()[1])


# Forged


@pytest.mark.parametrize("where", ["parts/1", "files?kind=attachment&name=a.pdf"])
def test_a_body_is_no_longer_than_it_says(site: Uploading, where: str) -> None:
    upload_id = site.begin(SMALL)["id"]
    method = "PUT" if where.startswith("parts") else "POST"
    head = f"{method} /api/uploads/{upload_id}/{where} HTTP/1.1\r\nTransfer-Encoding: chunked"
    chunks = b"2000\r\n" + b"%PDF-1.7".ljust(0x2000) + b"\r\n0\r\n\r\n"
    assert sent_raw(site, head, chunks) == 411
    assert sent_raw(site, f"{head}\r\nContent-Length: {len(SMALL)}", chunks) == 400, "two lengths are no request"
    assert site.web.get(f"/api/uploads/{upload_id}/parts").json() == []
    assert site.archive.upload(upload_id).attachments == ()


@pytest.mark.parametrize("origin", ["http://[::1", "null", "http://evil.example"])
def test_origins_that_are_not_ours_are_refused_in_words(site: Uploading, origin: str) -> None:
    answer = site.web.post("/api/uploads/check", json=announced(SMALL), headers={"Origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]


@pytest.mark.parametrize("name", ["%20", "%00", "x" * 3000, "%D8%00"])
def test_a_forged_name_is_none(site: Uploading, name: str) -> None:
    site.web.cookies.set("kring_name", name)
    upload_id = site.begin(SMALL)["id"]
    site.begin(SMALL, expect=200)
    kept = site.archive.upload(upload_id)
    assert kept.by_name is None or len(kept.by_name) < 300
    assert site.web.get(f"/r/{upload_id}").status_code == 200


# At the same moment


def test_one_that_a_run_has_refused_is_not_called_arrived_again(
    site: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two who complete is so slow that the run of the first has ended meanwhile."""
    upload_id = str(site.begin(SMALL)["id"])
    site.send(upload_id, SMALL)

    def refused_meanwhile(_site: object, upload: Upload) -> bool:
        refused = {"state": UploadState.FAILED, "problem": "It is another file."}
        site.archive.update_upload(upload.id, lambda old: old.model_copy(update=refused))
        return True

    monkeypatch.setattr(complete, "has_arrived", refused_meanwhile)
    answer = site.complete(upload_id)
    assert (answer.status_code, answer.json()) == (409, {"error": "It is another file."})
    assert site.archive.upload(upload_id).state is UploadState.FAILED
    assert site.runs.asked == {}


def test_what_is_completed_while_somebody_looks_stays(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts are one object by now, which must not be taken for parts that were lost."""
    upload_id = str(site.begin(SMALL)["id"])
    site.send(upload_id, SMALL)
    look: Callable[[Any, Upload], bool] = upload_parts.has_arrived
    looked: list[str] = []

    def completed_just_after(a_site: Any, upload: Upload) -> bool:
        if looked:
            return look(a_site, upload)
        looked.append(upload.id)
        parts = open_parts(site.archive.store)
        there = parts.parts(incoming_key(upload.id), upload.parts_id)
        parts.complete(incoming_key(upload.id), upload.parts_id, [(part.number, part.etag) for part in there])
        return False

    monkeypatch.setattr(upload_parts, "has_arrived", completed_just_after)
    site.begin(SMALL, expect=200)
    assert site.archive.store.get_bytes(incoming_key(upload_id)).data == SMALL
    assert site.complete(upload_id).status_code == 200


def test_one_that_arrives_while_it_is_begun_again_has_arrived(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = str(site.begin(SMALL)["id"])

    def arrives(*_: object) -> bool:
        site.archive.update_upload(upload_id, lambda old: old.model_copy(update={"state": UploadState.ARRIVED}))
        return False

    monkeypatch.setattr(uploads, "_can_resume", arrives)
    before = site.archive.upload(upload_id)
    site.begin(SMALL, expect=200, title="Another title")
    after = site.archive.upload(upload_id)
    assert (after.state, after.parts_id, after.details) == (UploadState.ARRIVED, before.parts_id, before.details)


# A run that stopped


def test_one_whose_run_has_stopped_is_tried_again_once(site: Uploading) -> None:
    upload_id = arrived(site)
    (first,) = site.runs.asked
    assert site.web.post(f"/api/recordings/{upload_id}/retry").status_code == 202
    assert list(site.runs.asked) == [first]  # it is under way
    said = "Kring met an error it does not know."
    site.archive.update_upload(upload_id, lambda old: old.model_copy(update={"problem": said}))
    page = site.web.get(f"/r/{upload_id}").text
    assert said in page
    assert f'data-retry="{upload_id}"' in page
    assert "data-retry" in site.web.get("/uploads").text
    for _ in range(2):
        assert site.web.post(f"/api/recordings/{upload_id}/retry").status_code == 202
    assert len(site.runs.asked) == 2
    assert site.archive.upload(upload_id).problem is None


# The disk


def test_a_document_for_which_the_disk_has_no_room(site: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a full disk refuses, it may refuse as late as when the file is closed."""

    class Full(io.BufferedWriter):
        def close(self) -> None:
            if not self.closed:
                super().close()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool, "open", lambda handle, _mode: Full(io.FileIO(handle, "wb")), raising=False)
    upload_id = site.begin(SMALL)["id"]
    params = {"kind": "attachment", "name": "slides.pdf"}
    answer = site.web.post(f"/api/uploads/{upload_id}/files", params=params, content=b"%PDF-1.7")
    assert answer.status_code == 503
    assert "disk" in answer.json()["error"]
    assert list(site.settings.work_dir.iterdir()) == []


def test_what_a_killed_server_left_of_a_document_is_swept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    settings.work_dir.mkdir()
    old, fresh = settings.work_dir / "sent-old", settings.work_dir / "sent-fresh"
    for path in (old, fresh):
        path.write_bytes(b"%PDF-1.7")
    long_ago = now().timestamp() - timedelta(days=2).total_seconds()
    os.utime(old, (long_ago, long_ago))
    sweep_scratch(settings, set())
    assert list(settings.work_dir.iterdir()) == [fresh]


def test_room_is_looked_for_before_the_data_folder_is_made(tmp_path: Path) -> None:
    check_room(1, Settings(data_dir=tmp_path / "not" / "yet"))
    with pytest.raises(InputError, match="no room"):
        check_room(10**15, Settings(data_dir=tmp_path / "not" / "yet"))
