"""Transcripts that come along with a recording: beside a file, in a feed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.feed import Feed
from flows.sources.folder import Folder
from flows.sources.podcast import transcripts
from kring.settings import FeedSource, FolderSource, Settings
from tests.webserver import serve

VTT, SRT, JSON, HTML = (
    f'<podcast:transcript url="t.{suffix}" type="{kind}"/>'
    for suffix, kind in [
        ("vtt", "text/vtt; charset=utf-8"),
        ("srt", "application/x-subrip"),
        ("json", "application/json"),
        ("html", "text/html"),
    ]
)


def feed(*offered: str) -> bytes:
    items = "".join(
        f"<item><title>{n}</title><guid> g{n} </guid><!-- x -->"
        f'<enclosure url="{n}.mp3" type="audio/mpeg"/>{tags}</item>'
        for n, tags in enumerate(offered)
    )
    space = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    return f'<?xml version="1.0"?><rss version="2.0" {space}><channel><title>F</title>{items}</channel></rss>'.encode()


@pytest.mark.parametrize(
    ("beside", "taken"),
    [(["x.srt"], "x.srt"), (["x.srt", "x.vtt"], "x.vtt"), (["x.json"], None), (["y.vtt"], None), ([], None)],
)
def test_what_lies_beside_a_file_comes_along(tmp_path: Path, beside: list[str], taken: str | None) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    for name in ("x.mp4", *beside):
        (watched / name).write_bytes(b"something")
    source = FolderSource(name="it", path=watched, circle="privacy", settle_seconds=0)
    (item,) = Folder(source, Settings(data_dir=tmp_path / "data")).list()
    assert item.captions_location == (str(watched / taken) if taken else None)
    assert (item.captions_sha256 is None) is (taken is None)


def test_of_several_transcripts_in_a_feed_the_best_is_taken(tmp_path: Path) -> None:
    with serve() as site:
        site.files["/feed.xml"] = feed(HTML + JSON + SRT, VTT + SRT + HTML, HTML, "", SRT + HTML)
        source = FeedSource(
            kind="feed", name="it", url=f"{site.address}/feed.xml", circle="privacy", allow_private=True
        )
        items = list(Feed(source, Settings(data_dir=tmp_path)).list())
        assert [item.captions_location and item.captions_location.removeprefix(site.address) for item in items] == [
            "/t.srt",
            "/t.vtt",
            None,
            None,
            "/t.srt",
        ]


@pytest.mark.parametrize("address", ["http://[", "http://x:99999/t.vtt", "javascript:alert(1)", "http://u:p@x/t.vtt"])
def test_a_transcript_at_no_address_takes_nothing_from_its_episode(tmp_path: Path, address: str) -> None:
    with serve() as site:
        site.files["/feed.xml"] = feed(VTT.replace("t.vtt", address), VTT)
        wanted = FeedSource(
            kind="feed", name="it", url=f"{site.address}/feed.xml", circle="privacy", allow_private=True
        )
        source = Feed(wanted, Settings(data_dir=tmp_path))
        assert [item.captions_location for item in source.list()] == [None, f"{site.address}/t.vtt"]
        assert source.problems == ("0: its transcript has no address that can be fetched; it comes without.",)


@pytest.mark.parametrize(
    "data",
    [b"", b"<rss>", b"<!DOCTYPE r [<!ENTITY a 'b'>]><rss>&a;</rss>", b'<?xml version="1.0" encoding="x-no"?><rss/>'],
)
def test_a_feed_that_cannot_be_read_for_them_offers_none(data: bytes) -> None:
    assert transcripts(data) == {}
