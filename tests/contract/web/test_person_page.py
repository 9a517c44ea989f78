"""What is kept of a person, on the pages: found and replaced by facilitators, in their own circles, and put back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from index.memory import MemoryIndex
from kring.access import Role
from kring.model import Manifest, Original, Visibility
from kring.people.accounts import Roles
from kring.people.audit import Act
from kring.settings import Settings
from search_ui import context
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from search_ui.removal import person_page
from services.corrections import correcting
from services.removal.withdrawal import withdraw
from services.runs.memory import MemoryRuns
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.audit import Audit, Doer
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import serving

pytestmark = pytest.mark.quick

TALK, OTHER = sample_archive.TALKS[0], sample_archive.TALKS[1]
NAME = "Kari Nordli"
SEND = {"name": NAME, "to": "Deltaker"}


@dataclass
class Place:
    """NAME speaks in TALK, whose circle the facilitator has, and presents OTHER, which is everyone's to read."""

    archive: Archive
    index: MemoryIndex
    operator: httpx.Client
    facilitator: httpx.Client
    member: httpx.Client
    anonymous: httpx.Client

    def acts(self) -> list[tuple[Act, str | None, str | None]]:
        return [(entry.act, entry.about, entry.says) for entry in Audit(self.archive.store).entries()]

    def speakers(self) -> set[str | None]:
        transcript = self.archive.transcript_of(self.archive.manifest(TALK.id))
        assert transcript is not None
        return {segment.speaker for segment in transcript.segments}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(context, "NAMES_SECONDS", 0.0)
    archive, index, runs = Archive(MemoryStore()), MemoryIndex(), MemoryRuns()
    sample_archive.fill(archive, index)
    archive.change_circle(OTHER.circle, lambda circle: circle.model_copy(update={"visibility": Visibility.PUBLIC}))

    def presented(old: Manifest) -> Manifest:
        return old.model_copy(update={"details": old.details.model_copy(update={"presenters": (NAME,)})})

    Reindexing(archive, index, runs).refresh(archive.update(OTHER.id, presented))
    people = People(archive.store)
    with ExitStack() as opened:
        origin = opened.enter_context(serving(create_app(Settings(data_dir=tmp_path), archive, index, runs)))

        def client(roles: Roles | None) -> httpx.Client:
            cookies = {}
            if roles is not None:
                account = people.accept(people.invite("Ola", roles, by="x"))
                cookies = {SESSION_COOKIE: people.begin_session(account, "x")}
            return opened.enter_context(httpx.Client(base_url=origin, cookies=cookies, timeout=PATIENCE))

        roles = [Roles(circles={TALK.circle: role}) for role in (Role.FACILITATOR, Role.MEMBER)]
        yield Place(archive, index, client(Roles(operator=True)), *map(client, roles), client(None))


def test_a_facilitator_finds_and_replaces_a_name_in_their_circles(place: Place) -> None:
    web, page = place.facilitator, place.facilitator.get("/person", params={"name": NAME.lower()}).text
    assert "It stands in 1 recording" in page
    assert "speaks as “Kari Nordli”, in 5 lines" in page
    assert f"/r/{TALK.id}/remove" in page
    assert OTHER.id not in page
    assert 'value="Participant"' in page

    asked = web.post("/person", data=SEND)
    assert asked.status_code == 200
    assert "Replace it in 1 recording?" in asked.text
    assert (place.speakers(), place.acts()) == ({NAME, "Ola Berg"}, [])

    done = web.post("/person", data=SEND | {"sure": "yes"})
    assert "Replaced in 1 recording" in done.text
    assert "no-store" in done.headers["cache-control"]
    assert place.speakers() == {"Deltaker", "Ola Berg"}
    assert place.archive.manifest(OTHER.id).details.presenters == (NAME,)
    assert "It was found in no recording of yours." in web.get("/person", params={"name": NAME}).text
    assert NAME not in place.member.get(f"/r/{TALK.id}").text
    assert place.member.get("/api/search", params={"q": f'speaker:"{NAME}" circle:{TALK.circle}'}).json()["total"] == 0
    back = hidden(done.text)
    assert place.acts() == [(Act.CORRECT, TALK.id, f"replaced a name (act {back['act']})")]
    history = web.get(f"/api/recordings/{TALK.id}/corrected").json()["history"]
    assert [event["by"] for event in history] == ["Ola"]

    undone = web.post("/person/undo", data=back)
    assert "Taken back in 1 recording" in undone.text
    assert place.speakers() == {NAME, "Ola Berg"}
    assert place.acts()[0] == (Act.CORRECT, TALK.id, f"put a replaced name back (act {back['act']})")
    assert web.post("/person/undo", data=back).status_code == 404


def hidden(page: str) -> dict[str, str]:
    form = page.partition('action="/person/undo"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html.unescape(form)))


def test_an_operator_replaces_it_everywhere(place: Place) -> None:
    assert "It stands in 2 recordings" in place.operator.get("/person", params={"name": NAME}).text
    done = place.operator.post("/person", data=SEND | {"sure": "yes"})
    assert "Replaced in 2 recordings" in done.text
    assert place.archive.manifest(OTHER.id).details.presenters == ("Deltaker",)
    undo = hidden(done.text)
    part = place.facilitator.post("/person/undo", data=undo)  # of TALK, which is theirs to change
    assert "Taken back in 1 recording" in part.text
    assert place.archive.manifest(OTHER.id).details.presenters == ("Deltaker",)
    assert place.operator.post("/person/undo", data=undo).status_code == 200
    assert place.archive.manifest(OTHER.id).details.presenters == (NAME,)


def test_what_is_withdrawn_is_found_too(place: Place) -> None:
    withdraw(place.archive, Reindexing(place.archive, place.index, MemoryRuns()), TALK.id, Doer("x"), "x")
    page = place.facilitator.get("/person", params={"name": NAME}).text
    assert TALK.id in page
    assert "Withdrawn" in page
    assert "Replaced in 1 recording" in place.facilitator.post("/person", data=SEND | {"sure": "yes"}).text
    assert place.speakers() == {"Deltaker", "Ola Berg"}


def test_others_learn_and_change_nothing(place: Place) -> None:
    place.facilitator.post("/person", data=SEND | {"sure": "yes"})
    [(_, _, says)] = place.acts()
    undo = {"act": (says or "")[-17:-1], "in": TALK.id}
    for web in (place.member, place.anonymous):
        for answer in (
            web.get("/person", params={"name": "Ola Berg"}),
            web.post("/person", data={"name": "Ola Berg", "to": "X Y", "sure": "yes"}),
            web.post("/person/undo", data=undo),
        ):
            assert answer.status_code == 403
            assert TALK.id not in answer.text
    foreign = {"Origin": "https://elsewhere.example"}
    assert place.facilitator.post("/person/undo", data=undo, headers=foreign).status_code == 403
    assert place.speakers() == {"Deltaker", "Ola Berg"}
    assert len(place.acts()) == 1


@pytest.mark.parametrize("undo", [{}, {"act": "x", "in": TALK.id}, {"act": "0" * 16, "in": f"../{TALK.id}-{TALK.id}"}])
def test_what_is_no_act_cannot_be_taken_back(place: Place, undo: dict[str, str]) -> None:
    assert place.facilitator.post("/person/undo", data=undo).status_code == 404
    assert place.acts() == []


@pytest.mark.parametrize(
    "send", [{"name": "", "to": "Deltaker"}, {"name": NAME, "to": ""}, {"name": NAME, "to": "fru KARI NORDLI"}]
)
def test_what_is_no_name_is_refused(place: Place, send: dict[str, str]) -> None:
    assert place.facilitator.post("/person", data=send | {"sure": "yes"}).status_code == 400
    assert place.acts() == []


@pytest.mark.parametrize("name", ['"Kari" Nordli"', "speaker:Kari", "-Kari", "<b>Kari</b>", "a " * 40, "Ka*", "K%"])
def test_any_name_can_be_asked_for(place: Place, name: str) -> None:
    answer = place.operator.get("/person", params={"name": name})
    assert answer.status_code in (200, 400)
    assert "<b>Kari" not in answer.text


def test_no_more_than_some_recordings_are_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_page, "MOST", 1)
    page = place.operator.get("/person", params={"name": NAME}).text
    assert "Only 1 recording was looked at; there may be more." in page
    assert "It stands in 1 recording" in page


def test_what_could_not_be_changed_or_read_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "MOST_CORRECTIONS", 0)
    page = place.facilitator.post("/person", data=SEND | {"sure": "yes"}).text
    assert "Replaced in 0 recordings" in page
    assert "This recording was corrected 0 times; more is not kept." in page
    assert "/person/undo" not in page
    transcript = place.archive.manifest(TALK.id).transcript
    assert transcript is not None
    place.archive.store.delete(transcript.key)
    place.archive.forget_remembered()
    page = place.facilitator.get("/person", params={"name": NAME}).text
    assert "1 recording could not be read" in page


def test_where_no_correction_reaches_is_said(place: Place) -> None:
    file = Original(sha256="b" * 64, size=1, file_name=f"{NAME}.mp4")
    place.archive.update(TALK.id, lambda old: old.model_copy(update={"original": file}))
    found = place.facilitator.get("/person", params={"name": NAME}).text
    assert "Here it cannot be replaced:" in found
    done = place.facilitator.post("/person", data=SEND | {"sure": "yes"}).text
    assert "Replaced in 1 recording" in done
    assert "Where it still stands" in done
    assert f"in the name of the file that came in, “{NAME}.mp4”" in done
    again = place.facilitator.post("/person", data=SEND | {"sure": "yes"}).text
    assert "It was found in no recording of yours." in again  # search no longer leads to it, `kring person` does
    assert "/person/undo" not in again


def test_the_way_there(place: Place) -> None:
    for address in ("/removed", "/people"):
        assert 'href="/person"' in place.facilitator.get(address).text
    assert "Find" in place.facilitator.get("/person").text
