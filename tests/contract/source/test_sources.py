"""One suite for every kind of source, over real folders and a real web server; then what is special to each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from flows.sources import open_source, open_sources
from flows.sources.download import download, is_public
from flows.sources.feeds.feed import Feed
from flows.sources.folders.folder import Folder
from flows.sources.port import RecordingSource
from kring.errors import SetupError, SourceDown, SourceError
from kring.settings import FeedSource, FolderSource, Settings
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.web_server import Site, serve
from tests.support.left_out import says
from tests.support.patience import PATIENCE
from tests.support.stack.running import eventually
from transcribe.containers.kinds import SUFFIXES

SOUND = bytes(range(256)) * 4000


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@dataclass
class Case:
    source: RecordingSource
    add: Callable[[str, bytes], None]


def feed_of(site: Site, names: list[str]) -> bytes:
    items = "".join(
        f"<item><title>On &lt;b&gt;{name}&lt;/b&gt;</title><guid>guid-{name}</guid>"
        f"<pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate>"
        f'<enclosure url="{site.address}/{name}" type="audio/mpeg" length="1"/></item>'
        for name in names
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'.encode()


@pytest.fixture(params=["folder", "feed"])
def case(request: pytest.FixtureRequest, tmp_path: Path, site: Site, settings: Settings) -> Case:
    if request.param == "folder":
        folder = tmp_path / "watched"
        folder.mkdir()

        def put(name: str, data: bytes) -> None:
            (folder / name).write_bytes(data)

        return Case(Folder(FolderSource(name="it", path=folder, circle="privacy", settle_seconds=0), settings), put)
    names: list[str] = []

    def publish(name: str, data: bytes) -> None:
        site.files[f"/{name}"] = data
        names.append(name)
        site.files["/feed.xml"] = feed_of(site, names)

    site.files["/feed.xml"] = feed_of(site, [])
    feed = FeedSource(kind="feed", name="it", url=f"{site.address}/feed.xml", circle="privacy", allow_private=True)
    return Case(Feed(feed, settings), publish)


def test_an_empty_source_offers_nothing(case: Case) -> None:
    assert list(case.source.list()) == []


def test_it_offers_each_recording_under_the_same_id_every_time(case: Case) -> None:
    case.add("one.mp3", SOUND)
    case.add("two.mp3", SOUND[:-1])
    first, second = list(case.source.list()), list(case.source.list())
    assert len({item.recording_id for item in first}) == 2
    assert [item.recording_id for item in first] == [item.recording_id for item in second]
    assert {item.details.circle for item in first} == {"privacy"}


def test_it_brings_the_bytes_and_says_how_far_it_is(case: Case, tmp_path: Path) -> None:
    case.add("one.mp3", SOUND)
    (item,) = case.source.list()
    told: list[tuple[int, int | None]] = []
    case.source.fetch(item.location, tmp_path / "out", lambda done, total: told.append((done, total)))
    assert (tmp_path / "out").read_bytes() == SOUND
    assert told[-1] == (len(SOUND), len(SOUND))


def test_an_item_survives_the_journey_as_plain_data(case: Case) -> None:
    case.add("one.mp3", SOUND)
    (item,) = case.source.list()
    assert type(item).model_validate(item.model_dump(mode="json")) == item


def test_what_has_gone_says_so(case: Case, tmp_path: Path, site: Site) -> None:
    case.add("one.mp3", SOUND)
    (item,) = case.source.list()
    site.files.pop("/one.mp3", None)
    (tmp_path / "watched" / "one.mp3").unlink(missing_ok=True)
    with pytest.raises(SourceError):
        case.source.fetch(item.location, tmp_path / "out")


# Folders


def folder_with(settings: Settings, path: Path, *, settle: float = 0, circle: str | None = "privacy") -> Folder:
    return Folder(FolderSource(name="it", path=path, circle=circle, settle_seconds=settle), settings)


def test_a_file_is_taken_once_its_size_has_stood_still(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "in" / "growing.mp3"
    file.parent.mkdir()
    file.write_bytes(b"a")
    source = folder_with(settings, file.parent, settle=PATIENCE)
    assert list(source.list()) == []
    os.utime(file, (1, 1))  # an old time of change is no proof: some programs set it at once
    assert list(source.list()) == []
    file.write_bytes(b"ab")
    assert list(folder_with(settings, file.parent, settle=0.2).list()) == []
    [item] = eventually(
        lambda: list(folder_with(settings, file.parent, settle=0.2).list()), what="the file to be taken"
    )
    assert item.file_name == "growing.mp3"


def test_renamed_or_dropped_in_twice_it_is_the_same_recording(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(SOUND)
    before = list(folder_with(settings, tmp_path).list())
    (tmp_path / "a.mp3").rename(tmp_path / "b.mp3")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.mp3").write_bytes(SOUND)
    after = list(folder_with(settings, tmp_path).list())
    assert {item.recording_id for item in before} == {item.recording_id for item in after}


def test_the_sidecar_says_what_it_is_and_the_vtt_comes_along(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(SOUND)
    (tmp_path / "x.vtt").write_text("WEBVTT\n")
    (tmp_path / "x.toml").write_text('title = "Møte"\ncircle = "kjop"\ndate = 2024-05-06\nlanguage = "NB-no"\n')
    (item,) = folder_with(settings, tmp_path).list()
    assert (item.details.title, item.details.circle, item.details.date) == ("Møte", "kjop", date(2024, 5, 6))
    assert item.captions_location == str(tmp_path / "x.vtt")


def test_a_bad_sidecar_is_reported_and_holds_up_nobody(settings: Settings, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.mp3").write_bytes(name.encode())
    (tmp_path / "a.toml").write_text("title = ")
    (tmp_path / "b.toml").write_text('language = "klingonsk"')
    source = folder_with(settings, tmp_path)
    assert [item.file_name for item in source.list()] == ["c.mp3"]
    assert [problem.split(" ")[0].rstrip(":") for problem in says(source)] == ["a.toml", "b.toml"]


def test_without_a_sidecar_the_name_tells_title_and_date(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "2025-03-14_Digital_post-for_eldre.mp3").write_bytes(SOUND)
    (item,) = folder_with(settings, tmp_path).list()
    assert (item.details.title, item.details.date) == ("Digital post for eldre", date(2025, 3, 14))


def test_links_out_of_the_folder_and_hidden_files_are_left_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret.mp3").write_bytes(SOUND)
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "link.mp3").symlink_to(tmp_path / "secret.mp3")
    (watched / ".part.mp3").write_bytes(SOUND)
    (watched / "notes.txt").write_bytes(SOUND)
    source = folder_with(settings, watched)
    assert list(source.list()) == []
    with pytest.raises(SourceError, match="not inside"):
        source.fetch(str(tmp_path / "secret.mp3"), tmp_path / "out")


def test_a_folder_that_is_not_there_says_so(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        list(folder_with(settings, tmp_path / "nowhere").list())


# Feeds and addresses


def test_a_broken_download_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.files["/a.mp3"] = SOUND
    site.break_after = 300_000
    with pytest.raises(SourceDown):
        download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").stat().st_size == 300_000
    download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").read_bytes() == SOUND
    assert site.requests[-1] == ("/a.mp3", "bytes=300000-")


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(site: Site, tmp_path: Path) -> None:
    site.files["/a.mp3"] = SOUND
    site.break_after = 300_000
    with pytest.raises(SourceDown):
        download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=10**9)
    site.files["/a.mp3"] = SOUND[::-1]
    download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").read_bytes() == SOUND[::-1]


def test_too_large_a_file_is_refused_before_it_is_fetched(site: Site, tmp_path: Path) -> None:
    site.files["/a.mp3"] = SOUND
    with pytest.raises(SourceError, match="takes up to"):
        download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=1000)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("status", "error"), [(404, SourceError), (403, SourceError), (503, SourceDown), (500, SourceDown)]
)
def test_only_what_may_pass_is_called_transient(
    site: Site, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    site.statuses["/a.mp3"] = status
    with pytest.raises(error, match=str(status)):
        download(f"{site.address}/a.mp3", tmp_path / "a", allow_private=True, max_bytes=1000)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_addresses_inside_this_network_are_not_fetched(site: Site, tmp_path: Path, host: str) -> None:
    site.files["/a.mp3"] = SOUND
    port = site.address.rpartition(":")[2]
    with pytest.raises((SourceError, SourceDown)):
        download(f"http://{host}:{port}/a.mp3", tmp_path / "a", allow_private=False, max_bytes=10**9)
    assert site.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "gopher://x", "http:///x", "http://user:pw@x/y"])
def test_other_kinds_of_address_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError):
        download(url, tmp_path / "a", allow_private=True, max_bytes=1000)


def test_redirects_are_followed_but_not_for_ever(site: Site, tmp_path: Path) -> None:
    site.files["/a.mp3"] = SOUND
    site.redirects |= {"/there": "/a.mp3", "/round": "/round", "/file": "file:///etc/passwd"}
    download(f"{site.address}/there", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").read_bytes() == SOUND
    for path in ("/round", "/file"):
        with pytest.raises(SourceError):
            download(f"{site.address}{path}", tmp_path / "b", allow_private=True, max_bytes=10**9)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"],
)  # fmt: skip
def test_inside_addresses_are_known_in_every_spelling(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_page_that_is_no_feed_says_so(site: Site, settings: Settings) -> None:
    site.files["/page"] = b"<!doctype html><title>Hello</title>"
    feed = FeedSource(kind="feed", name="it", url=f"{site.address}/page", circle="privacy", allow_private=True)
    with pytest.raises(SourceError, match="not an RSS or Atom feed"):
        list(Feed(feed, settings).list())


def test_titles_in_feeds_are_data(site: Site, settings: Settings) -> None:
    site.files["/feed"] = feed_of(site, ["x.mp3"])
    feed = FeedSource(kind="feed", name="it", url=f"{site.address}/feed", circle="privacy", allow_private=True)
    (item,) = Feed(feed, settings).list()
    assert item.details.title == "On x.mp3"
    assert item.details.date == date(2025, 3, 4)


def test_every_kind_is_taken_from_a_folder(settings: Settings, tmp_path: Path) -> None:
    taken = {name for suffix in SUFFIXES for name in (f"Møte{suffix}", f"MEETING{suffix.upper()}")}
    left = {"list.m3u8", "notes.mp4.txt", "slides.pdf", ".amr", "mp4"}
    watched = tmp_path / "watched"
    watched.mkdir()
    for name in taken | left:
        (watched / name).write_bytes(name.encode())
    assert {item.file_name for item in folder_with(settings, watched).list()} == taken


def test_every_kind_is_taken_from_a_feed(site: Site, settings: Settings) -> None:
    """By its name, where the server has no better word than octets for it; or by that word, whatever its name; where
    neither says anything, its bytes will."""
    taken = {f"{suffix[1:]}{suffix}?token=1": "application/octet-stream" for suffix in sorted(SUFFIXES)}
    taken |= {"UPPER.M4B": "", "play?id=1": "audio/amr", "play?id=2": "Video/3gpp", "play?id=3": "application/ogg"}
    taken |= {"play?id=4": "application/octet-stream"}
    left = {"slides.pdf": "application/octet-stream", "play?id=5": "application/pdf", "page.html": "text/html"}
    items = "".join(
        f'<item><title>{name}</title><guid>{name}</guid><enclosure url="{site.address}/{name}" type="{kind}"/></item>'
        for name, kind in (taken | left).items()
    )
    site.files["/feed"] = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
    feed = FeedSource(kind="feed", name="it", url=f"{site.address}/feed", circle="privacy", allow_private=True)
    assert [item.details.title for item in Feed(feed, settings).list()] == list(taken)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    twin = FolderSource(name="it", path=tmp_path)
    with pytest.raises(SetupError, match="taken"):
        open_sources(Settings(sources=(twin, twin)), Archive(MemoryStore()))
    with pytest.raises(SetupError, match="no source called"):
        open_source(Settings(), Archive(MemoryStore()), "gone")
