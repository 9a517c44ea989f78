"""Reading a feed in the limited process, as far as it goes without a server."""

from __future__ import annotations

import pytest

from flows.sources.feeds import reader as podcast
from flows.sources.feeds.parsing import read_feed
from kring.errors import SourceError

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><item><title>A &amp; B</title><guid>1</guid>
<pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate><enclosure url="a.mp3" type="audio/mpeg"/></item></channel></rss>"""


def test_the_process_says_what_is_there() -> None:
    page = read_feed(FEED, "it", most=10)
    assert (page.version, page.count, page.next_page) == ("rss20", 1, None)
    (entry,) = page.entries
    assert (entry.id, entry.long, entry.title, entry.plain) == ("1", False, "A & B", False)
    assert entry.dates == ("Tue, 04 Mar 2025 09:00:00 +0100",)
    assert [(offer.href, offer.type, offer.where) for offer in entry.offers] == [("a.mp3", "audio/mpeg", "enclosure")]
    assert entry.transcript is None


@pytest.mark.parametrize(
    ("feed", "seconds", "says"),
    [(b"<html/>", 60.0, "is not an RSS or Atom feed"), (FEED, 0.0, "is damaged, or reading it takes unreasonably")],
)
def test_what_cannot_be_read_names_its_source(feed: bytes, seconds: float, says: str) -> None:
    with pytest.raises(SourceError, match=f"the source 'it' {says}"):
        read_feed(feed, "it", most=10, seconds=seconds)


TOO_HIGH = [
    "&#99999999;",
    "&#1114112;",
    "&#x110000;",
    "&#xD800;",
    "&#55357;&#56832;",
    "&#xdfff",
    "&#0000001114112;",
    "&#" + "9" * 5000 + ";",
    "<![CDATA[&#99999999;]]>",
    "&amp;#99999999;",
    "<![CDATA[<b>&#xD800;</b> &broken]]> & <",
    "&#0;",
    "&#x1f;",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("place", ["title", "guid", "description", "channel"])
@pytest.mark.parametrize("reference", TOO_HIGH)
def test_a_reference_to_no_character_costs_no_other_episode(reference: str, place: str, encoding: str) -> None:
    def episode(name: str, more: str = "") -> str:
        guid = "" if place == "guid" and more else f"<guid>{name}</guid>"
        return f'<item>{guid}<title>{name} ø</title>{more}<enclosure url="{name}.mp3" type="audio/mpeg"/></item>'

    odd = "" if place == "channel" else f"<{place}>A {reference} b</{place}>"
    head = f"<description>{reference}</description>" if place == "channel" else ""
    called = encoding[:6] if "16" in encoding else encoding
    feed = f"""<?xml version="1.0" encoding="{called}"?><rss version="2.0"><channel>
        <title>F</title>{head}{episode("first")}{episode("odd", odd)}{episode("last")}</channel></rss>"""
    titles = [entry["title"] for entry in list(podcast.read(feed.encode(encoding), 10))[1:]]
    assert titles[0] == "first ø"
    assert titles[-1] == "last ø"
    assert len(titles) == 3


@pytest.mark.parametrize(
    ("reference", "sign"),
    [
        ("&#8211;", "\u2013"),
        ("&#X2013;", "\u2013"),
        ("&#x1F600;", "\U0001f600"),
        ("&#x10FFFF;", "\U0010ffff"),
        ("&#0000065;", "A"),
        ("&#xD7FF;", "\ud7ff"),
        ("&#xE000;", "\ue000"),
    ],
)
def test_other_references_are_what_they_say(reference: str, sign: str) -> None:
    (entry,) = read_feed(FEED.replace(b"&amp;", reference.encode()), "it", most=10).entries
    assert entry.title == f"A {sign} B"
