"""What is asked for again and what is not, when a feed is read once more."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from flows.sources.feeds import memory as feed_memory
from flows.sources.http import asking_again
from kring.errors import Busy, Gone, NotThere, SourceDown
from kring.model import now
from services.secret_addresses import hide_secrets
from storage.archive.addresses import find_address
from storage.archive.archive import Archive
from storage.keys import FEEDS, manifest_key
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.feeds import Read, following, item, received, rss, titles
from tests.support.http.web_server import Site
from tests.support.left_out import says

pytestmark = pytest.mark.slow  # each feed is parsed in a process of its own

TOKEN = "s3cret"


def test_what_has_not_changed_is_not_sent_again(site: Site, read: Read, store: ObjectStore) -> None:
    site.files |= {"/feed": rss(item("a"), item("x", url="ftp://x/"), more=following("/2")), "/2": rss(item("b"))}
    feed = read(store=store)
    items = list(feed.list())
    received(store, *items)
    assert [one.details.title for one in items] == ["a", "b"]
    told = says(feed)
    assert len(told) == 1
    del site.files["/2"]
    site.requests.clear()
    again = read(store=store)  # a feed that was not modified has lost nothing, and nothing is well all of a sudden
    assert list(again.list()) == []
    assert says(again) == told
    assert [path for path, _ in site.requests] == ["/feed"]
    site.statuses["/feed"] = 503
    down = read(store=store)
    with pytest.raises(SourceDown):
        titles(down)
    assert says(down) == told
    del site.statuses["/feed"]
    site.files["/feed"] = rss(item("c"))
    assert titles(read(store=store)) == ["c"]
    assert verify(Archive(store)).orphans == ()


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": 'W/"weak, with = signs"'},
        {"ETag": "", "Last-Modified": "Tue, 04 Mar 2025 09:00:00 GMT"},
        {"ETag": '"1"', "Last-Modified": "Tue, 04 Mar 2025 09:00:00 GMT"},
    ],
)
def test_validators_are_sent_back_as_they_came(site: Site, read: Read, headers: dict[str, str]) -> None:
    store = MemoryStore()
    site.files["/feed"], site.headers["/feed"] = rss(item("a")), headers
    for _ in range(2):
        assert titles(read(store=store)) == ["a"]
    wanted = headers["ETag"] or None, headers.get("Last-Modified")
    assert site.conditions == [(None, None), wanted]


@pytest.mark.parametrize("etag", ["", '"\x80"', '"' + "x" * 5000 + '"'])
def test_a_server_that_knows_no_validators_is_asked_for_one_page(site: Site, read: Read, etag: str) -> None:
    store = MemoryStore()
    site.files |= {"/feed": rss(item("a"), more=following("/2")), "/2": rss(item("b"))}
    site.headers["/feed"] = {"ETag": etag}
    assert titles(read(store=store)) == ["a", "b"]
    site.requests.clear()
    assert titles(read(store=store)) == ["a", "b"]
    assert [path for path, _ in site.requests] == ["/feed"]
    assert set(site.conditions) == {(None, None)}


def test_what_was_not_received_is_offered_though_nothing_has_changed(
    site: Site, read: Read, store: ObjectStore
) -> None:
    site.files["/feed"] = rss(item("a"), item("b", url=f"b.mp3?token={TOKEN}"))
    items = list(read(store=store).list())
    assert titles(read(store=store)) == ["a", "b"]  # whole: what is secret of the second lies nowhere
    assert site.conditions == [(None, None)] * 2
    hide_secrets(store, items[1])  # as who asks for its run does
    (look,) = store.list(FEEDS)
    assert TOKEN.encode() not in store.get_bytes(look.key).data
    again = list(read(store=store).list())
    assert site.conditions[-1][0] is not None
    assert again[0] == items[0]
    assert (again[1].recording_id, again[1].hidden) == (items[1].recording_id, True)
    kept = find_address(store, items[1].recording_id)
    assert kept is not None
    assert kept.location == items[1].location
    received(store, items[0])
    assert titles(read(store=store)) == ["b"]


def test_what_is_gone_from_the_archive_is_offered_again(site: Site, read: Read, store: ObjectStore) -> None:
    site.files["/feed"] = rss(item("a"), item("b"))
    items = list(read(store=store).list())
    received(store, *items)
    assert titles(read(store=store, language="nb")) == ["a", "b"]  # other settings, another look
    assert titles(read(store=store, language="nb")) == []
    store.delete(manifest_key(items[0].recording_id))
    assert titles(read(store=store, language="nb")) == ["a", "b"]


def test_what_is_remembered_may_be_lost_or_damaged(site: Site, read: Read, store: ObjectStore) -> None:
    site.files["/feed"] = rss(item("a"))
    received(store, *read(store=store).list())
    assert titles(read(store=store)) == []
    (look,) = store.list(FEEDS)
    store.put_bytes(look.key, b"{", media_type="application/json")
    assert titles(read(store=store)) == ["a"]
    assert titles(read(store=store)) == []
    store.delete(look.key)
    assert titles(read(store=store)) == ["a"]


def test_a_look_that_broke_off_remembers_nothing(site: Site, read: Read) -> None:
    store = MemoryStore()
    site.files["/feed"] = rss(item("a"), item("b"))
    offered = read(store=store).list()
    next(offered)
    del offered
    assert list(store.list(FEEDS)) == []


def test_another_feed_behind_the_same_redirect_is_not_the_old_one(site: Site, read: Read) -> None:
    store = MemoryStore()
    site.headers |= {"/one": {"ETag": '"1"'}, "/two": {"ETag": '"1"'}}
    site.files |= {"/one": rss(item("a")), "/two": rss(item("b"))}
    site.redirects["/feed"] = "/one"
    received(store, *read(store=store).list())
    site.redirects["/feed"] = "/two"
    assert titles(read(store=store)) == ["b"]


def test_a_feed_whose_server_asks_for_a_pause_gets_it(site: Site, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    site.files["/feed"] = rss(item("a"))
    for status, pause in ((429, "1800"), (503, format_datetime(now() + timedelta(minutes=30), usegmt=True))):
        site.statuses["/feed"], site.headers["/feed"] = status, {"Retry-After": pause}
        site.requests.clear()
        for _ in range(3):
            with pytest.raises(Busy, match=rf"answers {status} .* asks for a pause; it is asked again after 30 min"):
                titles(read())
        assert len(site.requests) == 1
        site.statuses.clear()
        with monkeypatch.context() as later:
            later.setattr(asking_again, "now", lambda: now() + timedelta(minutes=31))
            assert titles(read()) == ["a"]


def test_a_feed_that_is_gone_is_not_asked_for_again(site: Site, read: Read) -> None:
    site.statuses["/feed"] = 410
    for _ in range(3):
        with pytest.raises(Gone, match="answers 410 Gone: it was taken away there for good"):
            titles(read())
    assert len(site.requests) == 1
    site.statuses["/other"] = 404
    for _ in range(2):
        with pytest.raises(NotThere, match="answers 404"):
            titles(read("/other"))
    assert len(site.requests) == 3


def test_a_page_whose_server_asks_for_a_pause_gets_it(site: Site, read: Read, store: ObjectStore) -> None:
    site.files["/feed"] = rss(item("a"), more=following("/page2"))
    site.statuses["/page2"], site.headers["/page2"] = 429, {"Retry-After": "1800"}
    for _ in range(3):
        assert titles(read(store=store)) == ["a"]
    assert len([path for path, _ in site.requests if path == "/page2"]) == 1


def test_not_modified_is_no_answer_to_who_knows_nothing(site: Site, read: Read) -> None:
    site.statuses["/feed"] = 304
    with pytest.raises(SourceDown, match="304"):
        titles(read(store=MemoryStore()))


def test_a_feed_is_read_whole_once_a_day_whatever_its_server_says(
    site: Site, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    site.headers["/feed"] = {"ETag": '"never another"'}
    site.files["/feed"] = rss(item("a"))
    received(store, *read(store=store).list())
    site.files["/feed"] = rss(item("b"))
    assert titles(read(store=store)) == []
    moment = now() + timedelta(days=1)
    monkeypatch.setattr(feed_memory, "now", lambda: moment)
    assert titles(read(store=store)) == ["b"]
