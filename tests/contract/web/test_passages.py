"""Taking out a passage on the pages: by its facilitators, who see what goes and are asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from kring.access import Role
from kring.model import State
from kring.people.accounts import Roles
from kring.people.audit import Act
from search_ui import context
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from services.removal.leftovers import finish_cuts
from storage.archive.people import People
from storage.audit import Audit
from tests.support.cut_recording import CutRecording
from tests.support.patience import PATIENCE
from tests.support.web.browser import serving

FORM = {"from": "00:00:02", "to": "3", "reason": "et navn"}


class House:
    def __init__(self, recording: CutRecording, opened: ExitStack) -> None:
        self.recording = recording
        people = People(recording.archive.store)
        app = create_app(recording.settings, recording.archive, recording.index, recording.runs)
        origin = opened.enter_context(serving(app))

        def client(role: Role | None) -> httpx.Client:
            cookies = {}
            if role is not None:
                account = people.accept(people.invite(role.name.title(), Roles(circles={"privacy": role}), by="x"))
                cookies = {SESSION_COOKIE: people.begin_session(account, "x")}
            return opened.enter_context(httpx.Client(base_url=origin, cookies=cookies, timeout=PATIENCE))

        self.facilitator, self.member, self.anonymous = client(Role.FACILITATOR), client(Role.MEMBER), client(None)
        self.page = f"/r/{recording.id}/remove/passage"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(context, "NAMES_SECONDS", 0.0)
    with ExitStack() as opened:
        yield House(CutRecording(tmp_path), opened)


def test_it_asks_twice_and_then_the_passage_is_nowhere(house: House) -> None:
    recording, web = house.recording, house.facilitator
    address = f"/r/{recording.id}"
    assert f'href="{house.page}"' in web.get(f"{address}/remove").text
    assert 'value="00:00:02.5"' in web.get(house.page, params={"from": "2.5", "to": "3"}).text
    for path in (address, f"/media/{recording.id}/playback", f"{address}/captions.vtt", f"{address}/chapters.vtt"):
        assert house.member.get(path).status_code == 200
    assert "Hemmelighet" in house.member.get(f"{address}/captions.vtt").text
    assert "Kapittelnavnet" in house.member.get(f"{address}/chapters.vtt").text

    first = web.post(house.page, data=FORM)
    assert first.status_code == 200
    assert "Hemmelighet lekket" in first.text
    assert "Velkommen" not in first.text
    assert "2 corrections that reach into it go" in first.text
    assert "only operators of the storage reach it" in first.text
    assert recording.manifest.cuts == ()
    assert "Velkommen" in house.member.get(f"{address}/captions.vtt").text

    second = web.post(house.page, data={**FORM, "original": "replace", "sure": "yes"})
    assert (second.status_code, second.headers["location"]) == (303, address)
    (cut,) = recording.manifest.cuts
    assert (cut.start, cut.end, cut.by_name, cut.reason, cut.replace) == (2.0, 3.0, "Facilitator", "et navn", True)
    entry = next(Audit(recording.archive.store).entries())
    assert (entry.act, entry.about, entry.says) == (Act.ERASE, recording.id, "removed a passage: et navn")
    for path in (f"/media/{recording.id}/playback", f"{address}/captions.vtt", f"{address}/chapters.vtt"):
        assert house.member.get(path).status_code == 404
    assert "A passage is being taken out" in web.get(address).text
    assert "A passage is being taken out" not in house.member.get(address).text
    assert house.member.get("/api/search", params={"q": "Velkommen"}).json()["total"] == 0
    assert web.post(house.page, data={**FORM, "sure": "yes"}).status_code == 409
    assert "once the recording is published" in web.get(house.page).text

    recording.make()
    for path in (address, f"{address}/captions.vtt", f"{address}/chapters.vtt", f"{address}/transcript.json"):
        answer = house.member.get(path)
        assert answer.status_code == 200
        assert "Hemmelighet" not in answer.text
        assert "Kapittelnavnet" not in answer.text
    corrected = web.get(f"/api/recordings/{recording.id}/corrected").json()
    assert [change["kind"] for change in corrected["history"]][-3:] == ["erased", "line", "erased"]
    assert "passage that was taken out" in corrected["history"][-1]["summary"]
    undo = web.post(f"/api/recordings/{recording.id}/corrections", json={"change": {"kind": "undo", "number": 1}})
    assert undo.status_code == 404
    erased = web.post(f"/api/recordings/{recording.id}/corrections", json={"change": {"kind": "erased"}})
    assert erased.status_code == 422
    assert "being taken out" in web.get(house.page).text
    assert finish_cuts(recording.ports) == [recording.id]
    assert "nothing is left of it" in web.get(house.page).text


def test_a_file_that_another_recording_has_is_told_of(house: House) -> None:
    house.recording.add("y")
    told = house.facilitator.post(house.page, data={**FORM, "original": "replace"}).text
    assert "Another recording has the same file, so that stays with it." in told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"from": "x"}, "Write from when and to when"),
        ({"to": "1"}, "Write from when and to when"),
        ({"from": "7", "to": "9"}, "not within the recording"),
        ({"from": "0", "to": "6"}, "erase the recording instead"),
        ({"reason": " "}, "Write in a few words why"),
    ],
)
def test_what_cannot_be_is_said(house: House, change: dict[str, str], says: str) -> None:
    answer = house.facilitator.post(house.page, data={**FORM, **change, "sure": "yes"})
    assert answer.status_code == 400
    assert says in answer.text
    assert house.recording.manifest.state is State.PUBLISHED
    assert house.recording.manifest.cuts == ()


def test_others_take_nothing_out(house: House) -> None:
    for web in (house.member, house.anonymous):
        assert web.get(house.page).status_code in (403, 404)
        assert web.post(house.page, data={**FORM, "sure": "yes"}).status_code in (403, 404)
    foreign = {"Origin": "https://elsewhere.example"}
    assert house.facilitator.post(house.page, data={**FORM, "sure": "yes"}, headers=foreign).status_code == 403
    assert house.recording.manifest.cuts == ()
    assert next(Audit(house.recording.archive.store).entries(), None) is None
