"""Topics, organisations and pages of attachments over HTTP: in the API and among the results people see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from index.memory import MemoryIndex
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import serving
from tests.support.web.member_archive import FILM, SLIDES, TALKS

SHA256 = hashlib.sha256(SLIDES).hexdigest()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    member_archive.fill(archive, index)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"), web=WebSettings(public_url="https://kring.example.org/")
    )
    with (
        serving(create_app(settings, archive, index)) as origin,
        facilitator.client(origin) as client,
    ):
        yield client


def test_filters_and_facets(web: httpx.Client) -> None:
    found = web.get("/api/search", params={"topic": ["PERSONVERN"]}).json()
    assert {one["id"] for one in found["recordings"]} == {FILM.id, TALKS[1].id}
    film = next(one for one in found["recordings"] if one["id"] == FILM.id)
    assert (film["topics"], film["organisations"]) == (["Personvern", "Skole"], ["Fjordane kommune"])
    assert found["facets"]["topic"]["Personvern"] == 2
    assert found["facets"]["organisation"] == {"Fjordane kommune": 1}
    both = web.get("/api/search", params={"topic": "personvern", "organisation": "fjordane kommune"}).json()
    assert [one["id"] for one in both["recordings"]] == [FILM.id]
    assert web.get("/api/search", params={"topic": "Skole", "organisation": "x"}).json()["total"] == 0


def test_a_page_of_an_attachment(web: httpx.Client) -> None:
    (recording,) = web.get("/api/search", params={"q": "kontakt"}).json()["recordings"]
    (passage,) = recording["passages"]
    assert (passage["attachment"], passage["attachment_title"], passage["page"]) == (SHA256, "Lysbilder fra møtet", 3)
    assert passage["url"] == f"/r/{FILM.id}/attachments/{SHA256}#page=3"
    assert (passage["start"], passage["end"], passage["hit_at"]) == (0, 0, 0)


def test_what_people_see(web: httpx.Client) -> None:
    html = web.get("/", params={"q": "kontakt"}).text
    assert f'href="/r/{FILM.id}/attachments/{SHA256}#page=3"' in html
    assert "Page 3 of “<bdi>Lysbilder fra møtet</bdi>”" in html
    assert "Listen at" not in html
    assert 'id="f-organisation-Fjordane%20kommune"' in html
    assert 'href="/?q=kontakt&amp;topic=Skole"' in html


@pytest.mark.parametrize("text", ["topics:x", "-topic:x", "organisation:"])
def test_what_cannot_be_meant_is_a_sentence(web: httpx.Client, text: str) -> None:
    answer = web.get("/api/search", params={"q": text})
    assert answer.status_code == 400
    assert "topic" in answer.text or "organisation" in answer.text


def test_too_many_values_are_refused(web: httpx.Client) -> None:
    assert web.get("/api/search", params={"topic": [str(number) for number in range(51)]}).status_code == 422
