"""What is one recording in a feed, whatever changes in its address."""

from __future__ import annotations

import pytest

from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from tests.support.feeds import DAY, Read, following, item, received, rss, titles
from tests.support.http.web_server import Site
from tests.support.left_out import says

pytestmark = pytest.mark.slow  # each feed is parsed in a process of its own


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
