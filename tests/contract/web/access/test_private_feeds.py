"""Private addresses of feeds: what podcast apps get there, how they end, and that they stay a secret."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest

from kring.access import Role
from kring.errors import SearchDown, StorageDown
from kring.people.accounts import Account, Roles, hash_of
from search_ui.auth.sign_in import WRONG_A_MINUTE
from search_ui.feeds.private_addresses import TOKEN, WrongTokens
from search_ui.feeds.rss import ITUNES, PODCAST
from search_ui.recent import Recent
from storage.archive.archive import Archive
from tests.contract.web.access.test_accounts import MEMBER, OTHER, TALK, House, house, nobody
from tests.support.http.alike import alike
from tests.support.web import sample_archive

__all__ = ["house", "nobody"]

UNKNOWN = f"kring_feed_{'A' * 43}"
CIRCLE_FEED = f"/c/{TALK.circle}/feed.xml"
NEIGHBOUR = next(talk for talk in sample_archive.TALKS if talk.circle == "drift-nord")
"""Of another circle in the same network."""


@pytest.fixture
def owner(house: House) -> tuple[httpx.Client, Account]:
    return house.enter(MEMBER)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has tried too often, whatever the tests before have tried; and nothing is remembered."""
    monkeypatch.setattr(WrongTokens, "too_many", lambda *_: False)
    monkeypatch.setattr(Recent, "SECONDS", 0.0)


def made_on_the_page(web: httpx.Client, within: str = f"/c/{TALK.circle}", **search: str) -> str:
    """The path of a new address."""
    answer = web.post("/account/feeds", params=search, data={"within": within})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    found = re.search(r">(http://[^<]*/f/[^<]*)</textarea>", answer.text)
    assert found, answer.text
    address = urlsplit(found[1])
    assert f"{address.scheme}://{address.netloc}" == str(web.base_url).rstrip("/")
    assert not address.query
    return address.path


def prefix_of(path: str) -> str:
    return "/".join(path.split("/")[:3])


def listed(answer: httpx.Response) -> set[str | None]:
    assert answer.status_code == 200, answer.text
    return {item.findtext("guid") for item in ET.fromstring(answer.content).findall("channel/item")}


def fetched_by_programs(answer: httpx.Response) -> set[str]:
    """The paths of all that the feed has apps fetch, but for the cover, which is the same for all."""
    channel = ET.fromstring(answer.content).find("channel")
    assert channel is not None
    found = set()
    for item in channel.findall("item"):
        for tag in ("enclosure", f"{{{PODCAST}}}transcript", f"{{{PODCAST}}}chapters"):
            found |= {urlsplit(one.attrib["url"]).path for one in item.findall(tag)}
        found |= {urlsplit(one.attrib["href"]).path for one in item.findall(f"{{{ITUNES}}}image")}
    return found


def is_unknown(house: House, answer: httpx.Response) -> bool:
    """Whether it was answered like an address that there never was."""
    return alike(answer, house.client().get(f"/f/{UNKNOWN}/feed.xml"))


def revoke(web: httpx.Client, token_hash: str) -> int:
    return web.post(f"/account/feeds/{token_hash}/revoke").status_code


def test_an_app_gets_all_of_the_circle_with_the_address_alone(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    web, _ = owner
    path = made_on_the_page(web)
    app = house.client()
    assert app.get(CIRCLE_FEED).status_code == 404  # at its ordinary address there is nothing for everyone
    answer = app.get(path)
    assert TALK.id in listed(answer)
    files = fetched_by_programs(answer)
    assert {f"{prefix_of(path)}/media/{TALK.id}/playback.mp4", f"{prefix_of(path)}/r/{TALK.id}/captions.vtt"} <= files
    for file in files:
        assert file.startswith(f"{prefix_of(path)}/"), file
        got = app.get(file)
        assert got.status_code == 200, file
        assert got.headers["cache-control"] == "private, no-store"
        assert app.get(file.removeprefix(prefix_of(path))).status_code == 404, file
        for name, value in (("referrer-policy", "no-referrer"), ("cross-origin-resource-policy", "cross-origin"),
                            ("access-control-allow-origin", "*"), ("x-robots-tag", "noindex")):  # fmt: skip
            assert got.headers[name] == value


def test_pages_keep_their_addresses_and_directories_are_told_to_leave_it(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    path = made_on_the_page(owner[0])
    text = house.client().get(path).text
    channel = ET.fromstring(text).find("channel")
    assert channel is not None
    assert channel.findtext(f"{{{ITUNES}}}block") == "Yes"
    assert channel.findtext(f"{{{PODCAST}}}block") == "yes"
    assert urlsplit(channel.findtext("link") or "").path == f"/c/{TALK.circle}"
    pages = {urlsplit(item.findtext("link") or "").path for item in channel.findall("item")}
    assert f"/r/{TALK.id}" in pages
    assert all(page.startswith("/r/") for page in pages)
    assert "/f/" not in "".join(item.findtext("description") or "" for item in channel.findall("item"))


def test_media_comes_in_ranges(house: House, owner: tuple[httpx.Client, Account]) -> None:
    path = made_on_the_page(owner[0])
    film, app = f"{prefix_of(path)}/media/{TALK.id}/playback.mp4", house.client()
    whole = app.get(film)
    part = app.get(film, headers={"Range": "bytes=2-5", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(whole.content)}"
    assert app.get(film, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    assert app.head(film).headers["content-length"] == str(len(whole.content))


def test_what_has_not_changed_is_not_sent_again_to_the_same_address(
    house: House, owner: tuple[httpx.Client, Account]
) -> None:
    path, other = (made_on_the_page(owner[0]) for _ in range(2))
    app = house.client()
    first = app.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    again = app.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-cache"
    assert app.get(other, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_circles_address_shows_nothing_of_another(house: House) -> None:
    web, _ = house.enter(Roles(circles={TALK.circle: Role.MEMBER, OTHER.circle: Role.MEMBER}))
    path = made_on_the_page(web)
    app = house.client()
    for talk in (OTHER, NEIGHBOUR):
        assert web.get(f"/media/{talk.id}/playback").status_code == 200
        assert is_unknown(
            house, app.get(f"{prefix_of(path)}/media/{talk.id}/playback.{'mp4' if talk.video else 'm4a'}")
        )
        assert talk.id not in app.get(path).text
    for other in (f"/c/{OTHER.circle}/feed.xml", "/feed.xml", "/n/nord/feed.xml", f"/c/{TALK.circle}/feed.xml/"):
        assert is_unknown(house, app.get(prefix_of(path) + other)), other


def test_a_searchs_address_shows_what_it_finds_and_keeps_its_words(house: House) -> None:
    web, account = house.enter(Roles(circles={TALK.circle: Role.MEMBER, OTHER.circle: Role.MEMBER}))
    path = made_on_the_page(web, "", q="personvernombudet", language="nb")
    assert path.endswith("/feed.xml")
    app = house.client()
    assert listed(app.get(path)) == listed(app.get(f"{path}?q=&language=nl")) == {TALK.id}
    film, sound = f"/media/{TALK.id}/playback.mp4", f"/media/{OTHER.id}/playback.m4a"
    assert app.get(prefix_of(path) + film).status_code == 200
    assert is_unknown(house, app.get(prefix_of(path) + sound))
    everything = made_on_the_page(web, "")
    assert {TALK.id, OTHER.id} <= listed(app.get(everything))
    assert app.get(prefix_of(everything) + sound).status_code == 200
    network = made_on_the_page(web, "/n/nord", q="personvern", after="2020-01-01")
    assert OTHER.id not in listed(app.get(network))
    assert is_unknown(house, app.get(prefix_of(network) + sound))
    pages = {token.page for _, token in house.people.feed_tokens.of(account.id)}
    assert pages == {"/?q=personvernombudet&language=nb", "/", "/n/nord?q=personvern&after=2020-01-01"}


def test_nothing_else_is_reached_with_it(house: House) -> None:
    """Not even that of an operator, nor by who has signed in too."""
    web, account = house.enter(Roles(operator=True), "Els Verhaeghe")
    start = prefix_of(made_on_the_page(web, ""))
    paths = ("", "/", f"/r/{TALK.id}", f"/r/{TALK.id}/edit", f"/r/{TALK.id}/events", f"/r/{TALK.id}/transcript.txt",
             f"/media/{TALK.id}/waveform.svg", "/api/search", "/api/me", f"/api/recordings/{TALK.id}", "/account",
             "/people", "/audit", "/healthz", "/static/kring.css", "/sign-in", f"{start}/feed.xml",
             f"/c/{TALK.circle}", f"/media/{TALK.id}/playback", f"/media/{TALK.id}/playback.m4a")  # fmt: skip
    for path in paths:
        for client in (house.client(), web):
            assert is_unknown(house, client.get(start + path)), path
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert is_unknown(house, web.request(method, f"{start}/feed.xml")), method
    posted = web.post(f"{start}/account/name", data={"name": "Someone else"})
    assert is_unknown(house, posted)
    assert house.people.account(account.id).name == "Els Verhaeghe"


def test_an_operators_address_sees_the_circle_it_is_for(house: House) -> None:
    web, _ = house.enter(Roles(operator=True), "Els Verhaeghe")
    path = made_on_the_page(web, f"/c/{OTHER.circle}")
    assert OTHER.id in listed(house.client().get(path))
    assert is_unknown(house, house.client().get(f"{prefix_of(path)}/media/{TALK.id}/playback.mp4"))


def test_cookies_and_keys_count_for_nothing_there(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, _ = owner
    both = Roles(circles={TALK.circle: Role.MEMBER, OTHER.circle: Role.MEMBER})
    other, _ = house.enter(both, "Ola Berg")
    path = made_on_the_page(web)
    assert is_unknown(house, other.get(f"{prefix_of(path)}/media/{OTHER.id}/playback.m4a"))
    assert TALK.id in listed(house.client().get(path, headers={"Authorization": "Bearer nonsense"}))
    assert "set-cookie" not in web.get(path).headers


def test_it_ends_revoked_with_the_role_and_with_the_account(house: House, owner: tuple[httpx.Client, Account]) -> None:
    web, account = owner
    app, tokens = house.client(), house.people.feed_tokens
    stranger, _ = house.enter(MEMBER, "Ola Berg")
    path = made_on_the_page(web)
    [(token_hash, _)] = tokens.of(account.id)
    assert revoke(stranger, token_hash) == 404
    assert app.get(path).status_code == 200
    assert revoke(web, token_hash) == 303
    assert revoke(web, token_hash) == 404
    assert is_unknown(house, app.get(path))
    for change in ({"given": Roles()}, {"blocked": True}):
        path = made_on_the_page(web)
        film = f"{prefix_of(path)}/media/{TALK.id}/playback.mp4"
        assert app.get(film).status_code == 200
        house.people.change(account.id, lambda old, change=change: old.model_copy(update=change))  # type: ignore[misc]
        assert is_unknown(house, app.get(path)), change
        assert is_unknown(house, app.get(film)), change
        house.people.change(account.id, lambda old: old.model_copy(update={"given": MEMBER, "blocked": False}))
        assert app.get(path).status_code == 200
    house.people.remove(account.id)
    assert is_unknown(house, app.get(path))
    assert tokens.of(account.id) == []


def test_it_is_over_in_every_process_within_ten_seconds(
    house: House, owner: tuple[httpx.Client, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(Recent, "SECONDS", 5.0)
    monkeypatch.setattr("search_ui.recent.monotonic", lambda: clock[0])
    web, account = owner
    path, elsewhere = made_on_the_page(web), house.client(1)
    film = f"{prefix_of(path)}/media/{TALK.id}/playback.mp4"
    assert {elsewhere.get(each).status_code for each in (path, film)} == {200}
    [(token_hash, _)] = house.people.feed_tokens.of(account.id)
    assert revoke(web, token_hash) == 303
    assert is_unknown(house, house.client().get(path))
    clock[0] += 10
    assert is_unknown(house, elsewhere.get(path))
    assert is_unknown(house, elsewhere.get(film))


def test_unknown_addresses_are_answered_alike_and_tried_slowly(
    house: House, owner: tuple[httpx.Client, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made_on_the_page(owner[0])
    for wrong in (UNKNOWN, "x", "", "kring_" + "A" * 43, hash_of(path.split("/")[2]), "%2F" * 9, "x" * 7_000):
        for rest in ("/feed.xml", CIRCLE_FEED, f"/media/{TALK.id}/playback.mp4", "/c/nowhere/feed.xml", ""):
            assert is_unknown(house, house.client().get(f"/f/{wrong}{rest}")), (wrong, rest)
    monkeypatch.setattr(WrongTokens, "too_many", super(WrongTokens, WrongTokens).too_many)
    clock = [6_000_000.0]
    monkeypatch.setattr("search_ui.auth.sign_in.monotonic", lambda: clock[0])
    app = house.client()
    assert [app.get(f"/f/{UNKNOWN}/feed.xml").status_code for _ in range(WRONG_A_MINUTE)] == [404] * WRONG_A_MINUTE
    answer = app.get(f"/f/{UNKNOWN}/feed.xml")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert app.get(path).status_code == 200  # behind a proxy somebody else may have tried the wrong ones
    assert app.post("/sign-in", data={"code": "wrong"}).status_code == 403  # nor does it hinder signing in
    clock[0] += 60
    assert app.get(f"/f/{UNKNOWN}/feed.xml").status_code == 404


def test_the_token_is_in_no_log_and_nowhere_in_the_bucket(
    house: House, owner: tuple[httpx.Client, Account], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "uvicorn.asgi", "kring", "kring.web"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        logging.getLogger(name).setLevel(logging.DEBUG)
    path = made_on_the_page(owner[0])
    token, app = path.split("/")[2], house.client()
    assert TOKEN.fullmatch(token)
    film = f"{prefix_of(path)}/media/{TALK.id}/playback.mp4"
    answers = [app.get(path), app.get(film), app.get(f"{prefix_of(path)}/nowhere")]
    for error, status in ((StorageDown("gone"), 503), (SearchDown("gone"), 503), (RuntimeError("a mistake"), 500)):

        def breaks(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(Archive, "manifest", breaks)
            broken.setattr("search_ui.feeds.routes.sorted_by", breaks)
            for asked in (path, film):
                answers.append(app.get(asked))
                assert answers[-1].status_code == status
        with monkeypatch.context() as broken:
            broken.setattr("search_ui.auth.sessions.Sessions.feed", breaks)
            answers.append(app.get(path))
            assert answers[-1].status_code == status
    said = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert "a mistake" in caplog.text
    assert f"GET /c/{TALK.circle}/feed.xml" in said
    assert token[20:] not in said
    store = house.archive.store
    assert all(
        token not in info.key and token.encode() not in store.get_bytes(info.key).data for info in store.list("")
    )
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"].startswith("private, no-")
        if answer.headers["content-type"] != "application/rss+xml":
            assert token not in answer.text
            assert token not in str(answer.headers)
