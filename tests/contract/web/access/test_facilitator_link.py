"""Whoever may change things comes by the operator's link: every route that changes anything, with and without it.

The requests come from this machine, to its loopback name, with nothing added: as through a plain proxy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from index.memory import MemoryIndex
from kring.link import ensure_secret, key_of, renew_secret
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.auth.identity import KEY_COOKIE
from search_ui.auth.sign_in import WRONG_A_MINUTE
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.raw_requests import connected, head, status_of
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import serving
from tests.support.web.upload_site import DETAILS, announced

TALK = sample_archive.TALKS[0]
FILM = b"film" * 999
BEGIN = announced(FILM) | {"details": DETAILS | {"circle": TALK.circle}}
LINE = sample_archive.transcript_of(TALK).segments[0]
CHANGE = {"kind": "line", "start": LINE.start, "end": LINE.end, "before": LINE.text, "text": "Velkommen."}
PDF = "/api/recordings/{recording_id}/attachments"
VALUES = {
    "{recording_id}": TALK.id,
    "{upload_id}": "0" * 16,
    "{sha256}": "0" * 64,
    "{number}": "1",
    "{account_id}": "f" * 16,
    "{value}": TALK.circle,
}

GUARDED: dict[tuple[str, str], tuple[Any, int]] = {
    # (method, address): what is sent, and the answer to a facilitator
    ("POST", "/api/uploads/check"): (announced(FILM), 200),
    ("POST", "/api/uploads"): (BEGIN, 201),
    ("GET", "/api/uploads"): (None, 200),
    ("PATCH", "/api/uploads/{upload_id}"): ({"details": BEGIN["details"]}, 404),
    ("DELETE", "/api/uploads/{upload_id}"): (None, 404),
    ("GET", "/api/uploads/{upload_id}/parts"): (None, 404),
    ("POST", "/api/uploads/{upload_id}/parts/{number}"): (None, 404),
    ("PUT", "/api/uploads/{upload_id}/parts/{number}"): (FILM, 404),
    ("POST", "/api/uploads/{upload_id}/complete"): ({"parts": []}, 404),
    ("POST", "/api/uploads/{upload_id}/files"): (b"%PDF-", 404),
    ("DELETE", "/api/uploads/{upload_id}/files/{sha256}"): (None, 404),
    ("POST", "/api/recordings/{recording_id}/retry"): (None, 409),
    ("POST", PDF): (b"%PDF-", 201),
    ("DELETE", f"{PDF}/{{sha256}}"): (None, 404),
    ("GET", "/api/recordings/{recording_id}/corrected"): (None, 200),
    ("POST", "/api/recordings/{recording_id}/corrections"): ({"change": CHANGE}, 201),
    ("POST", "/api/recordings/{recording_id}/sound"): ({"name": "0"}, 400),
    ("POST", "/api/me"): ({"name": "Kari"}, 200),
    ("GET", "/upload"): (None, 200),
    ("GET", "/uploads"): (None, 200),
    ("GET", "/people"): (None, 200),
    ("POST", "/people"): (b"name=Ola&circle=personvern-nord&role=member", 200),
    ("POST", "/people/{account_id}"): (b"circle=personvern-nord&role=none", 404),
    ("GET", "/circles"): (None, 200),
    ("POST", "/circles"): (b"slug=sky&name=Sky&network=nord&visibility=circle", 303),
    ("GET", "/circles/{value}"): (None, 200),
    ("POST", "/circles/{value}"): (b"name=Sky&network=nord&network_name=N&visibility=circle", 409),
    ("GET", "/person"): (None, 200),
    ("POST", "/person"): (b"name=Kari+Nordli&to=Deltaker", 200),
    ("POST", "/person/undo"): (b"act=0123456789abcdef&in=0123456789abcdef", 404),
    ("GET", "/audit"): (None, 200),
    ("GET", "/audit.csv"): (None, 200),
    ("GET", "/left-out"): (None, 200),
    ("GET", "/api/left-out"): (None, 200),
    ("GET", "/r/{recording_id}/edit"): (None, 200),
    ("GET", "/removed"): (None, 200),
    ("GET", "/r/{recording_id}/remove"): (None, 200),
    ("POST", "/r/{recording_id}/withdraw"): (b"reason=x", 303),
    ("POST", "/r/{recording_id}/put-back"): (None, 303),
    ("POST", "/r/{recording_id}/keep"): (b"keep=yes", 303),
    ("POST", "/r/{recording_id}/erase"): (b"reason=x", 200),
    ("GET", "/r/{recording_id}/remove/passage"): (None, 200),
    ("POST", "/r/{recording_id}/remove/passage"): (b"from=1&to=2&reason=x", 200),
}
OPEN = {
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/account/name"),
    ("POST", "/account/sign-out-everywhere"),
    ("POST", "/account/keys"),
    ("POST", "/account/passkeys/{passkey_id}/remove"),
    ("POST", "/api/passkeys"),
    ("POST", "/api/passkeys/options"),
    ("POST", "/api/passkeys/sign-in"),
    ("POST", "/api/passkeys/sign-in/options"),
    ("POST", "/account/keys/{key_hash}/revoke"),
    ("POST", "/account/feeds"),
    ("POST", "/account/feeds/{token_hash}/revoke"),
}
"""They change nothing but who somebody is: their browser's own cookie, and their own account."""
FOR_ALL = {
    "/", "/feed.xml", "/healthz", "/sign-in", "/account", "/sign-in/{provider}",
    "/sign-in/{provider}/back", "/language/{code}", "/api/me", "/api/search", "/api/circles",
    "/api/openapi.json", "/api/recordings/{recording_id}", "/api/recordings/{recording_id}/transcript",
    "/r/{recording_id}", "/r/{recording_id}/events", "/r/{recording_id}/embed",
    "/r/{recording_id}/attachments/{sha256}", "/r/{recording_id}/chapters.vtt", "/r/{recording_id}/chapters.json",
    "/media/{recording_id}/playback", "/media/{recording_id}/playback.{suffix}", "/media/{recording_id}/poster",
    "/media/{recording_id}/waveform.svg",
    *(f"/r/{{recording_id}}/{one}.txt" for one in ("transcript", "english")),
    *(f"/r/{{recording_id}}/{one}.json" for one in ("transcript", "english")),
    *(f"/r/{{recording_id}}/{one}.{kind}" for one in ("captions", "english") for kind in ("vtt", "srt")),
    *(f"/{one}{feed}" for one in ("t/{value:path}", "n/{value}", "c/{value}") for feed in ("", "/feed.xml")),
}  # fmt: skip
"""What is read without the link."""
HARMLESS = {"GET", "HEAD", "OPTIONS"}


@dataclass
class Place:
    origin: str
    settings: Settings
    app: FastAPI
    store: MemoryStore

    def ask(self, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
        body, _ = GUARDED[method, path]
        for name, value in VALUES.items():
            path = path.replace(name, value)
        sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        named = {"name": "a.pdf", "kind": "attachment"} if isinstance(body, bytes) and method == "POST" else {}
        with httpx.Client(base_url=self.origin, cookies={KEY_COOKIE: key} if key else {}, timeout=PATIENCE) as web:
            return web.request(method, path, params=named, **sent, **more)

    def kept(self) -> dict[str, bytes]:
        return {one.key: self.store.get_bytes(one.key).data for one in self.store.list("")}

    def come(self, code: str, web: httpx.Client | None = None) -> httpx.Response:
        with httpx.Client(timeout=PATIENCE) as own:
            return (web or own).post(f"{self.origin}/sign-in", data={"code": code})


@contextmanager
def place(folder: Path, **web: Any) -> Iterator[Place]:
    store, index = MemoryStore(), MemoryIndex()
    archive = Archive(store)
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle)
    sample_archive.publish(archive, index, TALK)
    settings = Settings(data_dir=folder, web=WebSettings(**web))
    app = create_app(settings, archive, index, MemoryRuns())
    with serving(app) as origin:
        yield Place(origin, settings, app, store)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as one:
        yield one


def test_every_route_is_known(at: Place) -> None:
    """A new one has to be put into GUARDED or, where it is for reading, into FOR_ALL."""
    for route in iter_route_contexts(at.app.routes):
        assert route.path is not None
        if route.path == "/static":
            continue
        assert route.methods, f"{route.path} takes no methods"
        for method in set(route.methods) - HARMLESS:
            assert (method, route.path) in GUARDED.keys() | OPEN, (method, route.path)
        if set(route.methods) & HARMLESS:
            assert route.path in FOR_ALL or ("GET", route.path) in GUARDED, route.path


@pytest.mark.parametrize("kind", ["none", "empty", "wrong", "the secret itself", "of another archive", "revoked"])
def test_without_the_link_nothing_is_changed(at: Place, tmp_path: Path, kind: str) -> None:
    secret = ensure_secret(at.settings)
    another = ensure_secret(Settings(data_dir=tmp_path / "another"))
    keys = {
        "none": "",
        "empty": '""',
        "wrong": "f" * 64,
        "the secret itself": secret,
        "of another archive": key_of(another),
    }
    key = keys.get(kind, key_of(secret))
    if kind == "revoked":
        assert at.ask("GET", "/uploads", key).status_code == 200
        renew_secret(at.settings)  # which the running pages notice
    before = at.kept()
    for method, path in GUARDED:
        answer = at.ask(method, path, key)
        assert answer.status_code == 403, (method, path, answer.text)
        assert "kring link" in answer.text, (method, path)
        assert "set-cookie" not in answer.headers
    assert at.kept() == before
    with httpx.Client(base_url=at.origin, cookies={KEY_COOKIE: key}, timeout=PATIENCE) as web:
        assert web.get("/api/me").json()["may_edit"] is False
        assert "/edit" not in web.get(f"/r/{TALK.id}").text


def test_with_the_link_everything_is(at: Place) -> None:
    key = key_of(ensure_secret(at.settings))
    for (method, path), (_, status) in GUARDED.items():
        answer = at.ask(method, path, key)
        assert answer.status_code == status, (method, path, answer.text)


def test_with_the_link_a_page_of_another_site_still_changes_nothing(at: Place) -> None:
    key = key_of(ensure_secret(at.settings))
    before = at.kept()
    for method, path in GUARDED:
        if method not in HARMLESS:
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                assert at.ask(method, path, key, headers=headers).status_code == 403
    assert at.kept() == before
    code = {"code": ensure_secret(at.settings)}
    refused = httpx.post(f"{at.origin}/sign-in", data=code, headers={"Sec-Fetch-Site": "cross-site"}, timeout=PATIENCE)
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("public_url", ["", "https://kring.example.org"])
def test_the_code_is_exchanged_for_a_cookie_that_does_not_hold_it(tmp_path: Path, public_url: str) -> None:
    with place(tmp_path, public_url=public_url) as at:
        secret = ensure_secret(at.settings)
        for given in (secret, f" {at.origin}/sign-in#{secret}\r\n"):
            answer = at.come(given)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            [(name, cookie)] = SimpleCookie(answer.headers["set-cookie"]).items()
            assert (name, cookie.value) == (KEY_COOKIE, key_of(secret))
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
            assert int(cookie["max-age"]) >= 365 * 24 * 3600
            assert bool(cookie["secure"]) == bool(public_url)
            assert secret not in str(answer.headers)


def test_a_browser_that_has_come_can_go_again(at: Place) -> None:
    with httpx.Client(base_url=at.origin, follow_redirects=True, timeout=PATIENCE) as web:
        assert "Upload" in at.come(ensure_secret(at.settings), web).text
        assert web.get("/api/me").json()["may_edit"] is True
        assert "came by the operator" in web.get("/sign-in").text
        assert "Sign in" in web.post("/sign-out").text
        assert web.get("/api/me").json()["may_edit"] is False
        assert KEY_COOKIE not in web.cookies


@pytest.mark.parametrize("body", [b"", b"code=", b"code=x&code=y", b"&" * 3_999, b"\xff" * 99, b"code=%ff%00", b"{}"])
def test_what_is_no_code_is_refused_in_a_sentence(at: Place, body: bytes) -> None:
    ensure_secret(at.settings)
    answer = httpx.post(f"{at.origin}/sign-in", content=body, timeout=PATIENCE)
    assert answer.status_code == 403
    assert "is not valid, or no longer valid" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_form_that_is_too_long_is_refused_before_it_is_sent(at: Place) -> None:
    with closing(connected(at.origin)) as connection:
        connection.sendall(head("POST /sign-in HTTP/1.1", "Content-Length: 1000000"))
        connection.settimeout(PATIENCE)
        assert status_of(connection.recv(65536)) == 413


def test_wrong_codes_are_tried_slowly_and_hinder_nobody_else(
    at: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [600.0]
    monkeypatch.setattr("search_ui.auth.sign_in.monotonic", lambda: clock[0])
    secret = ensure_secret(at.settings)
    for _ in range(WRONG_A_MINUTE):
        answer = at.come("a-wrong-code")
        assert answer.status_code == 403
        assert "a-wrong-code" not in answer.text
    tried = at.come("a-wrong-code")
    assert (tried.status_code, tried.headers["retry-after"]) == (429, "60")
    assert "Too many wrong codes" in tried.text
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.9"), timeout=PATIENCE) as other:
        assert at.come("a-wrong-code", other).status_code == 403
    assert at.come(secret).status_code == 303  # behind a proxy somebody else may have tried the wrong ones
    clock[0] += 60
    assert at.come("a-wrong-code").status_code == 403
    assert secret not in caplog.text


def test_where_no_link_is_needed_or_helps_it_says_so(tmp_path: Path) -> None:
    with place(tmp_path / "all", facilitators="all") as at:
        assert "Everyone who reaches these pages" in httpx.get(f"{at.origin}/sign-in", timeout=PATIENCE).text
        assert at.ask("POST", "/api/me").status_code == 200
        assert "set-cookie" not in at.come("x").headers
    with place(tmp_path / "nobody", facilitators="nobody") as at:
        secret = ensure_secret(at.settings)
        assert "KRING_WEB__FACILITATORS" in httpx.get(f"{at.origin}/sign-in", timeout=PATIENCE).text
        assert 'href="/upload"' not in httpx.get(at.origin, timeout=PATIENCE).text
        assert "set-cookie" not in at.come(secret).headers
        assert at.ask("POST", "/api/me", key_of(secret)).status_code == 403


def test_a_page_for_those_who_may_says_how_to_get_in(at: Place) -> None:
    for path in ("/upload", f"/r/{TALK.id}/edit"):
        answer = httpx.get(f"{at.origin}{path}", timeout=PATIENCE)
        assert answer.status_code == 403
        assert "kring link" in answer.text
        assert 'action="/sign-in"' in answer.text
        assert "no-store" in answer.headers["cache-control"]
    assert 'href="/sign-in"' in httpx.get(at.origin, timeout=PATIENCE).text
