"""Signing in with the accounts people have already, at a real provider, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from index.memory import MemoryIndex
from kring.access import Role
from kring.people.accounts import Roles
from kring.settings import RoleRule, Settings
from search_ui.app import create_app
from search_ui.auth.providers import openid
from search_ui.auth.providers.provider_sign_in import PENDING_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import DESKTOP, browser, serving
from tests.support.web.oidc_provider import NAME, OidcProvider, oidc_provider

__all__ = ["browser"]

pytestmark = pytest.mark.e2e

TALK, OTHER = sample_archive.TALKS[0], sample_archive.TALKS[4]
RULES = (
    RoleRule(claim="groups", value="personvern", circle=TALK.circle, role="facilitator"),
    RoleRule(claim="groups", value="vest", network="vlaanderen"),
)
KARI = {"name": "Kari Nordli", "email": "kari@example.org", "email_verified": True, "groups": ["personvern", "annet"]}


@dataclass
class House:
    """The pages, and the provider they trust."""

    origin: str
    provider: OidcProvider
    people: People


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("provider")
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    with oidc_provider(folder) as provider:
        settings = Settings(data_dir=folder, providers=(provider.settings(*RULES),))
        with serving(create_app(settings, archive, index, MemoryRuns())) as origin:
            provider.serve(origin)
            yield House(origin, provider, People(archive.store))


@pytest.fixture(autouse=True)
def nobody(house: House) -> Iterator[None]:
    house.provider.behave(kari=KARI)
    if house.provider.process is None:
        house.provider.start()
    yield
    for account in house.people.accounts():
        house.people.remove(account.id)


@contextmanager
def visitor(browser: Browser, house: House) -> Iterator[Page]:
    """Somebody with a browser that has been nowhere."""
    context = browser.new_context(base_url=house.origin, viewport=DESKTOP, locale="en-GB")
    context.set_default_timeout(PATIENCE * 1000)
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, login: str = "kari", *, start: str = "/sign-in") -> None:
    page.goto(start)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    at_the_provider(page, login)


def at_the_provider(page: Page, login: str = "kari") -> None:
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("anything")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


def roles(house: House) -> Roles:
    [account] = house.people.accounts()
    return account.roles


def test_a_member_signs_in_and_sees_what_their_groups_say(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        sign_in(page, start=f"/r/{TALK.id}")
        expect(page).to_have_url(f"{house.origin}/r/{TALK.id}")
        expect(page.get_by_role("heading", name=TALK.title)).to_be_visible()
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
        assert roles(house).circles == {TALK.circle: Role.FACILITATOR}
        assert page.goto(f"/r/{OTHER.id}").status == 404  # type: ignore[union-attr]
        page.goto("/account")
        expect(page.get_by_text("connected")).to_be_visible()
        assert PENDING_COOKIE not in {cookie.get("name") for cookie in page.context.cookies()}


def test_groups_change_and_what_people_gave_stays(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        sign_in(page)
        [account] = house.people.accounts()
        given = Roles(circles={"drift-nord": Role.MEMBER})
        house.people.change(account.id, lambda old: old.model_copy(update={"given": given}))
    house.provider.behave(kari=KARI | {"groups": ["vest"]})
    with visitor(browser, house) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
    assert roles(house) == Roles(circles={"drift-nord": Role.MEMBER}, networks={"vlaanderen": Role.MEMBER})
    house.provider.behave(kari={"name": "Kari Nordli"})
    with visitor(browser, house) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
    assert roles(house) == given


def test_signing_out_is_also_at_the_provider(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        sign_in(page)
        page.goto("/account")
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.get_by_role("button", name="Yes, sign me out").click()
        expect(page).to_have_url(f"{house.origin}/")
        expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
        assert page.goto(f"/r/{TALK.id}").status == 404  # type: ignore[union-attr]
        page.goto("/sign-in/fjordane-kommune")
        expect(page.locator("input[name=login]")).to_be_visible()  # it asks again who they are


def test_the_same_e_mail_address_is_not_the_same_person(browser: Browser, house: House) -> None:
    for login in ("kari", "somebody-else"):
        house.provider.behave(**{login: KARI | {"groups": [], "email_verified": False}})
        with visitor(browser, house) as page:
            sign_in(page, login)
            expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
    assert len(house.people.accounts()) == 2


def test_an_invited_person_connects_the_account_they_have(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        page.goto(f"/sign-in#{house.people.invite('Kari', Roles(circles={OTHER.circle: Role.MEMBER}), by='x')}")
        page.get_by_role("button", name="Continue").click()
        page.goto("/account")
        page.get_by_role("link", name="Connect with this account").click()
        at_the_provider(page)
        expect(page).to_have_url(f"{house.origin}/account")
        expect(page.get_by_text("connected")).to_be_visible()
    assert roles(house).circles == {TALK.circle: Role.FACILITATOR, OTHER.circle: Role.MEMBER}


def sent_back(page: Page) -> tuple[str, Any]:
    """The address by which the provider sends the browser back, with a code that was not used yet; and the cookie that
    belongs to it, which the browser has lost meanwhile."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/sign-in/fjordane-kommune")
    kept = [cookie for cookie in page.context.cookies() if cookie.get("name") == PENDING_COOKIE]
    assert kept
    page.context.clear_cookies(name=PENDING_COOKIE)
    at_the_provider(page)
    expect(page.get_by_text("was begun in another browser")).to_be_visible()
    [back] = [url for url in asked if "/back?" in url]
    return back, kept


def test_another_state_signs_nobody_in(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        back, kept = sent_back(page)
        page.context.add_cookies(kept)
        assert page.goto(back.replace("state=", "state=x")).status == 403  # type: ignore[union-attr]
        expect(page.get_by_text("was begun in another browser")).to_be_visible()
        assert house.people.accounts() == []
        page.context.add_cookies(kept)
        page.goto(back)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()


def test_what_was_begun_in_another_browser_signs_nobody_in(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page, visitor(browser, house) as other:
        back, _ = sent_back(page)
        assert other.goto(back).status == 403  # type: ignore[union-attr]
        other.goto("/")
        expect(other.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    assert house.people.accounts() == []


def test_a_code_is_good_once(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        back, kept = sent_back(page)
        page.context.add_cookies(kept)
        page.goto(back)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
        page.context.clear_cookies()
        assert page.goto(back).status == 403  # type: ignore[union-attr]
        page.context.add_cookies(kept)
        assert page.goto(back).status == 403  # type: ignore[union-attr]  with all that the first one had
        expect(page.get_by_text(f"{NAME} did not sign you in")).to_be_visible()


@pytest.mark.parametrize(("skew", "good"), [(40, True), (-40, True), (600, False), (-600, False)])
def test_clocks_may_differ_a_little(browser: Browser, house: House, skew: int, good: bool) -> None:
    house.provider.behave(skew=skew)
    with visitor(browser, house) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_have_count(1 if good else 0)
        assert bool(house.people.accounts()) is good
        if not good:
            expect(page.get_by_text(f"{NAME} did not sign you in")).to_be_visible()


def test_a_provider_that_is_down_is_said_and_signing_out_works(
    browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(browser, house) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
        house.provider.stop()
        monkeypatch.setattr(openid, "KNOWN_SECONDS", 0)
        page.goto("/account")
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page).to_have_url(f"{house.origin}/")
        answer = page.goto("/sign-in/fjordane-kommune")
        assert answer is not None
        assert answer.status == 503
        expect(page.get_by_text(f"{NAME}, where you sign in, does not answer just now")).to_be_visible()
        house.provider.start()
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()


def test_who_is_blocked_stays_out(browser: Browser, house: House) -> None:
    with visitor(browser, house) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
        [account] = house.people.accounts()
        house.people.change(account.id, lambda old: old.model_copy(update={"blocked": True}))
        page.context.clear_cookies()
        sign_in(page)
        expect(page.get_by_text("You cannot sign in any more")).to_be_visible()
