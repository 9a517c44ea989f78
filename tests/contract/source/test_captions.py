"""Transcripts that come along with a recording: beside a file, in a feed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.feeds.entries import Link
from flows.sources.feeds.feed import Feed
from flows.sources.feeds.parsing import read_feed
from flows.sources.folders.folder import Folder
from kring.settings import FeedSource, FolderSource, Settings
from tests.support.http.web_server import serve
from tests.support.left_out import says
from transcribe.captions.reader import MAX_BYTES

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
        f"<item><title>{n}</title><guid> g{n} </guid><pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate><!-- x -->"
        f'<enclosure url="{n}.mp3" type="audio/mpeg"/>{tags}</item>'
        for n, tags in enumerate(offered)
    )
    space = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    return f'<?xml version="1.0"?><rss version="2.0" {space}><channel><title>F</title>{items}</channel></rss>'.encode()


def watched(folder: Path, *names: str) -> Folder:
    """A source over a folder with these files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    source = FolderSource(name="it", path=folder, circle="privacy", settle_seconds=0)
    return Folder(source, Settings(data_dir=folder.parent / "data"))


@pytest.mark.parametrize(
    ("beside", "taken"),
    [
        (["x.srt"], "x.srt"),
        (["x.srt", "x.vtt"], "x.vtt"),
        (["X.VTT"], "X.VTT"),
        (["x.nb.vtt"], "x.nb.vtt"),
        (["x.json"], None),
        (["x.txt"], None),
        (["y.vtt"], None),
        ([], None),
    ],
)
def test_what_lies_beside_a_file_comes_along(tmp_path: Path, beside: list[str], taken: str | None) -> None:
    folder = tmp_path / "watched"
    (item,) = watched(folder, "x.mp4", *beside).list()
    assert item.captions_location == (str(folder / taken) if taken else None)
    assert (item.captions_sha256 is None) is (taken is None)


def test_all_views_of_a_zoom_meeting_get_its_transcript(tmp_path: Path) -> None:
    meeting = "GMT20240402-080000_Recording"
    views = [f"{meeting}_1920x1080.mp4", f"{meeting}_gallery_1920x1080.mp4", f"{meeting}.m4a"]
    others = [f"{meeting}.cc.vtt", "GMT20240409-080000_Recording.transcript.vtt"]
    items = list(watched(tmp_path / "watched", *views, f"{meeting}.transcript.vtt", *others).list())
    assert [item.file_name for item in items] == sorted(views)
    assert {Path(item.captions_location or "").name for item in items} == {f"{meeting}.transcript.vtt"}


def test_what_lies_in_another_folder_does_not(tmp_path: Path) -> None:
    (item,) = watched(tmp_path / "watched", "one/x.mp4", "two/x.vtt", "x.vtt").list()
    assert item.captions_location is None
    (tmp_path / "watched/one/x.vtt").mkdir()
    (item,) = watched(tmp_path / "watched").list()
    assert item.captions_location is None


def test_of_two_languages_the_recordings_is_taken_or_none_and_that_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    source = watched(folder, "x.mp4", "x.nb.vtt", "x.en.vtt")
    (item,) = source.list()
    assert item.captions_location is None
    (problem,) = says(source)
    assert problem.startswith("Beside x.mp4 lie several transcripts (x.en.vtt, x.nb.vtt): say the recording's language")
    (folder / "X.TOML").write_text('language = "no"\n', encoding="utf-8-sig")
    (item,) = source.list()
    assert (item.details.language, item.captions_location) == ("nb", str(folder / "x.nb.vtt"))
    assert says(source) == ()


@pytest.mark.parametrize(("size", "wrong"), [(MAX_BYTES + 1, "too large to be a transcript"), (0, "empty")])
def test_one_that_is_none_is_told(tmp_path: Path, size: int, wrong: str) -> None:
    source = watched(tmp_path / "watched", "x.mp4", "x.vtt")
    with (tmp_path / "watched/x.vtt").open("wb") as file:
        file.truncate(size)
    (item,) = source.list()
    assert item.captions_location is None
    assert says(source) == (f"x.vtt is {wrong}; put the right one there. Until then x.mp4 comes without.",)


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
        assert says(source) == ("“0”: Its transcript has no address that can be fetched; it comes without.",)


@pytest.mark.parametrize("written", ["<title>a<br>b</title>", "<title>a &nosuch; b</title>", "<itunes:author>x"])
def test_transcripts_of_a_feed_that_is_badly_written_are_found_too(written: str) -> None:
    (entry,) = read_feed(feed(SRT + VTT).replace(b"<title>0</title>", written.encode()), "it", most=10).entries
    assert entry.transcript == Link(href="t.vtt", base="")
