"""People with an account: how they come in with a link, what they see then, and how they are signed out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from index.memory import MemoryIndex
from kring.access import Role
from kring.errors import StorageDown
from kring.model import now
from kring.people.accounts import Account, Roles, hash_of
from kring.settings import Settings, WebSettings
from search_ui import recent as remembered
from search_ui.app import create_app
from search_ui.auth.browser_name import browser_name
from search_ui.auth.identity import SESSION_COOKIE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving

TALK, OTHER = sample_archive.TALKS[0], sample_archive.TALKS[4]
"""Of the circle that people belong to here, and of one in another network."""
MEMBER = Roles(circles={TALK.circle: Role.MEMBER})
FACILITATOR = Roles(circles={TALK.circle: Role.FACILITATOR})


@dataclass
class House:
    """Two web processes over one archive."""

    archive: Archive
    people: People
    origins: list[str]
    client: Callable[..., httpx.Client]

    def enter(self, roles: Roles, name: str = "Kari Nordli") -> tuple[httpx.Client, Account]:
        web = self.client()
        code = self.people.invite(name, roles, by="Ola")
        assert web.post("/sign-in", data={"code": code}).status_code == 303
        [account] = [each for each in self.people.accounts() if each.name == name]
        return web, account


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), web=WebSettings())
    with ExitStack() as opened:
        apps = [create_app(settings, archive, index, MemoryRuns()) for _ in range(2)]
        origins = [opened.enter_context(serving(app)) for app in apps]

        def client(number: int = 0, **options: object) -> httpx.Client:
            return opened.enter_context(httpx.Client(base_url=origins[number], timeout=PATIENCE, **options))  # type: ignore[arg-type]

        yield House(archive, People(archive.store), origins, client)


@pytest.fixture(autouse=True)
def nobody(house: House) -> Iterator[None]:
    yield
    for account in house.people.accounts():
        house.people.remove(account.id)


def sees(web: httpx.Client, talk: sample_archive.Talk = TALK) -> bool:
    status = web.get(f"/r/{talk.id}").status_code
    assert status in {200, 404}
    return status == 200


def test_an_invitation_lets_in_once_to_ones_own_circles(house: House) -> None:
    code = house.people.invite("Kari Nordli", MEMBER, by="Ola")
    web = house.client()
    assert not sees(web)
    answer = web.post("/sign-in", data={"code": f"{house.origins[0]}/sign-in#{code}", "next": f"/r/{TALK.id}?t=3"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/r/{TALK.id}?t=3")
    assert sees(web)
    assert not sees(web, OTHER)
    assert web.get("/api/me").json()["name"] == "Kari Nordli"
    assert "Kari Nordli" in web.get("/").text
    again = house.client().post("/sign-in", data={"code": code})
    assert again.status_code == 403
    assert "an invitation lets in once" in again.text


def test_who_finds_nothing_hears_what_to_do(house: House) -> None:
    start = house.client().get("/").text
    assert "There is nothing here for everyone" in start
    assert "kring add" not in start
    assert 'href="/sign-in?next=%2F%3Fq%3Dzebra"' in house.client().get("/?q=zebra").text
    web, _ = house.enter(Roles())
    assert "There is nothing here for you yet" in web.get("/").text
    member, _ = house.enter(MEMBER, "Ola Berg")
    assert TALK.title in member.get("/").text


def test_the_cookie_is_out_of_reach_and_says_nothing(house: House) -> None:
    web, account = house.enter(MEMBER)
    secret = web.cookies[SESSION_COOKIE]
    assert account.id not in secret
    assert not [info.key for info in house.archive.store.list("") if secret in info.key]
    cookie = (
        house.client().post("/sign-in", data={"code": house.people.invite("O", MEMBER, by="x")}).headers["set-cookie"]
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/\\evil.example", "x", "/a b", "/\r\nX: y"]
)
def test_signing_in_leads_to_no_other_site(house: House, onward: str) -> None:
    code = house.people.invite("Kari", MEMBER, by="Ola")
    assert house.client().post("/sign-in", data={"code": code, "next": onward}).headers["location"] == "/"
    assert 'name="next" value="/"' in house.client().get("/sign-in", params={"next": onward}).text


def test_a_made_up_session_is_nobodys(house: House) -> None:
    for cookie in ("", "x", "A" * 43, "../people/" + "0" * 33):
        web = house.client(cookies={SESSION_COOKIE: cookie})
        assert not sees(web)
        assert web.get("/api/me").json()["may_edit"] is False


def test_signing_out_ends_the_session_in_the_bucket(house: House) -> None:
    web, account = house.enter(MEMBER)
    kept = web.cookies[SESSION_COOKIE]
    assert web.post("/sign-out").headers["location"] == "/"
    assert SESSION_COOKIE not in web.cookies
    assert not sees(house.client(cookies={SESSION_COOKIE: kept}))
    assert not house.people.sessions_of(account.id)


def test_what_is_revoked_is_gone_from_every_process_within_ten_seconds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, account = house.enter(FACILITATOR)
    others = [house.client(1, cookies=dict(web.cookies)) for _ in range(2)]
    assert all(sees(each) for each in (web, *others))
    house.people.change(account.id, lambda old: old.model_copy(update={"given": Roles()}))
    clock = [remembered.monotonic() + 10]
    monkeypatch.setattr(remembered, "monotonic", lambda: clock[0])
    assert not any(sees(each) for each in (web, *others))
    assert web.get("/upload").status_code == 403
    house.people.change(account.id, lambda old: old.model_copy(update={"given": FACILITATOR}))
    clock[0] += 10
    assert all(sees(each) for each in (web, *others))
    house.people.change(account.id, lambda old: old.model_copy(update={"blocked": True}))
    clock[0] += 10
    assert not any(sees(each) for each in (web, *others))


def test_signing_out_everywhere(house: House) -> None:
    web, account = house.enter(MEMBER)
    secret = house.people.begin_session(account)
    other = house.client(cookies={SESSION_COOKIE: secret})
    assert sees(other)
    assert web.post("/account/sign-out-everywhere").status_code == 303
    assert not sees(other)
    assert not house.people.sessions_of(account.id)
    assert house.people.account(account.id).name == "Kari Nordli"


@pytest.mark.parametrize(
    ("begun", "seen", "good"),
    [
        (timedelta(days=29), timedelta(hours=71), True),
        (timedelta(days=29), timedelta(hours=73), False),
        (timedelta(days=31), timedelta(minutes=1), False),
    ],
)
def test_a_session_ends_unused_and_by_its_age(house: House, begun: timedelta, seen: timedelta, good: bool) -> None:
    _, account = house.enter(MEMBER)
    moment = now()
    house.people.change(account.id, lambda old: old.model_copy(update={"sessions_from": moment - timedelta(days=99)}))
    secret = house.people.begin_session(account)
    house.people.change_session(
        hash_of(secret), lambda old: old.model_copy(update={"begun_at": moment - begun, "seen_at": moment - seen})
    )
    assert sees(house.client(cookies={SESSION_COOKIE: secret})) is good


def test_a_session_that_is_used_goes_on(house: House) -> None:
    _, account = house.enter(MEMBER)
    secret = house.people.begin_session(account)
    before = now() - timedelta(hours=2)
    house.people.change_session(hash_of(secret), lambda old: old.model_copy(update={"seen_at": before}))
    assert sees(house.client(cookies={SESSION_COOKIE: secret}))
    assert now() - house.people.session(hash_of(secret)).seen_at < timedelta(minutes=1)


def test_where_it_cannot_be_found_out_who_asks_nothing_private_is_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, account = house.enter(MEMBER)
    secret = house.people.begin_session(account)

    def down(*_: object) -> None:
        raise StorageDown("the object store refused the connection")

    monkeypatch.setattr(People, "session", down)
    answer = house.client(cookies={SESSION_COOKIE: secret}).get(f"/r/{TALK.id}")
    assert answer.status_code == 503
    assert TALK.title not in answer.text


def test_ones_account_shows_the_circles_and_can_be_renamed(house: House) -> None:
    web, account = house.enter(FACILITATOR)
    shown = web.get("/account").text
    assert "Personvern Nord" in shown
    assert "facilitator" in shown
    assert web.post("/account/name", data={"name": "Kari <b>Berg</b>"}).status_code == 303
    assert house.people.account(account.id).name == "Kari <b>Berg</b>"
    assert "Kari &lt;b&gt;Berg&lt;/b&gt;" in web.get("/account").text
    assert web.post("/account/name", data={"name": " "}).status_code == 400
    assert house.client().get("/account").headers["location"] == "/sign-in?next=/account"
    assert house.client().post("/account/name", data={"name": "x"}).status_code == 403


def test_what_a_facilitator_changes_carries_their_account(house: House) -> None:
    web, account = house.enter(FACILITATOR)
    line = sample_archive.transcript_of(TALK).segments[0]
    change = {"kind": "line", "start": line.start, "end": line.end, "before": line.text, "text": "Velkommen hit."}
    answer = web.post(f"/api/recordings/{TALK.id}/corrections", json={"change": change}, headers={"Kring-Name": "Else"})
    assert answer.status_code == 201
    last = house.archive.corrections(TALK.id)[-1]
    assert (last.by, last.by_name) == (account.id, "Kari Nordli")


def link_in(page: str) -> str:
    found = re.search(r"/sign-in#(once-[A-Za-z0-9_-]{43})", page)
    assert found
    return found[1]


def test_facilitators_invite_into_their_own_circles(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    made = web.post("/people", data={"name": "Ola Berg", "circle": TALK.circle, "role": "member"})
    assert made.status_code == 200
    assert "no-store" in made.headers["cache-control"]
    assert "Ola Berg" in web.get("/people").text  # waits to be used
    assert "once-" not in web.get("/people").text
    guest = house.client()
    assert guest.post("/sign-in", data={"code": link_in(made.text)}).status_code == 303
    assert sees(guest)
    assert guest.get("/people").status_code == 403
    for circle in (OTHER.circle, "nowhere", ""):
        answer = web.post("/people", data={"name": "Eve", "circle": circle, "role": "facilitator"})
        assert answer.status_code == 403
    assert web.post("/people", data={"name": "Eve", "circle": TALK.circle, "role": "operator"}).status_code == 400
    assert web.post("/people", data={"name": "", "circle": TALK.circle, "role": "member"}).status_code == 400


def test_facilitators_change_the_roles_of_their_own_people_only(house: House) -> None:
    web, _ = house.enter(FACILITATOR)
    _, member = house.enter(MEMBER, "Ola Berg")
    _, foreign = house.enter(Roles(circles={OTHER.circle: Role.MEMBER}), "Els Verhaeghe")
    shown = web.get("/people").text
    assert "Ola Berg" in shown
    assert "Els Verhaeghe" not in shown
    data = {"circle": TALK.circle, "role": "facilitator"}
    assert web.post(f"/people/{member.id}", data=data).status_code == 303
    assert house.people.account(member.id).given == FACILITATOR
    assert web.post(f"/people/{member.id}", data={"circle": TALK.circle, "role": "none"}).status_code == 303
    assert house.people.account(member.id).given == Roles()
    unknown = web.post(f"/people/{'f' * 16}", data=data)
    hidden = web.post(f"/people/{foreign.id}", data=data)
    assert (unknown.status_code, hidden.status_code) == (404, 404)
    assert unknown.text == hidden.text
    assert web.post(f"/people/{foreign.id}", data=data | {"circle": OTHER.circle}).status_code == 403
    assert house.people.account(foreign.id).given.circles == {OTHER.circle: Role.MEMBER}


def test_operators_see_everyone(house: House) -> None:
    house.enter(MEMBER, "Ola Berg")
    with facilitator.client(house.origins[0]) as operator:
        shown = operator.get("/people").text
        assert "Ola Berg" in shown
        made = operator.post("/people", data={"name": "Ny", "circle": OTHER.circle, "role": "facilitator"})
        assert link_in(made.text)


def test_another_invitation_is_brought_to_the_account_one_has(house: House) -> None:
    web, account = house.enter(MEMBER)
    code = house.people.invite("Somebody", Roles(circles={OTHER.circle: Role.FACILITATOR}), by="Els")
    assert web.post("/sign-in", data={"code": code}).status_code == 303
    assert [each.id for each in house.people.accounts()] == [account.id]
    assert sees(web)
    assert sees(web, OTHER)


def test_pages_of_other_sites_sign_nobody_in_or_out(house: House) -> None:
    web, _ = house.enter(MEMBER)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/sign-in", "/sign-out", "/account/sign-out-everywhere", "/account/name", "/people"):
        assert web.post(path, data={"code": "x", "name": "x"}, headers=foreign).status_code == 403
    assert sees(web)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15", "Safari, macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("curl/8.5.0", None),
        ("", None),
    ],
)
def test_what_a_browser_is_called(said: str, name: str | None) -> None:
    assert browser_name(said) == name
