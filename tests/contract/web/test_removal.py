"""Withdrawing, keeping and erasing on the pages: by the facilitators of a recording's circle, and by nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from index.memory import MemoryIndex
from kring.access import Role
from kring.intake.uploads import UploadState, source_of
from kring.model import State, Visibility, now
from kring.model.erased import Erasure
from kring.people.accounts import Roles
from kring.people.audit import Act
from kring.settings import Settings
from search_ui import context
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from services.ports import Ports
from services.removal.erasure import carry_out
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.erasures import Erasures
from storage.archive.people import People
from storage.audit import Audit
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.notices import Notices
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import serving

pytestmark = pytest.mark.quick

TALK, OTHER = sample_archive.TALKS[0], sample_archive.TALKS[1]
WORD = "Velkommen"


@dataclass
class Place:
    archive: Archive
    index: MemoryIndex
    ports: Ports
    facilitator: httpx.Client
    member: httpx.Client
    anonymous: httpx.Client

    def acts(self) -> list[tuple[Act, str | None, str | None]]:
        return [(entry.act, entry.about, entry.says) for entry in Audit(self.archive.store).entries()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(context, "NAMES_SECONDS", 0.0)
    monkeypatch.setattr("services.removal.erasure.LATE_SECONDS", 0.0)
    archive, index, runs = Archive(MemoryStore()), MemoryIndex(), MemoryRuns()
    sample_archive.fill(archive, index)
    people, settings = People(archive.store), Settings(data_dir=tmp_path)
    ports = Ports(settings, archive, Leases(archive.store, lease_seconds=60))
    vars(ports).update(index=index, runs=runs)
    with ExitStack() as opened:
        origin = opened.enter_context(serving(create_app(settings, archive, index, runs)))

        def client(role: Role | None) -> httpx.Client:
            cookies = {}
            if role is not None:
                account = people.accept(people.invite(role.name.title(), Roles(circles={TALK.circle: role}), by="x"))
                cookies = {SESSION_COOKIE: people.begin_session(account, "x")}
            return opened.enter_context(httpx.Client(base_url=origin, cookies=cookies, timeout=PATIENCE))

        yield Place(archive, index, ports, client(Role.FACILITATOR), client(Role.MEMBER), client(None))


def test_a_withdrawn_recording_is_there_for_its_facilitators_only(place: Place) -> None:
    archive = place.archive
    archive.change_circle(TALK.circle, lambda circle: circle.model_copy(update={"visibility": Visibility.PUBLIC}))
    addresses = [
        f"/r/{TALK.id}", f"/api/recordings/{TALK.id}", f"/api/recordings/{TALK.id}/transcript",
        f"/r/{TALK.id}/captions.vtt", f"/r/{TALK.id}/embed", f"/media/{TALK.id}/poster",
    ]  # fmt: skip
    for web in (place.member, place.anonymous):
        assert [web.get(address).status_code for address in addresses] == [200] * len(addresses)
        assert web.get("/api/search", params={"q": WORD}).json()["total"] > 0
    kept = place.anonymous.get(f"/r/{TALK.id}/captions.vtt")
    before = place.facilitator.get("/api/search", params={"q": WORD}).json()["total"]

    answer = place.facilitator.post(f"/r/{TALK.id}/withdraw", data={"reason": "  ikke\navtalt "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/r/{TALK.id}")
    for web in (place.member, place.anonymous):
        missing = web.get(f"/r/{'0' * 16}")
        for address in addresses:
            assert web.get(address).status_code == 404
        assert web.get(f"/r/{TALK.id}").text.replace(TALK.id, "0" * 16) == missing.text
        again = web.get(f"/r/{TALK.id}/captions.vtt", headers={"If-None-Match": kept.headers["etag"]})
        assert again.status_code == 404
        assert TALK.title not in web.get("/", params={"q": WORD}).text
    page = place.facilitator.get(f"/r/{TALK.id}").text
    assert "This recording is withdrawn." in page
    assert "ikke avtalt" in page
    assert place.facilitator.get(f"/r/{TALK.id}/captions.vtt").headers["cache-control"].startswith("private")
    assert place.facilitator.get("/api/search", params={"q": WORD}).json()["total"] == before - 1
    assert TALK.title in place.facilitator.get("/removed").text

    assert place.facilitator.post(f"/r/{TALK.id}/put-back").status_code == 303
    assert [place.anonymous.get(address).status_code for address in addresses] == [200] * len(addresses)
    assert place.facilitator.get("/api/search", params={"q": WORD}).json()["total"] == before
    assert "Nothing is withdrawn." in place.facilitator.get("/removed").text
    assert place.acts()[:2] == [
        (Act.WITHDRAW, TALK.id, "put it back"),
        (Act.WITHDRAW, TALK.id, "withdrew it: ikke avtalt"),
    ]


def test_erasing_asks_twice_and_leaves_a_receipt(place: Place) -> None:
    web, words = place.facilitator, {"reason": "samtykke trukket"}
    first = web.post(f"/r/{TALK.id}/erase", data=words)
    assert first.status_code == 200
    assert "Erase it for ever?" in first.text
    assert Erasures(place.archive.store).ids() == frozenset()
    assert place.acts() == []
    second = web.post(f"/r/{TALK.id}/erase", data={**words, "sure": "yes"})
    assert (second.status_code, second.headers["location"]) == (303, "/removed")
    assert "Being erased" in web.get("/removed").text
    assert "This recording is being erased." in web.get(f"/r/{TALK.id}").text
    assert place.member.get(f"/r/{TALK.id}").status_code == 404
    refused = web.post(f"/r/{TALK.id}/put-back", headers={"Accept": "text/html"})
    assert refused.status_code == 409
    assert place.archive.manifest(TALK.id).withdrawn is not None
    receipts, problems = carry_out(place.ports)
    assert (len(receipts), problems) == (1, [])
    assert web.get(f"/r/{TALK.id}").status_code == 404
    page = web.get("/removed").text
    assert "samtykke trukket" in page
    assert TALK.id in page
    assert TALK.title not in page
    assert TALK.id not in place.member.get("/removed").text
    assert place.acts()[0] == (Act.ERASE, TALK.id, "samtykke trukket")
    assert not [info.key for info in place.archive.store.list() if TALK.id in info.key and "erased/" not in info.key]


def test_what_was_erased_is_not_taken_in_again(place: Place) -> None:
    file = {"name": "a.mp4", "size": 99, "type": "video/mp4", "sha256": "a" * 64}
    details = {"title": "t", "circle": TALK.circle, "date": "2026-01-01"}
    erasures, erased = Erasures(place.archive.store), source_of("a" * 64).recording_id
    erasures.ask(Erasure(id=erased, circle="x", by="x", reason="x", asked_at=now(), done_at=now()))
    for answer in (
        place.facilitator.post("/api/uploads/check", json=file),
        place.facilitator.post("/api/uploads", json=file | {"details": details}),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"].startswith("This recording was erased, and stays away.")
    erasures.forget(erased)
    assert place.facilitator.post("/api/uploads", json=file | {"details": details}).status_code == 201


@pytest.mark.parametrize("act", ["withdraw", "put-back", "keep", "erase"])
def test_others_take_nothing_away(place: Place, act: str) -> None:
    data = {"reason": "x", "sure": "yes", "keep": "yes"}
    before = place.archive.manifest(TALK.id), place.archive.manifest(OTHER.id)
    for web, talk in ((place.member, TALK), (place.anonymous, TALK), (place.facilitator, OTHER)):
        assert web.post(f"/r/{talk.id}/{act}", data=data).status_code in (403, 404)
        assert web.get(f"/r/{talk.id}/remove").status_code in (403, 404)
    foreign = {"Origin": "https://elsewhere.example"}
    assert place.facilitator.post(f"/r/{TALK.id}/{act}", data=data, headers=foreign).status_code == 403
    assert (place.archive.manifest(TALK.id), place.archive.manifest(OTHER.id)) == before
    assert place.acts() == []
    assert Erasures(place.archive.store).ids() == frozenset()


@pytest.mark.parametrize("act", ["withdraw", "erase"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_reason_is_needed(place: Place, act: str, reason: str) -> None:
    answer = place.facilitator.post(f"/r/{TALK.id}/{act}", data={"reason": reason, "sure": "yes"})
    assert answer.status_code == 400
    assert "Write in a few words why" in answer.text
    assert place.archive.manifest(TALK.id).withdrawn is None


def test_what_expires_is_told_to_facilitators_and_can_be_kept(place: Place) -> None:
    today = now().date()
    day = place.archive.manifest(TALK.id).details.date
    months = max(1, (today.year - day.year) * 12 + today.month - day.month)
    place.archive.change_circle(
        TALK.circle, lambda circle: circle.model_copy(update={"retention_months": months - 1 or 1})
    )
    Notices(place.archive.store).keep({TALK.id: today - timedelta(days=10)})
    expected = re.compile(r"This recording is erased on")
    assert expected.search(place.facilitator.get(f"/r/{TALK.id}").text)
    assert not expected.search(place.member.get(f"/r/{TALK.id}").text)
    assert "Erased soon" in place.facilitator.get("/removed").text
    assert place.facilitator.post(f"/r/{TALK.id}/keep", data={"keep": "yes"}).status_code == 303
    assert place.archive.manifest(TALK.id).keep
    assert not expected.search(place.facilitator.get(f"/r/{TALK.id}").text)
    assert "Erased soon" not in place.facilitator.get("/removed").text
    assert "It is kept for good" in place.facilitator.get(f"/r/{TALK.id}/remove").text
    place.facilitator.post(f"/r/{TALK.id}/keep", data={"keep": "no"})
    assert not place.archive.manifest(TALK.id).keep
    assert [act for act, *_ in place.acts()] == [Act.KEEP, Act.KEEP]


def test_a_process_forgets_what_another_has_erased(place: Place) -> None:
    corrected = f"/api/recordings/{TALK.id}/transcript"
    line = sample_archive.transcript_of(TALK).segments[2]
    change = {"kind": "line", "start": line.start, "end": line.end, "before": line.text, "text": "Skaldyrsuppe."}
    sent = place.facilitator.post(f"/api/recordings/{TALK.id}/corrections", json={"change": change})
    assert sent.status_code == 201
    assert "Skaldyrsuppe" in place.facilitator.get(corrected).text
    remembered = vars(place.archive)["_corrections"]
    assert vars(remembered)["_known"]
    place.facilitator.post(f"/r/{TALK.id}/erase", data={"reason": "x", "sure": "yes"})
    carry_out(place.ports)
    place.anonymous.get("/")
    assert not vars(remembered)["_known"]


def test_an_unfinished_recording_can_be_taken_away_too(place: Place) -> None:
    place.archive.update(TALK.id, lambda old: old.model_copy(update={"state": State.RECEIVED}))
    assert f"/r/{TALK.id}/remove" in place.facilitator.get(f"/r/{TALK.id}").text
    assert place.facilitator.post(f"/r/{TALK.id}/withdraw", data={"reason": "x"}).status_code == 303
    assert "This recording is withdrawn." in place.facilitator.get(f"/r/{TALK.id}").text
    assert place.member.get(f"/r/{TALK.id}").status_code == 404


def test_another_file_is_announced_for_a_recording_by_its_facilitators(place: Place) -> None:
    file = {"name": "kortere.mp4", "size": 99, "type": "video/mp4", "sha256": "b" * 64, "details": {}}
    replaces = {"recording_id": TALK.id, "reason": "for langt"}
    for web, talk in ((place.member, TALK), (place.facilitator, OTHER)):
        answer = web.post("/api/uploads", json=file | {"replaces": replaces | {"recording_id": talk.id}})
        assert answer.status_code in (403, 404)
        assert web.get("/upload", params={"replaces": talk.id}).status_code in (403, 404)
    assert (
        place.facilitator.post("/api/uploads", json=file | {"replaces": {"recording_id": TALK.id}}).status_code == 422
    )
    page = place.facilitator.get("/upload", params={"replaces": TALK.id}).text
    assert TALK.title in page
    answer = place.facilitator.post("/api/uploads", json=file | {"replaces": replaces})
    assert (answer.status_code, answer.json()["url"]) == (201, f"/r/{TALK.id}")
    upload = place.archive.upload(answer.json()["id"])
    assert upload.details == place.archive.manifest(TALK.id).details
    assert upload.replaces is not None
    assert upload.replaces.reason == "for langt"
    assert place.acts()[0] == (Act.CHANGE, TALK.id, "replaces its file: for langt")
    assert place.archive.manifest(TALK.id).state is State.PUBLISHED


def test_who_may_no_longer_change_it_completes_no_upload_for_it(place: Place) -> None:
    file = {"name": "kortere.mp4", "size": 9, "type": "video/mp4", "sha256": "c" * 64, "details": {}}
    replaces = {"recording_id": TALK.id, "reason": "for langt"}
    begun = place.facilitator.post("/api/uploads", json=file | {"replaces": replaces})
    assert begun.status_code == 201
    details = place.archive.manifest(TALK.id).details
    place.archive.update(
        TALK.id, lambda old: old.model_copy(update={"details": details.model_copy(update={"circle": OTHER.circle})})
    )
    upload_id = begun.json()["id"]
    for answer in (
        place.facilitator.post(f"/api/uploads/{upload_id}/complete", json={"parts": []}),
        place.facilitator.get(f"/api/uploads/{upload_id}/parts"),
    ):
        assert answer.status_code in (403, 404)
    assert place.archive.upload(upload_id).state is UploadState.ARRIVING


def test_while_one_is_being_erased_names_are_still_found(place: Place) -> None:
    place.facilitator.post(f"/r/{TALK.id}/erase", data={"reason": "x", "sure": "yes"})
    assert place.facilitator.get("/person", params={"name": "Kari Nordli"}).status_code == 200
    changed = place.facilitator.post(f"/r/{TALK.id}/keep", data={"keep": "yes"})
    assert changed.status_code == 409
    assert not place.archive.manifest(TALK.id).keep
