"""What a feed's words mean: its dates, its titles, its addresses, and which of several files is the recording."""

from __future__ import annotations

from datetime import date

import pytest

from flows.sources.feeds.dates import day_of
from flows.sources.feeds.entries import Offer
from flows.sources.feeds.ids import stable
from flows.sources.feeds.offers import choose, is_list, is_recording
from flows.sources.feeds.titles import title_of

FOURTH = date(2025, 3, 4)
DOCUMENT = "https://h.no/feed.xml"


@pytest.mark.parametrize(
    "said",
    [
        "Tue, 04 Mar 2025 00:30:00 +0200",
        "Tue, 04 Mar 2025 23:30:00 -0800",
        "Tue, 04 Mar 2025 00:30:00 CEST",
        "Tue, 4 March 2025 00:30 EST",
        "Tue, 04 Mar 2025 00:00:00 GMT",
        "Tue, 04 Mar 2025 23:59:59",
        "04 Mar 25",
        "Tuesday, 04-Mar-25 00:10:00 GMT",
        "Tue Mar  4 09:00:00 2025",
        "Tue Mar  4 09:00:00 CET 2025",
        "2025-03-04T00:30:00+02:00",
        "2025-03-04T23:30:00.123Z",
        "2025-03-04 00:30",
        "20250304T003000Z",
        "2025-03-04",
        "04.03.2025 09:00",
        "March 4, 2025",
        "Di, 04 Mar 2025 09:00:00 +0100",
        "\n  Tue,  04 Mar 2025\t09:00:00 +0100 ",
    ],
)
def test_the_day_is_the_one_the_publisher_wrote(said: str) -> None:
    assert day_of(said) == FOURTH


@pytest.mark.parametrize(
    "said",
    [
        "Di, 04 Mär 2025 09:00:00 +0100",
        "ons, 07 maj 2025 09:00:00 +0200",
        "4. marts 2025",
        "03/04/2025",
        "31 Feb 2025",
        "2025-13-01",
        "2025-03",
        "yesterday",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Tue, 04 Mar 2999 09:00:00 GMT",
        "",
        "1 " * 100,
    ],
)
def test_what_is_no_day_of_a_recording_is_none(said: str) -> None:
    assert day_of(said) is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Sun, 31 May 2026 22:00:00 GMT", date(2026, 6, 1)),
        ("2026-05-31T22:00:00Z", date(2026, 6, 1)),
        ("2026-05-31T22:00:00+00:00", date(2026, 6, 1)),
        ("Sun, 31 May 2026 22:00:00 +0000 (UTC)", date(2026, 6, 1)),
        ("Mon, 01 Jun 2026 00:00:00 GMT", date(2026, 6, 1)),
        ("Sun, 31 May 2026 21:59:59 GMT", date(2026, 5, 31)),
        ("Sun, 31 May 2026 22:00:00 +0100", date(2026, 5, 31)),
        ("Sun, 31 May 2026 22:00:00 GMT+2", date(2026, 5, 31)),
        ("Sun, 31 May 2026 22:00:00 -0500", date(2026, 5, 31)),
        ("2026-05-31", date(2026, 5, 31)),
        ("Wed, 31 Dec 2025 23:00:00 GMT", date(2026, 1, 1)),
    ],
)
def test_a_time_in_utc_is_put_where_the_publisher_is(said: str, day: date) -> None:
    assert day_of(said, timezone="Europe/Oslo", today=date(2026, 6, 1)) == day


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("a < b", "a < b"),
        ("a < b > c", "a < b > c"),
        ("<5 grader", "<5 grader"),
        ("R&D", "R&D"),
        ("R&amp;D", "R&D"),
        ("Q&A: not&copy or &nbsp;", "Q&A: not&copy or"),
        ("Om <b>personvern</b> og <i lang='nb'>tilgang</i>", "Om personvern og tilgang"),
        ("<p>Om</p><br/>tilgang<br>nå", "Om tilgang nå"),
        ("<Tittel> i malen", "<Tittel> i malen"),
        ("List<String> og <b> i HTML", "List<String> og <b> i HTML"),
        ("if a <b and c> d</b>", "if a <b and c> d</b>"),
        ("&lt;b&gt; er fet", "<b> er fet"),
        ("a\n b\u202e c", "a b c"),
        ("x" * 400, "x" * 300),
        ("", ""),
    ],
)
def test_a_title_loses_its_html_and_nothing_else(said: str, title: str) -> None:
    assert title_of(said, plain=False) == title


def test_what_is_text_for_sure_stays_as_it_is() -> None:
    assert title_of("a <b>c</b> &amp; d", plain=True) == "a <b>c</b> &amp; d"


@pytest.mark.parametrize(
    ("signed", "name"),
    [
        ("https://h.no/x.mp3?token=a1", "https://h.no/x.mp3"),
        ("https://h.no/play?id=7&access_token=a1", "https://h.no/play?id=7"),
        ("https://h.no/play?token=a1&id=7#t", "https://h.no/play?id=7#t"),
        ("https://h.no/x?Expires=1&Signature=b~&Key-Pair-Id=K", "https://h.no/x"),
        ("https://h.no/x?X-Amz-Date=2&X-Amz-Signature=3&versionId=9", "https://h.no/x?versionId=9"),
        ("https://h.no/x?file=a&sv=2024-08-04&se=2026-01-01T00%3A00Z&sig=x%3D", "https://h.no/x?file=a"),
        ("https://h.no/x?urlExpires=5&authKey=6&n=7", "https://h.no/x?n=7"),
        ("https://h.no/x.mp3?md5=Zm9vYmFyYmF6&e=1767225600", "https://h.no/x.mp3"),
        ("https://h.no/x.mp3?key=abc&v=3&id=7", "https://h.no/x.mp3?id=7"),
        ("https://h.no/x.mp3?q7=mB5nZ1kq0PzWvU3rY8aT", "https://h.no/x.mp3"),
        ("https://h.no/x.mp3?utm_source=rss&utm_medium=feed", "https://h.no/x.mp3"),
    ],
)
def test_what_signs_an_address_is_no_part_of_its_name(signed: str, name: str) -> None:
    assert stable(signed) == name


@pytest.mark.parametrize(
    "name",
    [
        "https://h.no/play?id=7",
        "https://h.no/play.mp3?id=7",
        "https://h.no/play.mp3?s=2&e=7",
        "https://h.no/play.mp3?id=3f2504e04f8911d39a0c0305e82c3301",
        "https://h.no/play?key=long-enough-to-sign",
        "https://h.no/?p=12&author=kari&signal=on&policy=personvern",
        "https://h.no/x?session=3",
        "https://h.no/x.mp3",
        "https://[h.no/x?token=1",
        "urn:uuid:1?token=2",
        "an id?token=1",
        "",
    ],
)
def test_what_names_something_stays(name: str) -> None:
    assert stable(name) == name


def offer(href: str, kind: str = "", **more: str | int) -> Offer:
    words = dict.fromkeys(Offer.model_fields, "") | {"where": "enclosure", "group": 0}
    return Offer.model_validate({**words, "href": href, "type": kind, **more})


@pytest.mark.parametrize(
    ("href", "kind", "more"),
    [
        ("a.mp3", "audio/mpeg", {}),
        ("a.mp3", "text/html", {}),
        ("a.mp4", "", {}),
        ("play?id=7", "audio/mpeg; charset=binary", {}),
        ("play?id=7", "application/octet-stream", {}),
        ("play/7", "binary/octet-stream", {}),
        ("play/7", "", {"medium": "video"}),
        ("play.php?id=7", "application/force-download", {}),
        ("a.m4a", "application/octet-stream", {}),
        ("a%20b.MP3?x=1", "application/octet-stream", {}),
    ],
)
def test_what_may_be_sound_or_video_is_taken(href: str, kind: str, more: dict[str, str]) -> None:
    assert is_recording(offer(href, kind, **more))


@pytest.mark.parametrize(
    ("href", "kind", "more"),
    [
        ("a.pdf", "application/octet-stream", {}),
        ("a.jpg", "", {}),
        ("a.zip", "application/octet-stream", {}),
        ("play/7", "image/jpeg", {}),
        ("play/7", "text/html", {}),
        ("play/7", "", {"medium": "image"}),
        ("https://www.youtube.com/v/x?version=3", "application/x-shockwave-flash", {"medium": "video"}),
        ("live.m3u8", "audio/x-mpegurl", {}),
        ("live", "application/vnd.apple.mpegurl", {}),
        ("live.mpd", "", {"medium": "video"}),
    ],
)
def test_what_is_something_else_is_not(href: str, kind: str, more: dict[str, str]) -> None:
    assert not is_recording(offer(href, kind, **more))


def test_a_list_of_pieces_is_one() -> None:
    assert is_list(offer("live.m3u8"))
    assert is_list(offer("x", "application/dash+xml"))
    assert not is_list(offer("x.mp3", "audio/mpeg"))


def picked(*offers: Offer, language: str | None = None) -> tuple[str, list[str]]:
    chosen = choose(offers, DOCUMENT, language=language, max_bytes=1000)
    assert chosen is not None
    return chosen.url.removeprefix("https://h.no/"), [one.removeprefix("https://h.no/") for one in chosen.others]


SOUND, FILM = offer("talk.mp3", "audio/mpeg"), offer("film.mp4", "video/mp4")


@pytest.mark.parametrize(
    ("offers", "best"),
    [
        ([SOUND, FILM], "film.mp4"),
        ([FILM, SOUND], "film.mp4"),
        ([SOUND, offer("talk", "application/octet-stream", medium="video")], "talk"),
        ([SOUND, offer("big.mp4", "video/mp4", filesize="1001")], "talk.mp3"),
        ([offer("big.mp4", "video/mp4", filesize="1001")], "big.mp4"),
        ([SOUND, offer("part.mp4", "video/mp4", expression="sample")], "talk.mp3"),
        ([offer("a-360p.mp4", height="360"), offer("a-720p.mp4", height="720")], "a-720p.mp4"),
        ([offer("a-360p.mp4", height="360", isdefault="true"), offer("a-720p.mp4", height="720")], "a-360p.mp4"),
        ([offer("a_64k.mp3", bitrate="64"), offer("a_128k.mp3", bitrate="128.5")], "a_128k.mp3"),
        ([offer("a.mp3", length="10"), offer("a.m4a", length="20")], "a.m4a"),
        ([offer("a.mp3", length="x"), offer("a.m4a", length="9" * 5000)], "a.mp3"),
        ([offer("a.mp3"), offer("a.mp3"), offer("https://h.no/a.mp3")], "a.mp3"),
        ([offer("ipfs://x/a.mp4", "video/mp4"), SOUND], "talk.mp3"),
        ([offer("http://[", "video/mp4"), SOUND], "talk.mp3"),
        ([offer("cover.jpg", "image/jpeg"), SOUND], "talk.mp3"),
    ],
)
def test_of_several_forms_the_best_is_taken_and_the_rest_is_no_loss(offers: list[Offer], best: str) -> None:
    assert picked(*offers)[0] == best


def test_the_sources_own_language_comes_first() -> None:
    spoken = [offer("en.mp4", "video/mp4", lang="en", group=1), offer("no.mp4", "video/mp4", lang="no", group=1)]
    assert picked(*spoken, language="nb") == ("no.mp4", [])
    assert picked(*spoken, language="en") == ("en.mp4", [])
    assert picked(*spoken) == ("en.mp4", [])


@pytest.mark.parametrize(
    "offers",
    [
        [SOUND, FILM],
        [offer("a-360p.mp4"), offer("a-720p.mp4"), offer("a_hd.mp4"), offer("a.m4v")],
        [offer("a.mp4", group=1), offer("other.mp4", group=1)],
        [offer("a.mp3"), offer("https://mirror.no/b.opus", where="alternate")],
    ],
)
def test_other_forms_of_one_recording_are_no_others(offers: list[Offer]) -> None:
    assert picked(*offers)[1] == []


def test_what_may_be_another_recording_is_named() -> None:
    assert picked(offer("part1.mp3"), offer("part2.mp3"), FILM) == ("film.mp4", [])
    assert picked(offer("part1.mp3"), offer("part2.mp3")) == ("part1.mp3", ["part2.mp3"])


def test_where_nothing_is_a_recording_nothing_is_chosen() -> None:
    assert choose([offer("a.pdf")], DOCUMENT, language=None, max_bytes=1) is None
    assert choose([], DOCUMENT, language=None, max_bytes=1) is None
