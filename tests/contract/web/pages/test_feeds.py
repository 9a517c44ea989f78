"""Feeds: any search, a circle, a network, a topic; read by a feed reader, by a strict reader of XML, and not twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import feedparser
import httpx
import pytest

from index.memory import MemoryIndex
from kring.errors import SearchDown
from kring.model import Manifest, State
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.feeds.rss import ITUNES, PODCAST
from storage.archive.archive import Archive
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import serving
from tests.support.web.member_archive import CHAPTERS, FILM, SOUND
from tests.support.web.sample_archive import HOSTILE, TALKS
from tests.support.web.served_site import MoodyIndex, MoodyStore, Served

ORIGIN = "https://kring.example.org"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store, index = MoodyStore(), MoodyIndex()
    archive = Archive(store)
    member_archive.fill(archive, index)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), web=WebSettings(public_url=f"{ORIGIN}/"))
    manifest = archive.manifest(FILM.id)
    with (
        serving(create_app(settings, archive, index)) as origin,
        facilitator.client(origin) as web,
    ):
        yield Served(web, archive, store, index, manifest, manifest)


def items(answer: httpx.Response) -> list[ET.Element]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/rss+xml"
    return ET.fromstring(answer.content).findall("channel/item")


def guids(answer: httpx.Response) -> list[str | None]:
    return [item.findtext("guid") for item in items(answer)]


def item_of(answer: httpx.Response, recording_id: str) -> ET.Element:
    return next(item for item in items(answer) if item.findtext("guid") == recording_id)


def test_a_feed_reader_finds_nothing_to_complain_about(served: Served) -> None:
    read = feedparser.parse(served.web.get("/feed.xml").content)
    assert not read.bozo
    assert read.version == "rss20"
    assert read.feed.title == "Kring"
    assert read.feed.link == f"{ORIGIN}/"
    assert {link.rel: link.href for link in read.feed.links}["self"] == f"{ORIGIN}/feed.xml"
    assert read.feed.image.href.startswith(f"{ORIGIN}/static/cover.png?v=")
    film = next(entry for entry in read.entries if entry.id == FILM.id)
    assert film.title == FILM.title
    assert film.link == f"{ORIGIN}/r/{FILM.id}"
    assert film.itunes_duration == "60"
    assert film.guidislink is False
    assert film.published_parsed[:4] == (2026, 3, 12, 12)


def test_the_newest_come_first_and_what_is_not_published_not_at_all(served: Served) -> None:
    read = feedparser.parse(served.web.get("/feed.xml").content)
    days = [entry.published_parsed for entry in read.entries]
    assert days == sorted(days, reverse=True)
    assert len(days) == len(TALKS) + 3


def test_a_recording_that_is_taken_back_is_not_in_it(served: Served) -> None:
    def state(of: State) -> None:
        served.archive.update(SOUND.id, lambda old: old.model_copy(update={"state": of}))

    state(State.FAILED)  # the index may still know it
    try:
        assert SOUND.id not in guids(served.web.get("/feed.xml"))
    finally:
        state(State.PUBLISHED)
    assert SOUND.id in guids(served.web.get("/feed.xml"))


def test_the_enclosure_can_be_fetched_as_it_says(served: Served) -> None:
    for talk, suffix in ((FILM, ".mp4"), (SOUND, ".m4a")):
        enclosure = item_of(served.web.get("/feed.xml"), talk.id).find("enclosure")
        assert enclosure is not None
        url = enclosure.attrib["url"]
        assert url.startswith(ORIGIN)
        assert url.endswith(suffix)
        head = served.web.head(urlsplit(url).path)
        assert head.status_code == 200
        assert head.headers["content-length"] == enclosure.attrib["length"]
        assert head.headers["content-type"] == enclosure.attrib["type"]
        assert served.web.get(urlsplit(url).path, headers={"Range": "bytes=0-9"}).status_code == 206
        assert served.web.get(urlsplit(url).path.removesuffix(suffix) + ".ogg").status_code == 404


def test_what_programs_for_podcasts_read(served: Served) -> None:
    answer = served.web.get("/feed.xml")
    channel = ET.fromstring(answer.content).find("channel")
    assert channel is not None
    for tag in (f"{{{ITUNES}}}image", f"{{{ITUNES}}}author", f"{{{ITUNES}}}category", f"{{{ITUNES}}}explicit",
                f"{{{PODCAST}}}guid", "language", "description"):  # fmt: skip
        assert channel.find(tag) is not None, tag
    film = item_of(answer, FILM.id)
    transcripts = film.findall(f"{{{PODCAST}}}transcript")
    assert [one.attrib["type"] for one in transcripts] == ["text/vtt", "application/x-subrip", "application/json"]
    assert {one.attrib["language"] for one in transcripts} == {"nb"}
    for one in transcripts:
        got = served.web.get(urlsplit(one.attrib["url"]).path)
        assert got.headers["content-type"].partition(";")[0] == one.attrib["type"]
        assert got.headers["access-control-allow-origin"] == "*"
    chapters = film.find(f"{{{PODCAST}}}chapters")
    assert chapters is not None
    got = served.web.get(urlsplit(chapters.attrib["url"]).path)
    assert got.headers["content-type"] == chapters.attrib["type"] == "application/json+chapters"
    assert [(one["startTime"], one["title"]) for one in got.json()["chapters"]] == list(CHAPTERS)
    assert [one.text for one in film.findall(f"{{{PODCAST}}}person")] == ["Kari Nordli", "Ola Berg"]
    image = film.find(f"{{{ITUNES}}}image")
    assert image is not None
    assert image.attrib["href"] == f"{ORIGIN}/media/{FILM.id}/poster"
    other = item_of(answer, TALKS[1].id)
    assert other.find(f"{{{PODCAST}}}chapters") is None
    assert other.find(f"{{{ITUNES}}}image") is None


def test_a_search_is_followed_with_the_passages_it_finds(served: Served) -> None:
    answer = served.web.get("/feed.xml", params={"q": "personvernombud"})
    assert guids(answer) == [FILM.id]
    read = feedparser.parse(answer.content)
    assert read.feed.title == "Kring: “personvernombud”"
    assert read.feed.link == f"{ORIGIN}/?q=personvernombud"
    description = items(answer)[0].findtext("description") or ""
    assert re.search(rf'<a href="{ORIGIN}/r/{FILM.id}\?t=\d+(\.\d)?&amp;q=personvernombud">00:00:\d\d</a>', description)
    assert "<mark>personvernombudet</mark>" in description
    assert f"{ORIGIN}/r/{FILM.id}/attachments/" in description
    assert "#page=3" in description


def test_every_parameter_of_the_search_counts_but_page_and_order(served: Served) -> None:
    web = served.web
    danish = guids(web.get("/feed.xml", params={"language": "da"}))
    assert set(danish) == {TALKS[2].id, TALKS[3].id}
    assert guids(web.get("/feed.xml", params={"language": "da", "page": 2, "sort": "oldest"})) == danish
    assert guids(web.get("/feed.xml", params={"circle": "partners", "year": "2025", "q": "risk"})) != []
    assert guids(web.get("/feed.xml", params={"q": "zzzzzzzz"})) == []


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/c/digital-post", "Digital Post for alle", {TALKS[2].id, SOUND.id}),
        ("/n/danmark", "Kommunernes kreds", {TALKS[2].id, SOUND.id}),
        ("/t/personvern", "Personvern", {FILM.id, TALKS[1].id}),
        (f"/t/{quote('Økonomi/regnskab')}", "Økonomi/regnskab", {SOUND.id}),
    ],
)
def test_circles_networks_and_topics_have_feeds(served: Served, path: str, name: str, expected: set[str]) -> None:
    answer = served.web.get(f"{path}/feed.xml")
    assert set(guids(answer)) == expected
    read = feedparser.parse(answer.content)
    assert read.feed.title in {name, name.lower()}
    assert urlsplit(read.feed.link).path.lower() == path.lower()
    inside = served.web.get(f"{path}/feed.xml", params={"q": "zzzzzzzz"})
    assert guids(inside) == []


def test_the_feed_of_a_circle_speaks_its_language(served: Served) -> None:
    asked = {"Accept-Language": "nb"}
    assert feedparser.parse(served.web.get("/c/digital-post/feed.xml", headers=asked).content).feed.language == "da"
    assert feedparser.parse(served.web.get("/c/kenniskring-west/feed.xml").content).feed.language == "nl"


@pytest.mark.parametrize("path", ["/c/nowhere/feed.xml", "/n/nowhere/feed.xml", "/t/nowhere/feed.xml"])
def test_there_is_no_feed_of_what_is_not_there(served: Served, path: str) -> None:
    assert served.web.get(path).status_code == 404


def test_a_hostile_title_stays_text(served: Served) -> None:
    item = item_of(served.web.get("/feed.xml", params={"q": "zanzibar"}), HOSTILE.id)
    assert item.findtext("title") == served.archive.manifest(HOSTILE.id).details.title
    description = item.findtext("description") or ""
    assert "<script" not in description
    assert "&lt;script&gt;" in description
    topic = quote('<&]]> "topic"')
    read = feedparser.parse(served.web.get(f"/t/{topic}/feed.xml").content)
    assert not read.bozo
    assert [entry.id for entry in read.entries] == [HOSTILE.id]


def test_what_has_not_changed_is_not_sent_again(served: Served) -> None:
    first = served.web.get("/feed.xml", params={"q": "personvern"})
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": etag, "If-Modified-Since": modified}):
        again = served.web.get("/feed.xml", params={"q": "personvern"}, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    other, since = {"If-None-Match": '"other"'}, {"If-Modified-Since": modified}
    for headers in (other, other | since, since):  # one that was taken out is newer than nothing
        assert served.web.get("/feed.xml", params={"q": "personvern"}, headers=headers).status_code == 200
    assert served.web.get("/feed.xml", headers={"If-None-Match": etag}).status_code == 200


def test_what_has_changed_is_sent_again(served: Served) -> None:
    first = served.web.get("/c/kenniskring-west/feed.xml")
    talk = TALKS[4]

    def change(old: Manifest) -> Manifest:
        return old.model_copy(update={"details": old.details.model_copy(update={"title": "Een andere titel"})})

    served.archive.update(talk.id, change)
    member_archive.reindex(served.archive, served.index, talk.id)
    again = served.web.get("/c/kenniskring-west/feed.xml", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert item_of(again, talk.id).findtext("title") == "Een andere titel"


def test_a_search_that_cannot_be_understood_is_refused_in_words(served: Served) -> None:
    answer = served.web.get("/feed.xml", params={"q": "after:yesterday"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert "yesterday" in answer.text
    assert answer.text.endswith(".")


def test_where_the_search_does_not_answer_a_program_comes_back_later(served: Served) -> None:
    served.index.mood = SearchDown("gone")
    try:
        answer = served.web.get("/feed.xml")
    finally:
        served.index.mood = None
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_a_program_may_ask_for_the_head_alone(served: Served) -> None:
    head = served.web.head("/feed.xml")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/rss+xml"


def test_without_a_public_address_links_are_those_it_was_asked_at() -> None:
    index, archive = MemoryIndex(), Archive(MoodyStore())
    member_archive.fill(archive, index)
    app = create_app(facilitator.WITHOUT_FILES, archive, index)
    with serving(app) as origin, facilitator.client(origin) as web:
        answer = web.get("/feed.xml")
        assert item_of(answer, FILM.id).findtext("link") == f"{origin}/r/{FILM.id}"
        assert web.get("/feed.xml", headers={"Host": "elsewhere.example"}).status_code == 421
