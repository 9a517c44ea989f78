"""What an entry of a feed offers, and where it lies."""

from __future__ import annotations

import re
from datetime import date

import pytest

from flows.sources.http.web import REDIRECTS
from kring.errors import SourceError
from search_ui.i18n.gettext import using_language
from search_ui.i18n.localisation import localise
from tests.support.feeds import DAY, Read, following, item, rss, titles
from tests.support.http.web_server import Site
from tests.support.left_out import says

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
        with using_language(language):
            for problem in says(feed):
                told = localise(problem)
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
