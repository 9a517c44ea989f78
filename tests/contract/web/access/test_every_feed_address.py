"""Every route of the application, asked with the token of every kind of private feed: nothing is answered but the feed
and what it links to for apps, of the recordings that it lists; all else like a token that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kring.access import Access
from kring.model import State
from search_ui.feeds.private_addresses import WrongTokens
from tests.contract.web.access.test_every_route import CHANGE, MISSING, READ, UPLOADS, Walk, filled, routes, sent, walk
from tests.support.http.alike import alike
from tests.support.web.guarded_archive import CIRCLES, FEEDS

__all__ = ["walk"]

UNKNOWN = f"/f/kring_feed_{'A' * 43}"
FETCHED = {
    *(f"/r/{{recording_id}}/captions.{kind}" for kind in ("vtt", "srt")),
    *(f"/r/{{recording_id}}/english.{kind}" for kind in ("vtt", "srt", "json")),
    "/r/{recording_id}/transcript.json",
    "/r/{recording_id}/chapters.json",
    "/media/{recording_id}/playback.{suffix}",
    "/media/{recording_id}/poster",
}
"""What a feed links to for apps."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(WrongTokens, "too_many", lambda *_: False)
        yield


def listed(walk: Walk, name: str) -> set[str]:
    """The recordings that a feed lists: what its owner may see, of its circle or network."""
    owner, path, circle = FEEDS[name]
    return {
        each.id
        for each in walk.guarded.recordings
        if each.state is State.PUBLISHED
        and not each.withdrawn
        and each.seen_by(walk.guarded.viewer(owner), Access(CIRCLES))
        and (circle or ("lukket" if "circle=lukket" in path else each.circle)) == each.circle
        and ("/n/nord" not in path or CIRCLES[each.circle].network == "nord")
    }


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_lists_what_its_owner_may_see_of_it(walk: Walk, name: str) -> None:
    _owner, path, _circle = FEEDS[name]
    feed = path.partition("?")[0]
    answer = walk.ask("anonymous", "GET", walk.guarded.feeds[name] + feed)
    assert answer.status_code == 200
    assert set(re.findall(r"<guid[^>]*>([0-9a-f]{16})<", answer.text)) == listed(walk, name) != set()
    for each in walk.guarded.all:
        assert each.id in listed(walk, name) or (each.id not in answer.text and each.word not in answer.text), each


@pytest.mark.parametrize("name", FEEDS)
def test_of_recordings_an_app_gets_what_the_feed_links_to(walk: Walk, name: str) -> None:
    """Also if an operator's browser asks."""
    start, lists = walk.guarded.feeds[name], listed(walk, name)
    for recording in walk.guarded.all:
        for path in READ:
            asked = filled(path, recording.id, "0" * 64)
            for headers in ({}, {"Range": "bytes=0-9"}):
                answer = walk.ask("operator", "GET", start + asked, headers=headers)
                if recording.id in lists and path in FETCHED:
                    assert answer.status_code in {200, 206}, asked
                    assert recording.word in answer.text or answer.status_code == 206, asked
                    assert answer.headers["cache-control"] == "private, no-store"
                else:
                    missing = walk.ask("anonymous", "GET", UNKNOWN + filled(path, MISSING, "0" * 64), headers=headers)
                    assert (missing.status_code, alike(answer, missing)) == (404, True), asked


def anywhere(path: str) -> Iterator[str]:
    """A route's path with whatever there is in its place."""
    values = (*CIRCLES, "nord", "skjult", "Felles emne") if "{value" in path else (MISSING,)
    return (re.sub(r"\{[^}]*\}", value, path) for value in values)


@pytest.mark.parametrize("name", FEEDS)
def test_nothing_else_is_there(walk: Walk, name: str) -> None:
    own, changes = FEEDS[name][1].partition("?")[0], {**CHANGE, **UPLOADS}
    for method, path in routes(walk.app):
        for asked in anywhere(path):
            if asked == own and method in {"GET", "HEAD"}:
                continue
            unknown = walk.ask("anonymous", method, UNKNOWN + asked)
            assert unknown.status_code == 404
            body = sent(method, changes.get((method, path)))
            answer = walk.ask("operator", method, walk.guarded.feeds[name] + asked, **body)
            assert alike(answer, unknown), (method, asked)
