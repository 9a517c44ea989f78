"""A private podcast address, made in a real browser and copied into an app: there is a way to it on every width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect

from index.memory import MemoryIndex
from kring.access import Role
from kring.people.accounts import Roles
from search_ui.app import create_app
from search_ui.auth.identity import SESSION_COOKIE
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import DESKTOP, PHONE, browser, open_page, serving
from tests.support.web.member_archive import FILM
from tests.support.web.sample_archive import TALKS

__all__ = ["browser"]

CLOSED = TALKS[1]
"""Of a circle in which nothing is for everyone."""


@dataclass
class Home:
    origin: str
    session: str


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    index, archive = MemoryIndex(), Archive(MemoryStore())
    member_archive.fill(archive, index)
    people = People(archive.store)
    roles = Roles(circles={CLOSED.circle: Role.MEMBER, FILM.circle: Role.MEMBER})
    session = people.begin_session(people.accept(people.invite("Kari Nordli", roles, by="Ola")))
    with serving(create_app(facilitator.WITHOUT_FILES, archive, index)) as origin:
        yield Home(origin, session)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["wide", "narrow"])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_it_is_made_on_a_circles_page_and_copied(
    browser: Browser, home: Home, viewport: dict[str, int], scripts: bool
) -> None:
    with open_page(browser, home.origin, viewport=viewport, java_script_enabled=scripts) as (page, _):
        page.context.add_cookies([{"name": SESSION_COOKIE, "value": home.session, "url": home.origin}])
        page.goto(f"/c/{CLOSED.circle}")
        page.get_by_text("Subscribe", exact=True).click()
        page.get_by_role("button", name="Make a private address").click()
        address = page.get_by_role("textbox", name="Your address").input_value()
        assert address.startswith(f"{home.origin}/f/kring_feed_")
        assert "/f/" not in page.url
        button = page.get_by_role("button", name="Copy")
        if scripts:
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            button.click()
            expect(page.get_by_role("status")).to_have_text("Copied.")
            assert page.evaluate("navigator.clipboard.readText()") == address
        else:
            expect(button).to_have_count(0)
        feed = httpx.get(address, timeout=PATIENCE)
        assert CLOSED.id in feed.text
        page.get_by_role("link", name="Your private addresses").click()
        listed = page.locator("section", has=page.get_by_role("heading", name="Private podcast addresses"))
        expect(listed.get_by_role("link", name="Drift og utvikling")).to_be_visible()
        listed.get_by_role("button", name="Revoke").click()
        expect(listed.get_by_role("button", name="Revoke")).to_have_count(0)
    assert httpx.get(address, timeout=PATIENCE).status_code == 404
