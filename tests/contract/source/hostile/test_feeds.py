"""Feeds made to cost much: they are refused, cut, or read as far as is reasonable."""

from __future__ import annotations

import psutil
import pytest

from flows.sources.feeds import pages as feed_pages
from flows.sources.feeds.feed import MAX_PROBLEMS
from flows.sources.feeds.parsing import read_feed
from kring.errors import SourceError
from kring.settings import Settings
from tests.support.feeds import feed_at, item, rss
from tests.support.http.web_server import serve
from tests.support.left_out import says

ENTITIES = '<!DOCTYPE r [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8)
)


@pytest.mark.parametrize(
    "feed",
    [
        rss(f"<item><title>x</title><author>{'a' * 3_000_000}</author></item>"),
        rss("<item><title>x</title>" + "<author>" * 1_000_000),
        f"{ENTITIES}]><rss><channel><title>&i;</title></channel></rss>".encode(),
        b"<" * 5_000_000,
        b"<![" * 2_000_000,
        b"<!--" * 2_000_000,
        b"x" * 1_000_000,
        b"",
        b"\xff\xfe" * 1000,
        b'<?xml version="1.0" encoding="utf-32"?><rss/>',
    ],
    ids=["author", "nested", "entities", "brackets", "sections", "comments", "text", "empty", "coding", "coding2"],
)
def test_a_feed_made_to_cost_much_is_refused_and_leaves_no_process(feed: bytes) -> None:
    before = set(psutil.Process().children(recursive=True))
    try:
        entries = read_feed(feed, "the feed", most=10, seconds=1.5).entries
    except SourceError as error:
        assert "'the feed'" in str(error)  # noqa: PT017
        assert str(error).endswith((".", "toml."))  # noqa: PT017
    else:
        assert len(entries) <= 10
    assert set(psutil.Process().children(recursive=True)) <= before


def test_an_author_of_40_kb_holds_up_nothing(settings: Settings) -> None:
    with serve() as site:
        site.files["/feed"] = rss(item("a", more=f"<author>{'a' * 40_000}</author>"), item("b"))
        found = feed_at(f"{site.address}/feed", settings, seconds=30)
        try:
            assert [one.details.title for one in found.list()] == ["a", "b"]
        except SourceError as error:  # a machine so slow that the limit ends it
            assert "unreasonably" in str(error)  # noqa: PT017


def test_a_reference_of_thousands_of_digits_is_no_character(settings: Settings) -> None:
    with serve() as site:
        site.files["/feed"] = rss(item("a", more=f"<title>b &#{'9' * 5000}; c</title>").replace("<title>a</title>", ""))
        site.files["/escaped"] = rss(item("x").replace("<title>x", f"<title>&amp;#{'9' * 5000}; c"))
        for path, title in (("/feed", "b \ufffd c"), ("/escaped", "\ufffd c")):
            (found,) = feed_at(f"{site.address}{path}", settings, seconds=30).list()
            assert found.details.title == title


def test_what_is_much_too_long_is_left_out_or_cut(settings: Settings) -> None:
    with serve() as site:
        site.files["/feed"] = rss(
            item("a", more=f"<description>{'x' * 1_000_000}</description>").replace(
                "<title>a", f"<title>{'t' * 100_000}"
            ),
            item("b").replace("<guid>b", f"<guid>{'g' * 100_000}"),
            item("c").replace("c.mp3", f"{'c' * 100_000}.mp3"),
            item("d"),
        )
        found = feed_at(f"{site.address}/feed", settings, seconds=30)
        assert [one.details.title for one in found.list()] == ["t" * 300, "d"]
        assert len(says(found)) == 1
        assert "id is too long" in says(found)[0]


def test_at_most_so_many_entries_and_so_many_complaints(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_pages, "MAX_ENTRIES", 50)
    with serve() as site:
        site.files["/feed"] = rss(*(item(str(n)) for n in range(60)))
        found = feed_at(f"{site.address}/feed", settings, seconds=30)
        assert len(list(found.list())) == 50
        assert says(found) == ("The feed the feed has more than 50 entries; the others are left out.",)
        site.files["/feed"] = rss(*(item(str(n)).replace(f'"{n}.mp3', '"ftp://x/a.mp3') for n in range(50)))
        assert list(found.list()) == []
        assert len(says(found)) == MAX_PROBLEMS + 1
        assert says(found)[-1] == "The feed the feed has 30 entries more with such problems."
