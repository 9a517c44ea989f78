"""Passkeys in a real browser, with an authenticator that the browser plays itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from index.memory import MemoryIndex
from kring.access import Role
from kring.people.accounts import Roles
from kring.settings import Settings
from search_ui.app import create_app
from search_ui.auth.passkeys import CHALLENGE_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import DESKTOP, browser, serving

__all__ = ["browser"]

pytestmark = pytest.mark.e2e

TALK = sample_archive.TALKS[0]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@dataclass
class House:
    """`origin` is a host name: there are no passkeys for bare addresses."""

    origin: str
    people: People


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with serving(create_app(settings, archive, index, MemoryRuns())) as origin:
        yield House(origin.replace("127.0.0.1", "localhost"), People(archive.store))


@contextmanager
def device(browser: Browser, house: House) -> Iterator[Page]:
    """A browser on a device that keeps passkeys."""
    context = browser.new_context(base_url=house.origin, viewport=DESKTOP, locale="en-GB")
    context.set_default_timeout(PATIENCE * 1000)
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield page
    finally:
        context.close()


def come_in(page: Page, house: House) -> str:
    """By an invitation; the account's id."""
    code = house.people.invite("Kari Nordli", Roles(circles={TALK.circle: Role.MEMBER}), by="Ola")
    page.goto(f"/sign-in#{code}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
    [account] = house.people.accounts()
    return account.id


@pytest.fixture(autouse=True)
def nobody(house: House) -> Iterator[None]:
    yield
    for account in house.people.accounts():
        house.people.remove(account.id)


def make(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("made ")).to_be_visible()


def test_a_passkey_is_made_and_signs_in(browser: Browser, house: House) -> None:
    with device(browser, house) as page:
        account = come_in(page, house)
        make(page)
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.goto(f"/r/{TALK.id}")
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(f"{house.origin}/r/{TALK.id}")
        expect(page.get_by_role("heading", name=TALK.title)).to_be_visible()
        [passkey] = house.people.account(account).passkeys
        assert passkey.sign_count > 0
        assert CHALLENGE_COOKIE not in {cookie.get("name") for cookie in page.context.cookies()}


def test_one_that_was_removed_signs_nobody_in(browser: Browser, house: House) -> None:
    with device(browser, house) as page:
        account = come_in(page, house)
        make(page)
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("made ")).to_have_count(0)
        assert house.people.account(account).passkeys == ()
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("This passkey is not known here")).to_be_visible()


def test_who_is_blocked_stays_out_and_a_stranger_has_none(browser: Browser, house: House) -> None:
    with device(browser, house) as page:
        account = come_in(page, house)
        make(page)
        house.people.change(account, lambda old: old.model_copy(update={"blocked": True}))
        page.context.clear_cookies()
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("This passkey is not known here")).to_be_visible()


def test_an_answer_is_good_once_and_for_its_own_challenge(browser: Browser, house: House) -> None:
    with device(browser, house) as page:
        come_in(page, house)
        make(page)
        page.context.clear_cookies()
        page.goto("/sign-in")
        with page.expect_request("**/api/passkeys/sign-in") as asked:
            page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("link", name="Kari Nordli")).to_be_visible()
        sent = asked.value.post_data_json
    with httpx.Client(base_url=house.origin, timeout=PATIENCE) as thief:
        assert thief.post("/api/passkeys/sign-in", json=sent).status_code == 403  # without a challenge
        thief.post("/api/passkeys/sign-in/options")
        assert thief.cookies[CHALLENGE_COOKIE]
        refused = thief.post("/api/passkeys/sign-in", json=sent)
        assert refused.status_code == 403
        assert "not known here" in refused.json()["error"]
        assert thief.get("/api/me").json()["name"] == ""


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "x"},
        {"response": None},
        {"id": "x", "response": {"userHandle": "///"}},
        {"response": {"userHandle": 7}},
    ],
)
def test_nonsense_is_refused_in_a_sentence(house: House, credential: dict[str, object]) -> None:
    with httpx.Client(base_url=house.origin, timeout=PATIENCE) as web:
        web.post("/api/passkeys/sign-in/options")
        answer = web.post("/api/passkeys/sign-in", json={"credential": credential})
        assert answer.status_code == 403
        assert "not known here" in answer.json()["error"]
        assert web.post("/api/passkeys", json={"credential": credential}).status_code == 403
