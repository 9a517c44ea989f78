"""Feeds as publishers write them, from a real web server: what is one recording, when it was, where it lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from flows.hiding import hide_secrets
from flows.sources.feeds import memory as feed_memory, pages as feed_pages
from flows.sources.feeds.feed import Feed
from flows.sources.http import asking_again
from flows.sources.http.web import REDIRECTS
from flows.sources.port import Item
from kring.errors import Busy, Gone, NotThere, SourceDown, SourceError
from kring.model import Manifest, Original, now
from kring.settings import FeedSource, Settings
from search_ui.i18n.gettext import speaking
from search_ui.i18n.stored_messages import said
from storage.archive.addresses import find_address
from storage.archive.archive import Archive
from storage.keys import FEEDS, manifest_key
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.support.http.web_server import Site, serve
from tests.support.left_out import says

DAY = "<pubDate>Tue, 04 Mar 2025 00:30:00 +0200</pubDate>"
SPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:p="https://podcastindex.org/namespace/1.0"'
)
Read = Callable[..., Feed]


def rss(*items: str, more: str = "") -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES}><channel><title>F</title>{more}'
    return f"{head}{''.join(items)}</channel></rss>".encode()


def item(name: str, *, guid: str | None = "", url: str = "", day: str = DAY, more: str = "") -> str:
    known = "" if guid is None else f"<guid>{guid or name}</guid>"
    sound = f'<enclosure url="{url or f"{name}.mp3"}" type="audio/mpeg" length="1"/>'
    return f"<item><title>{name}</title>{known}{day}{sound}{more}</item>"


def following(href: str, rel: str = "next") -> str:
    return f'<atom:link rel="{rel}" href="{href}"/>'


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture
def read(site: Site, tmp_path: Path) -> Read:
    def feed(path: str = "/feed", store: ObjectStore | None = None, **more: object) -> Feed:
        source = FeedSource.model_validate(
            {"name": "it", "url": site.address + path, "circle": "privacy", "allow_private": True, **more}
        )
        archive = None if store is None else Archive(store)
        return Feed(source, Settings(data_dir=tmp_path), archive, seconds=30)

    return feed


def titles(feed: Feed) -> list[str]:
    return [one.details.title for one in feed.list()]


def received(store: ObjectStore, *items: Item) -> None:
    """As if a run had taken them in."""
    for one in items:
        original = Original(sha256="0" * 64, size=1, file_name=one.file_name)
        manifest = Manifest(
            id=one.recording_id, source=one.ref, details=one.details, original=original,
            received_at=now(), changed_at=now(),
        )  # fmt: skip
        Archive(store).create(manifest)


# Dates


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("<pubDate>Tue, 04 Mar 2025 00:30:00 +0200</pubDate>", date(2025, 3, 4)),
        ("<pubDate>Tue, 04 Mar 2025 00:30:00 CEST</pubDate>", date(2025, 3, 4)),
        ("<dc:date>2025-03-04T00:30:00+02:00</dc:date>", date(2025, 3, 4)),
        ("<atom:updated>2025-03-04T00:30:00+02:00</atom:updated>", date(2025, 3, 4)),
        ("<atom:updated>2026-01-01T00:00:00Z</atom:updated><pubDate>4 Mar 2025</pubDate>", date(2025, 3, 4)),
        ("<atom:published>2025-03-04T00:30:00+02:00</atom:published>", date(2025, 3, 4)),
    ],
)
def test_the_publishers_own_day_is_kept(site: Site, read: Read, day: str, expected: date) -> None:
    site.files["/feed"] = rss(item("a", day=day))
    feed = read()
    assert [one.details.date for one in feed.list()] == [expected]
    assert says(feed) == ()


def test_a_feed_in_utc_may_be_put_where_its_publisher_is(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", day="<pubDate>Mon, 03 Mar 2025 23:00:00 GMT</pubDate>"))
    assert [one.details.date for one in read().list()] == [date(2025, 3, 3)]
    assert [one.details.date for one in read(timezone="Europe/Copenhagen").list()] == [date(2025, 3, 4)]


@pytest.mark.parametrize("said", ["Di, 04 Mär 2025 09:00:00 +0100", "03/04/2025", "soon"])
def test_a_date_that_cannot_be_read_is_told_and_is_not_today(site: Site, read: Read, said: str) -> None:
    day = f"<pubDate>{said}</pubDate>"
    site.files["/feed"] = rss(
        item("nothing else", day=day),
        item("changed", day=day + "<dc:date>2025-03-05</dc:date>"),
        item("Webinar 2025-03-06", day=day),
        item("named", day=day, url="2025-03-07_webinar.mp3"),
        item("fine"),
    )
    feed = read()
    assert [(one.details.title, one.details.date.day) for one in feed.list()] == [
        ("changed", 5),
        ("Webinar 2025-03-06", 6),
        ("named", 7),
        ("fine", 4),
    ]
    left_out, *doubtful = says(feed)
    assert left_out.startswith(f"“nothing else”: Its date “{said}” cannot be read, so it is left out;")
    assert [problem.split("”")[0] for problem in doubtful] == ["“changed", "“Webinar 2025-03-06", "“named"]
    assert all(f"Its date “{said}” cannot be read for certain; it gets 2025-03-0" in problem for problem in doubtful)


@pytest.mark.parametrize("said", ["tir. 4. marts 2025 kl. 09:00", "4. mars 2025", "dinsdag 4 maart 2025"])
def test_a_date_in_another_language_is_doubtful(site: Site, read: Read, said: str) -> None:
    site.files["/feed"] = rss(item("a", day=f"<pubDate>{said}</pubDate><dc:date>2026-01-01</dc:date>"))
    feed = read()
    assert [one.details.date for one in feed.list()] == [date(2025, 3, 4)]
    assert len(says(feed)) == 1
    assert "cannot be read for certain; it gets 2025-03-04." in says(feed)[0]


def test_without_any_date_it_is_said_that_the_day_is_the_one_it_came_in(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", day=""), item("b", day=""), item("2025-03-06 c", day=""), item("d"))
    feed = read()
    before = datetime.now(UTC).date()
    days = [one.details.date for one in feed.list()]
    assert before <= days[0] == days[1] <= datetime.now(UTC).date()
    assert days[2:] == [date(2025, 3, 6), date(2025, 3, 4)]
    assert says(feed) == ("The feed it has 2 entries without a date; each gets the day on which it came in.",)


# What is one recording


def test_a_changing_token_makes_no_new_recording(site: Site, read: Read) -> None:
    ids = set()
    for token in ("first", "second"):
        site.files["/feed"] = rss(
            item("a", guid=None, url=f"a.mp3?token={token}"),
            item("b", guid=None, url=f"play?id=7&amp;Expires={token}&amp;Signature={token}"),
            item("c", guid=None, url=f"play?id=8&amp;Expires={token}&amp;Signature={token}"),
            item("d", guid=f"https://h.no/d?sig={token}"),
        )
        feed = read()
        items = list(feed.list())
        assert says(feed) == ()
        assert all(token in one.location for one in items[:3])
        ids.add(tuple(one.recording_id for one in items))
    (known,) = ids
    assert len(set(known)) == 4


LENGTH = 'length="4711000"'


def test_a_changing_token_in_the_path_makes_no_new_recording(site: Site, read: Read, store: ObjectStore) -> None:
    ids = set()
    for token in ("eyJhbGciOi1", "eyJhbGciOi2", "x", "x", "eyJhbGciOi3"):
        a = item("a", guid=None, url=f"{token}/a.mp3").replace('length="1"', LENGTH)
        b = item("b", guid=None, url=f"s/{token}/a.mp3").replace('length="1"', LENGTH)
        site.files["/feed"] = rss(a, b, more=following("/down"))
        site.statuses["/down"] = 503
        items = list(read(store=store).list())
        assert all(f"/{token}/" in one.location for one in items)
        ids.add(tuple(one.recording_id for one in items))
    (known,) = ids
    assert len(set(known)) == 2


@pytest.mark.parametrize(
    ("other", "length"),
    [
        ("<title>another</title>" + DAY, LENGTH),
        ("<title>a</title><pubDate>Wed, 05 Mar 2025 00:30:00 +0200</pubDate>", LENGTH),
        ("<title>a</title>" + DAY, 'length="4711001"'),
    ],
)
def test_what_differs_in_one_of_title_date_and_length_is_another(
    site: Site, read: Read, store: ObjectStore, other: str, length: str
) -> None:
    site.files["/feed"] = rss(item("a", guid=None, url="1/a.mp3").replace('length="1"', LENGTH))
    (first,) = read(store=store).list()
    enclosure = f'<enclosure url="2/a.mp3" type="audio/mpeg" {length}/>'
    site.files["/feed"] = rss(f"<item>{other}{enclosure}</item>")
    (second,) = read(store=store).list()
    assert first.recording_id != second.recording_id


@pytest.mark.parametrize("length", ["", 'length="0"', 'length="1"'])
def test_without_a_length_another_address_is_another_recording(
    site: Site, read: Read, store: ObjectStore, length: str
) -> None:
    ids = set()
    for token in ("1", "2"):
        site.files["/feed"] = rss(item("a", guid=None, url=f"{token}/a.mp3").replace('length="1"', length))
        ids |= {one.recording_id for one in read(store=store).list()}
    assert len(ids) == 2


def test_two_entries_that_look_alike_stay_two(site: Site, read: Read, store: ObjectStore) -> None:
    def look(*addresses: str) -> list[str]:
        alike = (item("a", guid=None, url=f"{one}/a.mp3").replace('length="1"', LENGTH) for one in addresses)
        site.files["/feed"] = rss(*alike)
        return [one.recording_id for one in read(store=store).list()]

    (first,) = look("1")
    both = look("1", "2")
    assert both[0] == first
    assert len(set(both)) == 2
    assert look("2", "1") == both[::-1]


def test_one_that_was_received_by_its_whole_address_keeps_that(site: Site, read: Read) -> None:
    from kring.model import SourceRef

    store = MemoryStore()
    site.files["/feed"] = rss(item("a", guid=None, url="a.mp3?token=t"))
    (new,) = read(store=store).list()
    before = new.model_copy(update={"ref": SourceRef.of("it", f"{site.address}/a.mp3?token=t")})
    assert new.recording_id != before.recording_id
    received(store, before)
    (again,) = read(store=store, language="nb").list()
    assert again.recording_id == before.recording_id


def test_an_id_used_twice_is_told(site: Site, read: Read) -> None:
    newer = "<pubDate>Wed, 05 Mar 2025 09:00:00 +0100</pubDate>"
    site.files["/feed"] = rss(
        item("new", guid="1", day=newer), item("old", guid="1"), item("c"),
        item("same", guid=None, url="s.mp3"), item("file", guid=None, url="s.mp3"),
    )  # fmt: skip
    feed = read()
    assert titles(feed) == ["old", "c", "file"]
    assert [problem.partition(" Only")[0] for problem in says(feed)] == [
        "These have one id: “new”, “old”.",
        "These have one id: “same”, “file”.",
    ]


def test_an_entry_that_stands_there_twice_is_one(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", url="a.mp3?token=1"), item("a", url="a.mp3?token=2"))
    feed = read()
    assert titles(feed) == ["a"]
    assert says(feed) == ()


# What it offers


def test_of_several_files_the_best_is_taken_and_others_are_told(site: Site, read: Read) -> None:
    film = '<enclosure url="film.mp4" type="video/mp4"/>'
    group = (
        '<media:group><media:content url="g-360.mp4" type="video/mp4" height="360" isDefault="false"/>'
        '<media:content url="g-1080.mp4" type="video/mp4" height="1080"/><media:title>G</media:title></media:group>'
    )
    alternate = '<p:alternateEnclosure type="video/mp4" height="720"><p:source uri="alt.mp4"/></p:alternateEnclosure>'
    site.files["/feed"] = rss(
        item("both", more=film),
        item("group", more=group),
        item("alternate", more=alternate),
        item("parts", url="part1.mp3", more='<enclosure url="part2.mp3?token=t" type="audio/mpeg"/>'),
    )
    feed = read()
    assert [one.file_name for one in feed.list()] == ["film.mp4", "g-1080.mp4", "alt.mp4", "part1.mp3"]
    assert says(feed) == (
        f"“parts”: It offers several files, and part1.mp3 is taken; left out: {site.address}/part2.mp3.",
    )


def test_another_form_that_is_added_makes_no_new_recording(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", guid=None))
    (before,) = read().list()
    site.files["/feed"] = rss(item("a", guid=None, more='<media:content url="a.mp4" type="video/mp4"/>'))
    (after,) = read().list()
    assert (before.file_name, after.file_name) == ("a.mp3", "a.mp4")
    assert before.recording_id == after.recording_id


def test_media_content_and_bytes_of_no_said_kind_are_recordings(site: Site, read: Read) -> None:
    def entry(name: str, offered: str) -> str:
        return f"<item><title>{name}</title><guid>{name}</guid>{DAY}{offered}</item>"

    site.files["/feed"] = rss(
        entry("media", '<media:content url="m.mp3" type="audio/mpeg"/>'),
        entry("medium", '<media:content url="stream/1" medium="video"/>'),
        entry("bytes", '<enclosure url="play?id=7" type="application/octet-stream"/>'),
        entry("link", '<atom:link rel="enclosure" href="l.mp3"/>'),
        entry("nothing", ""),
        entry("picture", '<media:content url="p.jpg" medium="image"/><enclosure url="x.pdf" type=""/>'),
        entry("stream", '<enclosure url="live.m3u8" type="application/x-mpegurl"/>'),
        "<item><itunes:title>Only iTunes</itunes:title><dc:date>2025-03-04</dc:date>"
        '<enclosure url="i.mp3" type="audio/mpeg"/></item>',
    )
    feed = read()
    assert titles(feed) == ["media", "medium", "bytes", "link", "Only iTunes"]
    assert says(feed) == (
        "“stream”: It offers only a list of pieces to be streamed, and no file that could be fetched.",
    )


def test_atom_is_read_as_well(site: Site, read: Read) -> None:
    site.files["/feed"] = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/media/"><title>F</title>
        <entry><id>1</id><title>a &lt;b&gt; &amp;amp; c</title><updated>2025-03-04T00:30:00+02:00</updated>
        <link rel="enclosure" href="1.mp3" type="audio/mpeg"/></entry>
        <entry xml:base="2025/"><id>2</id><title type="html">a &amp;lt; &lt;b&gt;b&lt;/b&gt;</title>
        <published>2025-03-04T00:30:00+02:00</published><content src="2.mp4" type="video/mp4"/></entry></feed>"""
    items = list(read().list())
    assert [one.details.title for one in items] == ["a <b> &amp; c", "a < b"]
    assert [one.location for one in items] == [f"{site.address}/media/1.mp3", f"{site.address}/media/2025/2.mp4"]
    assert {one.details.date for one in items} == {date(2025, 3, 4)}


@pytest.mark.parametrize(
    "written", ["a < b & c", "a &lt; b &amp; c", "<![CDATA[a < b & c]]>", "a &amp;lt; b &amp;amp; c"]
)
def test_a_title_may_have_any_sign(site: Site, read: Read, written: str) -> None:
    site.files["/feed"] = rss(item("x", url="x.mp3?a=1&b=2").replace("<title>x<", f"<title>{written}<"), item("y"))
    feed = read()
    first, second = feed.list()
    assert (first.details.title, second.details.title) == ("a < b & c", "y")
    assert first.location == f"{site.address}/x.mp3?a=1&b=2"


def test_what_is_wrong_with_a_feed_is_said_in_every_language(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(
        item("dateless", day=""), item("doubtful", day="<pubDate>4. mars 2025</pubDate>"),
        item("unread", day="<pubDate>soon</pubDate>"), item("one", guid="1"), item("two", guid="1"),
        item("parts", url="part1.mp3", more='<enclosure url="part2.mp3" type="audio/mpeg"/>'),
        item("transcript", more='<p:transcript url="ftp://x/" type="text/vtt"/>'), item("address", url="ftp://x/"),
        item("pieces").replace("pieces.mp3", "live.m3u8"),
        more=following("/gone"),
    )  # fmt: skip
    feed = read()
    assert len(titles(feed)) == 5
    assert len(says(feed)) == 9
    for language in ("nb", "da", "nl"):
        with speaking(language):
            for problem in says(feed):
                told = said(problem)
                assert told.language == language
                assert not {"feed it has", "Its", "Only", "check"} & set(re.findall(r"feed it has|\w+", told.text))


def test_a_feed_of_nothing_but_text_is_told(site: Site, read: Read) -> None:
    site.files["/feed"] = rss("<item><title>a</title></item>", "<item><title>b</title></item>")
    feed = read()
    assert list(feed.list()) == []
    assert says(feed) == ("The feed it has 2 entries, and none of them offers a file with sound or video.",)


# Where it lies


def test_addresses_are_relative_to_where_the_feed_was_in_the_end(site: Site, read: Read) -> None:
    site.redirects |= {"/feed": "/moved", "/moved": "/show/feed.xml"}
    transcript = '<p:transcript url="t.vtt" type="text/vtt"/>'
    inside = '<item xml:base="../archive/"><title>b</title><guid>b</guid>' + DAY
    site.files["/show/feed.xml"] = rss(
        item("a", url="sound/a.mp3", more=transcript),
        inside + '<enclosure url="b.mp3" type="audio/mpeg"/></item>',
        item("c", url="//127.0.0.1/c.mp3"),
        more=following("feed2.xml"),
    )
    site.files["/show/feed2.xml"] = rss(item("d", url="/d.mp3"))
    items = list(read().list())
    there = site.address
    assert [one.location for one in items] == [
        f"{there}/show/sound/a.mp3", f"{there}/archive/b.mp3", "http://127.0.0.1/c.mp3", f"{there}/d.mp3",
    ]  # fmt: skip
    assert items[0].captions_location == f"{there}/show/t.vtt"


def test_so_many_redirects_are_followed_and_no_more(site: Site, read: Read) -> None:
    site.redirects |= {f"/{n}": f"/{n + 1}" for n in range(REDIRECTS)}
    site.files[f"/{REDIRECTS}"] = rss(item("a"))
    assert titles(read("/0")) == ["a"]
    site.redirects["/before"] = "/0"
    with pytest.raises(SourceError, match="more than 20 redirects"):
        titles(read("/before"))


# Pages


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


# What has not changed

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
