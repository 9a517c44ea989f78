"""Whole visits in real Chromium: with the keyboard alone, on a phone, and in each language; and what pages weigh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from search_ui.auth.identity import SESSION_COOKIE
from tests.support.patience import PATIENCE
from tests.support.repository import REPOSITORY
from tests.support.web import facilitator, page_inspection
from tests.support.web.browser import PHONE, browser, eventually, open_page, player_time
from tests.support.web.editing_site import all_saved, focused, paused
from tests.support.web.full_site import LOCALES, Everything, everything
from tests.support.web.member_archive import FILM, SOUND
from tests.support.web.pages import PLACES

__all__ = ["browser"]

MOST_STEPS = 120
KB = 1000
PARTS = re.compile(r"/parts/\d+$")
BUDGET = {"/?q=personvern": 100, f"/r/{FILM.id}": 100, f"/c/{SOUND.circle}": 100, f"/r/{FILM.id}/embed": 50}
"""Kilobytes on the wire of a page's scripts and styles."""


@dataclass(frozen=True)
class Spoken:
    heading: str
    day: str
    size: str
    browse: str
    sending: str
    """Uppy's own word, from its own catalogue."""


SPOKEN = {
    "nb": Spoken("Finn det som ble sagt", "12. mars 2026", "1,2 MB", "velg dem", "Laster opp"),
    "da": Spoken("Find det, der blev sagt", "12. marts 2026", "1,2 MB", "vælg dem", "Uploader"),
    "nl": Spoken("Vind wat er gezegd is", "12 maart 2026", "1,2 MB", "kies ze", "Aan het uploaden"),
    "en": Spoken("Find what was said", "12 March 2026", "1.2 MB", "choose them", "Uploading"),
}


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with everything(tmp_path_factory.mktemp("data")) as served:
        yield served


def step_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until that has the focus."""
    for _ in range(MOST_STEPS):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press(key)
    pytest.fail(f"{selector} is not reached within {MOST_STEPS} steps")


def test_from_a_search_to_a_correction_without_the_mouse(browser: Browser, all_of_it: Everything) -> None:
    with open_page(browser, all_of_it.origin) as (page, _):
        page.goto("/")
        step_to(page, "#q")
        page.keyboard.type("personvernombudet")
        expect(page.locator("#found-heading")).to_contain_text("personvernombudet")
        step_to(page, ".passages a.time:not(.of-page)")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/r/\w+\?t="))
        step_to(page, "#player")
        before = player_time(page)
        page.keyboard.press("Space")
        eventually(page, lambda: not paused(page) and player_time(page) > before + 0.2)
        page.keyboard.press("Space")
        eventually(page, lambda: paused(page))
        step_to(page, "#inside-q")
        page.keyboard.press("Control+a")
        page.keyboard.type("risikovurdering")
        page.keyboard.press("Enter")
        expect(page.locator(".inside-found")).to_contain_text("risikovurdering")
        step_to(page, "#edit-link")
        page.keyboard.press("Enter")
        expect(page.locator("#desk")).to_be_visible()
        step_to(page, ".take textarea")
        heard = focused(page)
        page.keyboard.press("Control+a")
        page.keyboard.type("Velkommen til tastaturmøtet.")
        page.keyboard.press("Enter")
        all_saved(page)
        step_to(page, "#undo", "Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".take textarea").first).to_have_value(heard)
        expect(page.locator("#told")).to_have_text("Taken back.")


@pytest.mark.parametrize("language", LOCALES)
def test_it_speaks_the_browser_s_language(browser: Browser, all_of_it: Everything, language: str) -> None:
    spoken = SPOKEN[language]
    other = "nl" if language == "nb" else "nb"
    with open_page(browser, all_of_it.origin, locale=LOCALES[language]) as (page, _):
        page.goto("/?q=personvern")
        assert _speaks(page) == (language, spoken.heading)
        expect(page.locator(f".card:has([href^='/r/{FILM.id}']) time").first).to_have_text(spoken.day)
        page.goto(f"/r/{FILM.id}")
        expect(page.locator(".document small")).to_contain_text(spoken.size)
        page.locator(f".languages [hreflang={other}]").click()
        assert page.url.endswith(f"/r/{FILM.id}")
        expect(page.locator(".facts time")).to_have_text(SPOKEN[other].day)
        page.goto("/")
        assert _speaks(page) == (other, SPOKEN[other].heading)
        page.locator(f".languages [hreflang={language}]").click()
        assert _speaks(page) == (language, spoken.heading)


def _speaks(page: Page) -> tuple[str | None, str]:
    return page.locator("html").get_attribute("lang"), page.locator("h1").inner_text()


@pytest.mark.parametrize("language", LOCALES)
def test_uppy_speaks_it_too(browser: Browser, all_of_it: Everything, language: str) -> None:
    spoken = SPOKEN[language]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with open_page(browser, all_of_it.origin, locale=LOCALES[language]) as (page, _):
        page.context.route(PARTS, hold)
        page.goto("/upload")
        expect(page.locator(".uppy-DragDrop-browse")).to_have_text(spoken.browse)
        _choose(page, language.encode() * 999)
        card = page.locator(".upload-card")
        expect(card).to_have_attribute("data-state", "ready")
        card.locator("[name=circle]").select_option("drift-nord")
        card.locator("[name=basis]").nth(1).check()
        card.locator("[data-at=submit]").click()
        expect(page.locator(".uppy-StatusBar-statusPrimary")).to_contain_text(spoken.sending)
        eventually(page, lambda: len(held) > 0)
        page.context.unroute(PARTS)
        for route in held:
            route.continue_()
        expect(card).to_have_attribute("data-state", "done")


def _choose(page: Page, content: bytes) -> None:
    film = {"name": "2026-03-01 Personvern.mp4", "mimeType": "video/mp4", "buffer": content}
    page.locator(".uppy-DragDrop-input").set_input_files(film)  # type: ignore[arg-type]


def test_on_a_phone_with_a_thumb(browser: Browser, all_of_it: Everything) -> None:
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    with open_page(browser, all_of_it.origin, **phone) as (page, _):
        page.goto("/")
        page.locator("#q").tap()
        page.keyboard.type("personvernombudet")
        page.keyboard.press("Enter")
        expect(page.locator("#found-heading")).to_contain_text("personvernombudet")
        _fits(page)
        page.locator(".passages a.time:not(.of-page)").first.tap()
        page.wait_for_url(re.compile(r"/r/\w+\?t="))
        page.locator(".line .words").nth(3).tap()
        eventually(page, lambda: not paused(page))
        _fits(page)
        page.locator("#edit-link").tap()
        expect(page.locator("#desk")).to_be_visible()
        page.locator(".take textarea").nth(2).tap()
        page.keyboard.press("Control+a")
        page.keyboard.type("Rettet med tommelen.")
        page.locator(".take .time").nth(3).tap()
        all_saved(page)
        _fits(page)
        lines = all_of_it.archive.transcript_of(all_of_it.archive.manifest(FILM.id))
        assert lines is not None
        assert lines.segments[2].text == "Rettet med tommelen."
        page.goto("/upload")
        with page.expect_file_chooser() as asked:
            page.locator(".uppy-DragDrop-container").tap()
        asked.value.set_files({"name": "phone.mp4", "mimeType": "video/mp4", "buffer": b"phone" * 999})
        card = page.locator(".upload-card")
        expect(card).to_have_attribute("data-state", "ready")
        card.get_by_label("Circle").select_option("drift-nord")
        card.get_by_text("Public meeting").tap()
        _fits(page)
        card.get_by_role("button", name="Send").tap()
        expect(card).to_have_attribute("data-state", "done")
        _fits(page)


def _fits(page: Page) -> None:
    page.evaluate(page_inspection.SCRIPT.read_text())
    assert page_inspection.sideways(page) == []


class _Asked(HTMLParser):
    """Scripts and styles of a page, in its own words."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("src"):
            self.addresses.append(str(given["src"]))
        if tag == "link" and given.get("rel") == "stylesheet":
            self.addresses.append(str(given["href"]))


@pytest.mark.parametrize("path", BUDGET)
def test_pages_are_light(all_of_it: Everything, path: str) -> None:
    with httpx.Client(base_url=all_of_it.origin, headers={"Accept-Encoding": "gzip"}, timeout=PATIENCE) as web:
        asked = _Asked()
        asked.feed(web.get(path).text)
        weights = {address: _on_the_wire(web, urljoin(path, address)) for address in asked.addresses}
    assert 2 <= len(weights) <= 4
    said = ", ".join(f"{address.partition('?')[0]} {weight / KB:.1f} kB" for address, weight in weights.items())
    assert sum(weights.values()) < BUDGET[path] * KB, f"{sum(weights.values()) / KB:.1f} kB: {said}"


def _on_the_wire(web: httpx.Client, address: str) -> int:
    with web.stream("GET", address) as answer:
        answer.raise_for_status()
        size = len(b"".join(answer.iter_raw()))
        assert size < 1000 or answer.headers["content-encoding"] == "gzip", address  # less is not worth it
        return size


def test_every_page_is_among_those_looked_at(all_of_it: Everything) -> None:
    """A page added later shall not be forgotten: each template of a page is shown by one of PLACES."""
    with (
        facilitator.client(all_of_it.origin) as web,
        httpx.Client(base_url=web.base_url, cookies={SESSION_COOKIE: all_of_it.session}) as signed_in,
    ):
        asked = [((signed_in if place.account else web), all_of_it.path(place.path)) for place in PLACES]
        kinds = {re.search(r'<body class="([\w-]+)', client.get(path).text) for client, path in asked}
    shown = {found[1] for found in kinds if found}
    wanted = set()
    for template in (REPOSITORY / "search_ui" / "templates").glob("*.html"):
        wanted |= set(re.findall(r"\{% block kind %\}([\w-]+)|<body class=\"([\w-]+)\"", template.read_text()))
    assert {name for pair in wanted for name in pair if name} <= shown | {"search-page"}
