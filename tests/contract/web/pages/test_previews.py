"""How the search page and the API show that others have talked about something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from markupsafe import escape

from index.memory import MemoryIndex
from kring.access import Role, audience
from kring.model import Circle
from kring.people.accounts import Roles
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.passages import recording, recording_id
from tests.support.patience import PATIENCE
from tests.support.web.browser import serving

CONTACTS = {
    "arkiv": 'Kari "<b>Nordmann</b>", kari+arkiv@example.org eller ola@example.org',
    "sky": None,
    "hostile": "javascript:alert(1) \"onclick='x'\" <img src=x>@example.org",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    for slug, contact in CONTACTS.items():
        archive.put_circle(
            Circle(slug=slug, name=f"<{slug}>", network="sor", network_name="Sør & Øst", previews=True, contact=contact)
        )
    archive.put_circle(Circle(slug="drift", name="Drift", network="nord", network_name="Nord"))
    titles = {f"{n}": ("arkiv", f"Arkivet del {n}", f"2025-01-{n:02d}") for n in range(1, 8)}
    titles |= {"s": ("sky", "Skyen <script>", "2024-01-01"), "h": ("hostile", "Farlig emne", "2024-01-01")}
    for name, (slug, title, day) in titles.items():
        made = recording(name, "hemmelig tale", title=title, circle=slug, network="sor", day=day, topics=["Sak"])
        index.replace(recording_id(name), [replace(passage, audience=audience(slug, None)) for passage in made])
    people = People(archive.store)
    account = people.accept(people.invite("Ola", Roles(circles={"drift": Role.MEMBER}), by="test"))
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), archive, index, MemoryRuns())
    with serving(app) as origin, httpx.Client(base_url=origin, timeout=PATIENCE) as client:
        client.cookies.set(SESSION_COOKIE, people.begin_session(account))
        yield client


def section(web: httpx.Client, path: str) -> str:
    answer = web.get(path)
    assert answer.status_code == 200
    [found] = re.findall(r'<section class="previews".*?</section>', answer.text, re.DOTALL)
    assert answer.text.count("previews-heading") == 2
    return str(found)


@pytest.mark.parametrize("path", ["/?q=arkivet", "/?q=arkivet&part=results", "/?q=arkiv&typing=1&part=results"])
def test_five_the_newest_first_and_that_there_are_more(web: httpx.Client, path: str) -> None:
    shown = section(web, path)
    assert re.findall(r'<h3 dir="auto">(.*?)</h3>', shown) == [f"Arkivet del {n}" for n in (7, 6, 5, 4, 3)]
    assert "There are more: a narrower search shows others." in shown
    narrower = section(web, "/?q=arkivet+before:2025-01-03")
    assert re.findall(r'<h3 dir="auto">(.*?)</h3>', narrower) == [f"Arkivet del {n}" for n in (3, 2, 1)]
    assert "There are more" not in narrower


def test_whom_to_ask(web: httpx.Client) -> None:
    shown = section(web, "/?q=arkivet")
    assert "Kari &#34;&lt;b&gt;Nordmann&lt;/b&gt;&#34;, " in shown
    assert re.findall(r'href="(.*?)"', shown)[:2] == ["mailto:kari+arkiv@example.org", "mailto:ola@example.org"]
    assert "Ask" not in section(web, "/?q=skyen")


def test_whatever_a_circle_writes_is_text(web: httpx.Client) -> None:
    shown = section(web, "/?q=farlig")
    assert str(escape(CONTACTS["hostile"])) in shown
    assert "href" not in shown
    assert "<img" not in shown
    shown = section(web, "/?q=skyen")
    assert "Skyen &lt;script&gt;" in shown
    assert "&lt;sky&gt;" in shown
    assert "Sør &amp; Øst" in shown


def test_the_api_tells_the_same(web: httpx.Client) -> None:
    found = web.get("/api/search?q=arkivet").json()
    assert [preview["title"] for preview in found["previews"]] == [f"Arkivet del {n}" for n in (7, 6, 5, 4, 3)]
    assert found["previews"][0] == {
        "title": "Arkivet del 7",
        "circle_name": "<arkiv>",
        "network_name": "Sør & Øst",
        "date": "2025-01-07",
        "contact": CONTACTS["arkiv"],
    }
    assert found["more_previews"] is True
    assert (found["total"], found["recordings"]) == (0, [])
    assert web.get("/api/search?q=skyen").json()["previews"][0]["contact"] == ""
    assert web.get("/api/search?q=hemmelig").json()["previews"] == []
    assert web.get("/api/search?q=arkivet&page=2").json()["previews"] == []
    assert web.get("/api/search").json()["previews"] == []


def test_beside_a_topic(web: httpx.Client) -> None:
    assert len(re.findall("<h3", section(web, "/?topic=sak"))) == 5
    assert web.get("/t/Sak").status_code == 404  # for those who may see no recording with it
    assert "previews-heading" not in web.get("/").text
