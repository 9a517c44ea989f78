"""The object store stops answering at each moment of an upload in turn: nothing is lost, and asking again goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from hashlib import sha256
from itertools import count
from typing import Any, Literal

import httpx
import pytest

from kring.errors import StorageDown
from kring.intake.uploads import UploadState
from search_ui.upload import validation as arriving
from storage.keys import incoming_key
from storage.memory.multipart import MemoryParts
from storage.memory.store import MemoryStore
from tests.support.media.pdf import pdf
from tests.support.web.upload_site import DETAILS, MIB, Uploading, announced, uploading

PART = 5 * MIB
RECORDING = bytes(PART) + b"the last part"
SLIDES = pdf("Kunstig intelligens i Bodø")
TRIES = 3

Moment = Literal["before", "after"]
"""Whether it stopped before it did what was asked, or between that and its answer."""


class Fault:
    """Raises StorageDown once, at the call of this number."""

    def __init__(self) -> None:
        self.armed = False
        self.at = -1
        self.moment: Moment = "before"
        self.calls = count()
        self.struck = False
        self.inside: ContextVar[bool] = ContextVar("inside", default=False)

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*args: Any, **options: Any) -> Any:
            if not self.armed or self.inside.get():  # what a call asks of the store itself is part of it
                return work(*args, **options)
            strikes = next(self.calls) == self.at
            if strikes and self.moment == "before":
                self.strike()
            token = self.inside.set(True)
            try:
                return work(*args, **options)
            finally:
                self.inside.reset(token)
                if strikes:
                    self.strike()

        return tried

    def strike(self) -> None:
        self.struck = True
        raise StorageDown("The object store at 127.0.0.1 does not answer.")


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    fault = Fault()
    for kind, names in (
        (MemoryStore, ("put_bytes", "get_bytes", "put_file", "stat", "delete")),
        (MemoryParts, ("begin", "put_part", "parts", "complete", "abort")),
    ):
        for name in names:
            monkeypatch.setattr(kind, name, fault.around(getattr(kind, name)))
    return fault


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploading]:
    monkeypatch.setattr(arriving, "PART_BYTES", PART)
    with uploading(MemoryStore(), tmp_path_factory.mktemp("data")) as served:
        yield served


def asked(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """As the page does it: asked again where the answer is "not now", which comes with a sentence for people."""
    for _ in range(TRIES):
        answer = ask()
        if answer.status_code != 503:
            break
        assert "does not answer" in answer.json()["error"]
    assert answer.is_success, answer.text
    return answer


def brought(site: Uploading, data: bytes) -> str:
    web, said = site.web, announced(data) | {"details": DETAILS}
    asked(lambda: web.post("/api/uploads/check", json=announced(data)))
    upload_id = asked(lambda: web.post("/api/uploads", json=said)).json()["id"]
    address = f"/api/uploads/{upload_id}"
    files = {"kind": "attachment", "name": "slides.pdf"}
    asked(lambda: web.post(f"{address}/files", params=files, content=SLIDES))
    there = {part["PartNumber"] for part in asked(lambda: web.get(f"{address}/parts")).json()}
    for number in {1, 2} - there:
        piece = data[(number - 1) * PART : number * PART]
        url = asked(lambda n=number: web.post(f"{address}/parts/{n}")).json()["url"]  # type: ignore[misc]
        asked(lambda u=url, p=piece: web.put(u, content=p))  # type: ignore[misc]
    parts = asked(lambda: web.get(f"{address}/parts")).json()
    asked(lambda: web.post(f"{address}/complete", json={"parts": parts}))
    return str(upload_id)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_store_stops_answering_at_each_moment(site: Uploading, fault: Fault, moment: Moment) -> None:
    fault.moment = moment
    for at in count():
        data = RECORDING + at.to_bytes(2)
        fault.calls, fault.at, fault.struck, fault.armed = count(), at, False, True
        upload_id = brought(site, data)
        fault.armed = False
        upload = site.archive.upload(upload_id)
        assert upload.state is UploadState.ARRIVED, at
        assert [one.original.sha256 for one in upload.attachments] == [sha256(SLIDES).hexdigest()], at
        assert site.archive.store.get_bytes(incoming_key(upload_id)).data == data, at
        assert len(site.runs.asked) == at + 1
        site.archive.store.delete(incoming_key(upload_id))  # memory is not endless
        site.archive.forget_upload(upload_id)  # it was taken in, so what is asked of the store does not grow
        if not fault.struck:
            break
    assert at > 20


@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_stops_answering_while_one_is_taken_back(site: Uploading, fault: Fault, moment: Moment) -> None:
    fault.moment = moment
    for at in count():
        upload_id = site.begin(b"few bytes")["id"]
        site.send(upload_id, b"few bytes")
        fault.calls, fault.at, fault.struck, fault.armed = count(), at, False, True
        answer = site.web.delete(f"/api/uploads/{upload_id}")
        fault.armed = False
        assert answer.status_code == (503 if fault.struck else 204)
        assert site.web.delete(f"/api/uploads/{upload_id}").status_code in {204, 404}
        assert list(site.archive.uploads()) == []
        if not fault.struck:
            break
    assert at > 2
