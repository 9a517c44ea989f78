"""Keys by which programs act for people: as far as their owner may, and as was chosen."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kring.access import Role
from kring.model import now
from kring.people.accounts import Account, KeyScope, Roles
from search_ui.auth.api_description import SCHEME
from search_ui.recent import Recent
from tests.contract.web.access.test_accounts import OTHER, TALK, House, house, nobody
from tests.support.web import sample_archive
from tests.support.web.upload_site import DETAILS, announced

__all__ = ["house", "nobody"]

LINE = sample_archive.transcript_of(TALK).segments[1]
CHANGE = {"kind": "line", "start": LINE.start, "end": LINE.end, "before": LINE.text, "text": LINE.text}
ROLES = Roles(circles={TALK.circle: Role.FACILITATOR, OTHER.circle: Role.MEMBER})


@pytest.fixture
def owner(house: House) -> tuple[httpx.Client, Account]:
    return house.enter(ROLES)


def program(house: House, key: str, **headers: str) -> httpx.Client:
    return house.client(headers={"Authorization": f"Bearer {key}"} | headers)


def made_on_the_page(web: httpx.Client, **form: Any) -> str:
    answer = web.post("/account/keys", data={"name": "Nightly export", "circle": "", "days": "90"} | form)
    assert answer.status_code == 200, answer.text
    found = re.search(r"kring_[A-Za-z0-9_-]{43}", answer.text)
    assert found
    assert answer.headers["cache-control"] == "private, no-store"
    return found[0]


def corrects(web: httpx.Client) -> int:
    return web.post(f"/api/recordings/{TALK.id}/corrections", json={"change": CHANGE}).status_code


def uploads(web: httpx.Client, film: bytes = b"film" * 99) -> int:
    begin = announced(film) | {"details": DETAILS | {"circle": TALK.circle}}
    return web.post("/api/uploads", json=begin).status_code


def test_a_key_reads_what_its_owner_may(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, account = owner
    key = made_on_the_page(web)
    robot = program(house, key)
    for talk in (TALK, OTHER):
        assert robot.get(f"/api/recordings/{talk.id}").status_code == 200
    assert robot.get("/api/search?q=personvernombudet").json()["total"] == 1
    assert robot.get("/api/me").json() == {"id": account.id, "name": "Kari Nordli", "may_edit": False}
    assert (corrects(robot), uploads(robot)) == (403, 403)
    shown = web.get("/account").text
    assert "Nightly export" in shown
    assert key[:12] in shown
    assert key not in shown


def test_a_key_does_what_it_was_made_for(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, _ = owner
    corrector = program(house, made_on_the_page(web, correct="on"))
    uploader = program(house, made_on_the_page(web, upload="on"))
    assert (corrects(corrector), uploads(corrector)) == (200, 403)
    assert (corrects(uploader), uploads(uploader)) == (403, 201)
    refused = uploader.post(f"/api/recordings/{TALK.id}/corrections", json={"change": CHANGE})
    assert "was not made for that" in refused.json()["error"]


def test_a_key_for_one_circle_is_for_no_other(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, _ = owner
    robot = program(house, made_on_the_page(web, circle=TALK.circle))
    assert robot.get(f"/api/recordings/{TALK.id}").status_code == 200
    assert robot.get(f"/api/recordings/{OTHER.id}").status_code == 404
    for circle in ("nowhere", "digital-post"):
        answer = web.post("/account/keys", data={"name": "x", "circle": circle, "days": ""})
        assert answer.status_code == 400


def test_a_key_never_may_what_only_operators_may(house: House) -> None:
    web, account = house.enter(Roles(operator=True), "Els Verhaeghe")
    robot = program(house, made_on_the_page(web, upload="on", correct="on"))
    assert robot.get(f"/api/recordings/{TALK.id}").status_code == 200
    assert corrects(robot) == 200
    for path in ("/people", "/api/left-out", "/upload"):
        assert robot.get(path).status_code == 403, path
    assert robot.get("/account").status_code == 303
    for path in ("/account/keys", "/account/sign-out-everywhere", "/people"):
        form = {"name": "x", "circle": "", "days": "", "role": "member"}
        assert robot.post(path, data=form).status_code == 403, path
    assert house.people.account(account.id).sessions_from == account.sessions_from


def test_a_key_ends_revoked_expired_with_the_role_and_with_the_account(
    house: House, owner: tuple[httpx.Client, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recent, "SECONDS", 0.0)
    web, account = owner
    robot = program(house, made_on_the_page(web, correct="on"))
    [(key_hash, _)] = house.people.keys.of(account.id)
    stranger, _ = house.enter(ROLES, "Ola Berg")
    assert stranger.post(f"/account/keys/{key_hash}/revoke").status_code == 404
    assert corrects(robot) == 200
    assert web.post(f"/account/keys/{key_hash}/revoke").status_code == 303
    assert corrects(robot) == 401
    old = house.people.keys.make(account, "old", (KeyScope.READ,), (), now() - timedelta(seconds=1))
    assert program(house, old).get("/api/search").status_code == 401
    key = house.people.keys.make(account, "other", (KeyScope.READ, KeyScope.CORRECT))
    assert corrects(program(house, key)) == 200
    house.people.change(account.id, lambda known: known.model_copy(update={"given": Roles()}))
    assert corrects(program(house, key)) == 403
    house.people.change(account.id, lambda known: known.model_copy(update={"blocked": True}))
    assert program(house, key).get("/api/search").status_code == 401


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer x", f"Bearer kring_{'A' * 43}", f"Basic kring_{'A' * 43}", "kring_", "", "\xff"]
)
def test_a_wrong_key_is_nobodys(house: House, owner: tuple[httpx.Client, Account], authorization: str) -> None:
    """Not even that of the browser's person: a program that meant to use a key hears that it is no good."""
    web, _ = owner
    answer = web.get("/api/search", headers={"Authorization": authorization.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "This key is not valid" in answer.json()["error"]


def test_when_it_was_used_is_known(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, account = owner
    program(house, made_on_the_page(web)).get("/api/search")
    [(_, key)] = house.people.keys.of(account.id)
    assert key.used_at is not None
    assert now() - key.used_at < timedelta(minutes=1)


def test_the_description_says_what_a_key_must_be_for(house: House) -> None:
    described = house.client().get("/api/openapi.json").json()
    assert described["components"]["securitySchemes"][SCHEME]["scheme"] == "bearer"
    asked = {
        ("get", "/api/search"): [{}, {SCHEME: ["read"]}],
        ("get", "/api/recordings/{recording_id}"): [{}, {SCHEME: ["read"]}],
        ("post", "/api/uploads"): [{SCHEME: ["upload"]}],
        ("get", "/api/uploads"): [{SCHEME: ["upload"]}],
        ("post", "/api/recordings/{recording_id}/corrections"): [{SCHEME: ["correct"]}],
        ("get", "/api/recordings/{recording_id}/corrected"): [{SCHEME: ["correct"]}],
        ("post", "/api/recordings/{recording_id}/attachments"): [{SCHEME: ["correct"]}],
    }
    for (method, path), security in asked.items():
        assert described["paths"][path][method]["security"] == security, path
    assert all("security" in operation for path in described["paths"].values() for operation in path.values())
