"""Feeds of several pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.sources.feeds import memory as feed_memory, pages as feed_pages
from kring.model import now
from storage.memory.store import MemoryStore
from tests.support.feeds import Read, following, item, rss, titles
from tests.support.http.web_server import Site
from tests.support.left_out import says


def test_all_pages_of_a_feed_are_read(site: Site, read: Read) -> None:
    site.files |= {
        "/feed": rss(item("a"), more=following("?page=2")),
        "/feed?page=2": rss(item("a"), item("b"), more=following("/feed?page=3")),
        "/feed?page=3": rss(item("c")),
    }
    feed = read()
    assert titles(feed) == ["a", "b", "c"]
    assert says(feed) == ()


def test_archived_feeds_are_read_back_to_their_beginning(site: Site, read: Read) -> None:
    site.files |= {
        "/feed": rss(item("a"), more=following("/2025", "prev-archive")),
        "/2025": rss(item("b"), more=following("/2024", "prev-archive") + following("/feed", "next-archive")),
        "/2024": rss(item("c")),
    }
    assert titles(read()) == ["a", "b", "c"]


@pytest.mark.parametrize("back", ["/feed", "/2", "?same=1"])
def test_a_feed_that_goes_round_in_circles_has_an_end(site: Site, read: Read, back: str) -> None:
    site.files |= {"/feed": rss(item("a"), more=following("/2")), "/2": rss(item("b"), more=following(back))}
    site.files["/2?same=1"] = rss(item("b"), more=following("?same=2"))
    feed = read()
    assert titles(feed) == ["a", "b"]
    assert says(feed) == ()


def test_where_limits_cut_a_feed_off_is_told(site: Site, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    site.files |= {f"/feed{n or ''}": rss(item(f"e{n}"), more=following(f"/feed{n + 1}")) for n in range(9)}
    monkeypatch.setattr(feed_pages, "MAX_PAGES", 3)
    feed = read()
    assert titles(feed) == ["e0", "e1", "e2"]
    assert says(feed) == ("Page 4 of the feed it, and what follows it, cannot be read: There are more than 3 pages.",)
    monkeypatch.setattr(feed_pages, "MAX_ENTRIES", 2)
    assert titles(feed) == ["e0", "e1"]
    assert says(feed) == ("The feed it has more than 2 entries; the others are left out.",)
    monkeypatch.setattr(feed_pages, "MAX_BYTES", 3 * len(site.files["/feed"]) // 2)
    assert titles(feed) == ["e0"]
    assert "is larger than" in says(feed)[0]


@pytest.mark.parametrize("status", [503, 404])
def test_a_page_that_fails_takes_nothing_from_the_others(
    site: Site, read: Read, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    site.files |= {"/feed": rss(item("a"), more=following("/2")), "/2": rss(item("b"))}
    assert titles(read(store=store)) == ["a", "b"]
    site.files["/feed"] = rss(item("new"), item("a"), more=following("/2"))
    site.statuses["/2"] = status
    feed = read(store=store)
    assert titles(feed) == ["new", "a"]
    assert says(feed)[0].startswith(
        f"Page 2 of the feed it, and what follows it, cannot be read: 127.0.0.1 answers {status}"
    )
    del site.statuses["/2"]
    again = read(store=store)
    told = titles(again), says(again)
    if status == 503:  # what may pass is looked at again at once, the rest after an hour
        assert told == (["new", "a", "b"], ())
    else:
        assert told == (["new", "a"], says(feed))
        moment = now() + timedelta(hours=1)
        monkeypatch.setattr(feed_memory, "now", lambda: moment)
        assert titles(read(store=store)) == ["new", "a", "b"]


@pytest.mark.parametrize("page", [b"<html/>", b"", following("http://[").encode()])
def test_a_page_that_is_none_takes_nothing_from_the_others(site: Site, read: Read, page: bytes) -> None:
    site.files |= {"/feed": rss(item("a"), more=following("/2")), "/2": page}
    feed = read()
    assert titles(feed) == ["a"]
    assert len(says(feed)) == 1


def test_a_next_page_at_no_address_is_told(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a"), more=following("http://["))
    feed = read()
    assert titles(feed) == ["a"]
    assert says(feed)[0].startswith("Page 2 of the feed it, and what follows it, cannot be read: ")
