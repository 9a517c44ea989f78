"""Looking at all sources: none holds up another."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from flows.discovery import LONG, SourceRounds, look_at_all
from flows.sources.feeds.feed import Feed
from flows.sources.folders.folder import Folder
from flows.sources.port import RecordingSource
from kring.errors import SourceDown, StorageDown
from kring.settings import FeedSource, FolderSource, Settings
from tests.support.feeds import feed_at, item, rss
from tests.support.http.raw_server import OK, Raw, serve_raw
from tests.support.http.web_server import serve
from tests.support.left_out import says
from tests.support.patience import PATIENCE


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
        asked = look_at_all(
            [
                feed_at(slow.address, settings, name="slow", seconds=60),
                feed_at(f"{site.address}/feed", settings, name="feed", seconds=60),
                feed_at(f"{site.address}/none", settings, name="gone", seconds=60),
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

    look_at_all = SourceRounds().look_at_all
    for _ in range(3):
        (asked,) = look_at_all([hanging], start_new, seconds=0.1)
        assert says(asked) == (LONG.format(name="stuck"),)
    assert times == ["stuck"]
    over.set()
    (asked,) = look_at_all([hanging], start_new, seconds=60)  # the look that still went on has come to its end
    assert (says(asked), times) == ((), ["stuck"])
    look_at_all([hanging], start_new, seconds=60)
    assert times == ["stuck", "stuck"]


def test_a_source_that_is_slow_again_and_again_is_no_news_each_time(settings: Settings) -> None:
    """What is told on Prefect's pages is told again where it has changed."""
    over = threading.Event()

    class Slow(Feed):
        def list(self):  # type: ignore[no-untyped-def]
            over.wait()
            raise SourceDown("It is down.")

    slow = Slow(FeedSource(kind="feed", name="slow", url="http://x/", circle="privacy"), settings)
    look_at_all = SourceRounds().look_at_all

    def problems(seconds: float) -> list[str]:
        return list(says(look_at_all([slow], lambda one: len(list(one.list())), seconds=seconds)[0]))

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
        look_at_all([feed_at("http://x/", settings)], start_new)


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
