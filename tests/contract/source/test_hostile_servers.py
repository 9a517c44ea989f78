"""Servers and feeds that mean harm: slow, packed, endless, broken. Real ones, on loopback, with limits made small."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from flows.discovery import LONG, Asking, ask_all
from flows.sources.download import download
from flows.sources.feeds import pages as feed_pages
from flows.sources.feeds.feed import MAX_PROBLEMS, Feed
from flows.sources.feeds.process import read_feed
from flows.sources.folders.folder import Folder
from flows.sources.http.pace import Deadline, Speed
from flows.sources.http.web import get
from flows.sources.port import RecordingSource
from kring.errors import KringError, SlowSource, SourceDown, SourceError, StorageDown
from kring.settings import FeedSource, FolderSource, Settings
from tests.support.http.raw_server import Raw, serve_raw
from tests.support.http.web_server import serve
from tests.support.left_out import says
from tests.support.patience import PATIENCE

OK = b"HTTP/1.1 200 OK\r\n"
QUICK = Speed(head_seconds=0.5, floor=1000, stretch_seconds=0.5, turn_seconds=30, grace_seconds=30, overall=50_000)


def source(address: str, settings: Settings, *, name: str = "the feed", seconds: float = 0.5) -> Feed:
    wanted = FeedSource(kind="feed", name=name, url=address, circle="privacy", allow_private=True)
    return Feed(wanted, settings, seconds=seconds)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def rss(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{"".join(items)}</channel></rss>'.encode()


def item(name: str, more: str = "") -> str:
    day = "<pubDate>Tue, 04 Mar 2025 09:00:00 +0100</pubDate>"
    sound = f'<enclosure url="{name}.mp3" type="audio/mpeg"/>'
    return f"<item><title>{name}</title><guid>{name}</guid>{day}{more}{sound}</item>"


# One deadline over the whole request


def head_that_drips(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"X-Slow: ")
    raw.drip(connection)


def headers_without_end(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK)
    raw.drip(connection, b"X-More: x\r\n")


def never_more_than_early_hints(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.drip(connection, b"HTTP/1.1 103 Early Hints\r\n\r\n")


def silence(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.over.wait()


def body_that_drips(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    raw.drip(connection)


def chunks_that_drip(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    raw.drip(connection, b"1\r\nx\r\n")


def a_chunk_of_nothing_but_its_size(raw: Raw, connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=")
    raw.drip(connection)


def redirects_that_drip(raw: Raw, connection: socket.socket, _: bytes) -> None:
    raw.over.wait(0.2)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n")


DRIPS = [
    head_that_drips,
    headers_without_end,
    never_more_than_early_hints,
    silence,
    body_that_drips,
    chunks_that_drip,
    a_chunk_of_nothing_but_its_size,
    redirects_that_drip,
]


@pytest.mark.parametrize("say", DRIPS)
def test_a_feed_that_drips_is_given_up_at_its_deadline(
    settings: Settings, say: Callable[[Raw, socket.socket, bytes], None]
) -> None:
    with serve_raw(say) as raw, pytest.raises(SourceDown, match=r"^127\.0\.0\.1 "):
        list(source(f"{raw.address}/feed", settings).list())


def test_tls_that_never_comes_about_is_given_up_too(settings: Settings) -> None:
    def handshake(raw: Raw, connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 kB follows
        raw.drip(connection, b"\x02")

    with serve_raw(handshake, listen_only=True) as raw, pytest.raises(SourceDown):
        list(source(raw.address.replace("http", "https"), settings).list())


def test_a_name_that_nobody_looks_up_is_given_up_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver has no deadline of its own."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    with pytest.raises(SourceDown):
        list(source("http://nowhere.example/feed", settings).list())
    over.set()


@pytest.mark.parametrize("say", DRIPS)
def test_a_download_that_drips_gives_its_place_back(
    tmp_path: Path, say: Callable[[Raw, socket.socket, bytes], None]
) -> None:
    with serve_raw(say) as raw, pytest.raises(SourceDown, match=r"^127\.0\.0\.1 "):
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=QUICK)


# Slow enclosures


def test_a_slow_download_goes_on_later_where_it_stopped(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40

    def slow_at_first(raw: Raw, connection: socket.socket, head: bytes) -> None:
        validators = b'ETag: "1"\r\nAccept-Ranges: bytes\r\n'
        if b"Range: bytes=5000-" in head:
            told = b"Content-Range: bytes 5000-10239/10240\r\nContent-Length: 5240\r\n"
            connection.sendall(b"HTTP/1.1 206 Partial Content\r\n" + validators + told + b"\r\n" + data[5000:])
            return
        connection.sendall(OK + validators + b"Content-Length: 10240\r\n\r\n" + data[:5000])
        raw.over.wait()

    speed = Speed(floor=1000, stretch_seconds=0.5)
    with serve_raw(slow_at_first) as raw:
        with pytest.raises(SlowSource, match=r"sends less than 1 kB a second"):
            download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert (tmp_path / "a").read_bytes() == data
    assert [b"Range:" in head for head in raw.asked] == [False, True]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_slow_again_and_again_it_is_given_up_for_good(tmp_path: Path) -> None:
    speed = Speed(floor=100_000, stretch_seconds=1, grace_seconds=3)
    said: list[KringError] = []
    with serve_raw(body_that_drips) as raw:
        while not said or isinstance(said[-1], SlowSource):
            with pytest.raises((SlowSource, SourceError)) as caught:
                download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
            said.append(caught.value)
    assert isinstance(said[-1], SourceError)
    assert str(said[-1]).startswith("127.0.0.1 has sent 0.0 MB in ")
    assert 2 <= len(said) <= 5
    with serve_raw(body_that_drips) as other, pytest.raises(SourceError):  # at once, when it is asked for again
        download(f"{other.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9, speed=speed)
    assert not other.asked


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "²", "x", "1, 2"])
def test_a_length_that_is_none_is_no_bare_error(tmp_path: Path, length: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(OK + b"Content-Length: " + length.encode("latin-1") + b"\r\n\r\nx")

    with serve_raw(say) as raw, pytest.raises((SourceDown, SourceError)) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("told", ["bytes 9-10/" + "9" * 5000, "bytes " + "9" * 5000 + "-", "x", ""])
def test_a_range_that_was_not_asked_for_is_no_bare_error(tmp_path: Path, told: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: " + told.encode() + b"\r\nContent-Length: 1\r\n\r\nx"
        )

    with serve_raw(say) as raw, pytest.raises(SourceDown, match="another file than before"):
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)


@pytest.mark.parametrize("etag", ['"' + "x" * 5000 + '"', '"\x80"', 'W/"1"', '"a\tb"'])
def test_a_validator_that_cannot_be_sent_back_is_none(tmp_path: Path, etag: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(OK + b"ETag: " + etag.encode("latin-1") + b"\r\nContent-Length: 2\r\n\r\nx")

    with serve_raw(say) as raw:
        for _ in range(2):
            with pytest.raises(SourceDown, match="stopped sending"):
                download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert not any(b"Range:" in head for head in raw.asked)


# Packed answers

BOMB = gzip.compress(gzip.compress(bytes(50_000_000)))
PACKED = {
    "gzip": gzip.compress(rss(item("a"))),
    "gzip, gzip": BOMB,
    "deflate": zlib.compress(rss(item("a"))),
    "br": b"x",
    "zstd": b"x",
    "identity, gzip": BOMB,
    "x-gzip": BOMB,
    "GZIP": BOMB,
}


@pytest.mark.parametrize("coding", PACKED)
def test_what_is_packed_is_neither_asked_for_nor_unpacked(settings: Settings, tmp_path: Path, coding: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        body = PACKED[coding]
        connection.sendall(OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    with serve_raw(say) as raw:
        with pytest.raises(SourceError, match="sends it packed"):
            list(source(f"{raw.address}/feed", settings, seconds=30).list())
        with pytest.raises(SourceError, match="sends it packed"):
            download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert all(b"accept-encoding: identity" in head.lower() for head in raw.asked)
    assert not (tmp_path / "a").exists()


# Redirects

BROKEN = [
    "http://[::1",
    "http:///x",
    "http://x:99999/",
    "http://x:0/",
    "http://user:secret@127.0.0.1/",
    "http://xn--/",
    "http://\x80\xff/",
    "//",
    "ftp://x/y",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http:x",
    "data:,x",
    "http://x/" + "a" * 9000,
    "http://[v1.x]/",
    "http://%zz[/",
]


@pytest.mark.parametrize("location", BROKEN)
def test_a_redirect_to_a_broken_address_is_a_sentence(tmp_path: Path, location: str) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("latin-1")
        connection.sendall(head + b"\r\nContent-Length: 0\r\n\r\n")

    with serve_raw(say) as raw, pytest.raises((SourceError, SourceDown)) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    said = str(caught.value)
    assert said.startswith("127.0.0.1 ") or "is not known" in said
    assert "secret" not in said
    assert len(said) < 300


@pytest.mark.parametrize("address", [*BROKEN, "http://[::1]x/", "x", "", "http://x/\n", "http://\ud800/"])
def test_a_broken_address_is_a_sentence(tmp_path: Path, address: str) -> None:
    with pytest.raises((SourceError, SourceDown)) as caught:
        download(address, tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert "secret" not in str(caught.value)


def test_what_a_server_says_wrongly_is_not_repeated(tmp_path: Path) -> None:
    def say(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(b"<script>" + b"x" * 1000 + b"\r\n\r\n")

    with serve_raw(say) as raw, pytest.raises(SourceDown) as caught:
        download(f"{raw.address}/a", tmp_path / "a", allow_private=True, max_bytes=10**9)
    assert str(caught.value) == "127.0.0.1 broke off, or does not answer as a web server does."


def test_an_answer_that_is_neither_file_nor_redirect_is_none(tmp_path: Path) -> None:
    with serve() as site:
        for status in (300, 304, 399):
            site.statuses["/a"] = status
            with (
                pytest.raises(SourceDown, match=str(status)),
                get(f"{site.address}/a", allow_private=True, limit=Deadline(30)),
            ):
                pass


# What is in a feed

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
        site.files["/feed"] = rss(item("a", f"<author>{'a' * 40_000}</author>"), item("b"))
        found = source(f"{site.address}/feed", settings, seconds=30)
        try:
            assert [one.details.title for one in found.list()] == ["a", "b"]
        except SourceError as error:  # a machine so slow that the limit ends it
            assert "unreasonably" in str(error)  # noqa: PT017


def test_a_reference_of_thousands_of_digits_is_no_character(settings: Settings) -> None:
    with serve() as site:
        site.files["/feed"] = rss(item("a", f"<title>b &#{'9' * 5000}; c</title>").replace("<title>a</title>", ""))
        site.files["/escaped"] = rss(item("x").replace("<title>x", f"<title>&amp;#{'9' * 5000}; c"))
        for path, title in (("/feed", "b \ufffd c"), ("/escaped", "\ufffd c")):
            (found,) = source(f"{site.address}{path}", settings, seconds=30).list()
            assert found.details.title == title


def test_what_is_much_too_long_is_left_out_or_cut(settings: Settings) -> None:
    with serve() as site:
        site.files["/feed"] = rss(
            item("a", f"<description>{'x' * 1_000_000}</description>").replace("<title>a", f"<title>{'t' * 100_000}"),
            item("b").replace("<guid>b", f"<guid>{'g' * 100_000}"),
            item("c").replace("c.mp3", f"{'c' * 100_000}.mp3"),
            item("d"),
        )
        found = source(f"{site.address}/feed", settings, seconds=30)
        assert [one.details.title for one in found.list()] == ["t" * 300, "d"]
        assert len(says(found)) == 1
        assert "id is too long" in says(found)[0]


def test_at_most_so_many_entries_and_so_many_complaints(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_pages, "MAX_ENTRIES", 50)
    with serve() as site:
        site.files["/feed"] = rss(*(item(str(n)) for n in range(60)))
        found = source(f"{site.address}/feed", settings, seconds=30)
        assert len(list(found.list())) == 50
        assert says(found) == ("The feed the feed has more than 50 entries; the others are left out.",)
        site.files["/feed"] = rss(*(item(str(n)).replace(f'"{n}.mp3', '"ftp://x/a.mp3') for n in range(50)))
        assert list(found.list()) == []
        assert len(says(found)) == MAX_PROBLEMS + 1
        assert says(found)[-1] == "The feed the feed has 30 entries more with such problems."


# None holds up another


def test_recordings_of_one_source_start_while_another_still_drips(settings: Settings, tmp_path: Path) -> None:
    started = threading.Event()

    def late(_: Raw, connection: socket.socket, __: bytes) -> None:
        connection.sendall(OK)
        assert started.wait(PATIENCE)  # its answer comes when the others have begun
        body = rss(item("late"))
        connection.sendall(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "x.mp3").write_bytes(b"sound")
    names: dict[str, list[str]] = {}

    def start_new(one: RecordingSource) -> int:
        names[one.name] = [each.details.title for each in one.list()]
        if {"feed", "folder"} <= names.keys():
            started.set()
        return len(names[one.name])

    with serve() as site, serve_raw(late) as slow:
        site.files["/feed"] = rss(item("a"), item("b"))
        watched = FolderSource(name="folder", path=folder, circle="privacy", settle_seconds=0)
        asked = ask_all(
            [
                source(slow.address, settings, name="slow", seconds=60),
                source(f"{site.address}/feed", settings, name="feed", seconds=60),
                source(f"{site.address}/none", settings, name="gone", seconds=60),
                Folder(watched, settings),
            ],
            start_new,
        )
    assert names == {"slow": ["late"], "feed": ["a", "b"], "folder": ["x"]}
    assert [one.started for one in asked] == [1, 2, 0, 1]
    assert [len(says(one)) for one in asked] == [0, 0, 1, 0]
    assert says(asked[2])[0].startswith("The source gone cannot be looked at: 127.0.0.1 answers 404")


def test_a_source_that_hangs_is_left_behind(settings: Settings) -> None:
    over = threading.Event()

    class Hanging(Feed):
        def list(self):  # type: ignore[no-untyped-def]
            over.wait()
            return iter(())

    hanging = Hanging(FeedSource(kind="feed", name="stuck", url="http://x/", circle="privacy"), settings)
    times: list[str] = []

    def start_new(one: RecordingSource) -> int:
        times.append(one.name)
        return len(list(one.list()))

    ask_all = Asking().ask_all
    for _ in range(3):
        (asked,) = ask_all([hanging], start_new, seconds=0.1)
        assert says(asked) == (LONG.format(name="stuck"),)
    assert times == ["stuck"]
    over.set()
    (asked,) = ask_all([hanging], start_new, seconds=60)  # the look that still went on has come to its end
    assert (says(asked), times) == ((), ["stuck"])
    ask_all([hanging], start_new, seconds=60)
    assert times == ["stuck", "stuck"]


def test_a_source_that_is_slow_again_and_again_is_no_news_each_time(settings: Settings) -> None:
    """What is told on Prefect's pages is told again where it has changed."""
    over = threading.Event()

    class Slow(Feed):
        def list(self):  # type: ignore[no-untyped-def]
            over.wait()
            raise SourceDown("It is down.")

    slow = Slow(FeedSource(kind="feed", name="slow", url="http://x/", circle="privacy"), settings)
    ask_all = Asking().ask_all

    def problems(seconds: float) -> list[str]:
        return list(says(ask_all([slow], lambda one: len(list(one.list())), seconds=seconds)[0]))

    over.set()
    assert problems(60) == ["The source slow cannot be looked at: It is down."]
    over.clear()
    assert problems(0.1) == problems(0.1) == ["The source slow cannot be looked at: It is down."]
    over.set()
    assert problems(60) == ["The source slow cannot be looked at: It is down."]


def test_what_no_source_can_do_without_stops_the_look(settings: Settings) -> None:
    def start_new(one: RecordingSource) -> int:
        raise StorageDown(one.name)

    with pytest.raises(StorageDown):
        ask_all([source("http://x/", settings)], start_new)


def test_a_folder_keeps_what_it_has_hashed_when_a_look_breaks_off(settings: Settings, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.mp3").write_bytes(name.encode())
    watched = FolderSource(name="folder", path=tmp_path, circle="privacy", settle_seconds=0)
    first = Folder(watched, settings).list()
    next(first)
    del first
    (kept,) = (settings.data_dir / "sources").glob("*.json")
    assert kept.read_text().count('"sha256": "') == 1
    assert len(list(Folder(watched, settings).list())) == 2
