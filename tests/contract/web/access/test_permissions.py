"""Who may change anything, what browsers are given to remember, and that pages of other sites change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest

from index.memory import MemoryIndex
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.http.security import MOST_BYTES
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web.browser import serving

Who = Literal["link", "all", "nobody"]


@contextmanager
def pages(facilitators: Who = "all", public_url: str = "") -> Iterator[httpx.Client]:
    settings = Settings(data_dir=Path("unused"), web=WebSettings(facilitators=facilitators, public_url=public_url))
    app = create_app(settings, Archive(MemoryStore()), MemoryIndex(), MemoryRuns())
    with serving(app) as origin, httpx.Client(base_url=origin, timeout=PATIENCE) as web:
        yield web


def call(web: httpx.Client, name: str = "Kari", **headers: str) -> httpx.Response:
    return web.post(
        "/api/me", json={"name": name}, headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


def test_a_browser_is_known_by_a_secret_that_is_never_shown() -> None:
    with pages() as web:
        assert web.get("/api/me").json() == {"id": "", "name": "", "may_edit": True}
        assert not web.cookies
        called = call(web, "Kåre Åsen").json()
        secret = web.cookies["kring_person"]
        assert called["name"] == "Kåre Åsen"
        assert called["id"] not in secret
        assert secret not in web.get("/api/me").text
        assert web.get("/api/me").json() == called
        assert call(web, "Kåre").json()["id"] == called["id"]
        web.cookies.clear()
        assert call(web).json()["id"] != called["id"]


def test_its_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    with pages() as web:
        cookies = call(web).headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie for cookie in cookies)
    with pages("all", "https://kring.example.org") as web:
        assert all("Secure" in cookie for cookie in call(web).headers.get_list("set-cookie"))


def test_a_cookie_of_another_make_is_replaced() -> None:
    with pages() as web:
        web.cookies.set("kring_person", "../../etc/passwd")
        answer = call(web)
        assert answer.status_code == 200
        assert len(answer.headers.get_list("set-cookie")) == 2


@pytest.mark.parametrize(
    ("facilitators", "headers", "allowed"),
    [
        ("link", {}, False),
        ("link", {"x_forwarded_for": "127.0.0.1"}, False),
        ("all", {"host": "kring.example.org", "x_forwarded_for": "203.0.113.7"}, True),
        ("nobody", {}, False),
    ],
)
def test_who_may_change_anything(facilitators: Who, headers: dict[str, str], allowed: bool) -> None:
    """With the link: tests/contract/web/access/test_facilitator_link.py."""
    with pages(facilitators, "https://kring.example.org") as web:
        answer = call(web, **headers)
        assert answer.status_code == (200 if allowed else 403)
        if not allowed:
            how = {"link": "kring link", "nobody": "KRING_WEB__FACILITATORS"}[facilitators]
            assert how in answer.json()["error"]
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://localhost:1"}, False),
    ],
)
def test_pages_of_other_sites_change_nothing(headers: dict[str, str], allowed: bool) -> None:
    with pages() as web:
        answer = call(web, **headers)
        assert answer.status_code == (200 if allowed else 403)
        own = call(web, origin=str(web.base_url).rstrip("/"))
        assert own.status_code == 200


def test_a_proxy_may_call_our_host_otherwise() -> None:
    with pages("all", "https://kring.example.org") as web:
        assert call(web, origin="https://kring.example.org").status_code == 200
        assert call(web, origin="http://kring.example.org").status_code == 403


def test_more_than_a_page_would_send_is_refused_unread() -> None:
    with pages() as web:
        assert web.post("/api/me", content=b" " * (MOST_BYTES + 1)).status_code == 413
        assert web.post("/api/me", content=iter([b"{}"])).status_code == 413


def test_a_name_is_one_line() -> None:
    with pages() as web:
        assert call(web, "Kari\nNordmann").json()["name"] == "Kari Nordmann"
        refused = call(web, "x" * 400)
        assert refused.status_code == 422
        assert "longer than 300 characters" in refused.json()["error"]
        assert web.post("/api/me", json={"name": None}).json()["name"] == ""


def test_a_change_may_carry_the_name_itself() -> None:
    """As pages do until the server has kept it; what is no name is none."""
    with pages() as web:
        call(web, "Kari")
        ask = lambda name: web.get("/api/me", headers={"Kring-Name": name}).json()["name"]  # noqa: E731
        assert ask("K%C3%A5re%20%C3%85sen") == "Kåre Åsen"
        assert ask("") == ask("%0A" * 9) == ask("x" * 400) == ""
        assert web.get("/api/me").json()["name"] == "Kari"
