"""Reading a feed in the limited process, as far as it goes without a server."""

from __future__ import annotations

import pytest

from flows.sources.feed_process import read_feed
from kring.errors import SourceError

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><item><title>A &amp; B</title><guid>1</guid>
<pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate><enclosure url="a.mp3" type="audio/mpeg"/></item></channel></rss>"""


def test_the_process_says_what_is_there() -> None:
    assert read_feed(FEED, "it", most=10) == [
        {
            "id": "1",
            "long": False,
            "title": "A & B",
            "published": [2025, 3, 4, 8, 0, 0],
            "enclosures": [["a.mp3", "audio/mpeg"]],
            "transcript": None,
        }
    ]


@pytest.mark.parametrize(
    ("feed", "seconds", "says"),
    [(b"<html/>", 60.0, "is not an RSS or Atom feed"), (FEED, 0.0, "is damaged, or reading it takes unreasonably")],
)
def test_what_cannot_be_read_names_its_source(feed: bytes, seconds: float, says: str) -> None:
    with pytest.raises(SourceError, match=f"the source 'it' {says}"):
        read_feed(feed, "it", most=10, seconds=seconds)
