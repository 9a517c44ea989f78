"""When a recording of a feed was made: the publisher's own day, and what is said if it cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.feeds import Read, item, rss
from tests.support.http.web_server import Site
from tests.support.left_out import says


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("<pubDate>Tue, 04 Mar 2025 00:30:00 +0200</pubDate>", date(2025, 3, 4)),
        ("<pubDate>Tue, 04 Mar 2025 00:30:00 CEST</pubDate>", date(2025, 3, 4)),
        ("<dc:date>2025-03-04T00:30:00+02:00</dc:date>", date(2025, 3, 4)),
        ("<atom:updated>2025-03-04T00:30:00+02:00</atom:updated>", date(2025, 3, 4)),
        ("<atom:updated>2026-01-01T00:00:00Z</atom:updated><pubDate>4 Mar 2025</pubDate>", date(2025, 3, 4)),
        ("<atom:published>2025-03-04T00:30:00+02:00</atom:published>", date(2025, 3, 4)),
    ],
)
def test_the_publishers_own_day_is_kept(site: Site, read: Read, day: str, expected: date) -> None:
    site.files["/feed"] = rss(item("a", day=day))
    feed = read()
    assert [one.details.date for one in feed.list()] == [expected]
    assert says(feed) == ()


def test_a_feed_in_utc_may_be_put_where_its_publisher_is(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", day="<pubDate>Mon, 03 Mar 2025 23:00:00 GMT</pubDate>"))
    assert [one.details.date for one in read().list()] == [date(2025, 3, 3)]
    assert [one.details.date for one in read(timezone="Europe/Copenhagen").list()] == [date(2025, 3, 4)]


@pytest.mark.parametrize("said", ["Di, 04 Mär 2025 09:00:00 +0100", "03/04/2025", "soon"])
def test_a_date_that_cannot_be_read_is_told_and_is_not_today(site: Site, read: Read, said: str) -> None:
    day = f"<pubDate>{said}</pubDate>"
    site.files["/feed"] = rss(
        item("nothing else", day=day),
        item("changed", day=day + "<dc:date>2025-03-05</dc:date>"),
        item("Webinar 2025-03-06", day=day),
        item("named", day=day, url="2025-03-07_webinar.mp3"),
        item("fine"),
    )
    feed = read()
    assert [(one.details.title, one.details.date.day) for one in feed.list()] == [
        ("changed", 5),
        ("Webinar 2025-03-06", 6),
        ("named", 7),
        ("fine", 4),
    ]
    left_out, *doubtful = says(feed)
    assert left_out.startswith(f"“nothing else”: Its date “{said}” cannot be read, so it is left out;")
    assert [problem.split("”")[0] for problem in doubtful] == ["“changed", "“Webinar 2025-03-06", "“named"]
    assert all(f"Its date “{said}” cannot be read for certain; it gets 2025-03-0" in problem for problem in doubtful)


@pytest.mark.parametrize("said", ["tir. 4. marts 2025 kl. 09:00", "4. mars 2025", "dinsdag 4 maart 2025"])
def test_a_date_in_another_language_is_doubtful(site: Site, read: Read, said: str) -> None:
    site.files["/feed"] = rss(item("a", day=f"<pubDate>{said}</pubDate><dc:date>2026-01-01</dc:date>"))
    feed = read()
    assert [one.details.date for one in feed.list()] == [date(2025, 3, 4)]
    assert len(says(feed)) == 1
    assert "cannot be read for certain; it gets 2025-03-04." in says(feed)[0]


def test_without_any_date_it_is_said_that_the_day_is_the_one_it_came_in(site: Site, read: Read) -> None:
    site.files["/feed"] = rss(item("a", day=""), item("b", day=""), item("2025-03-06 c", day=""), item("d"))
    feed = read()
    before = datetime.now(UTC).date()
    days = [one.details.date for one in feed.list()]
    assert before <= days[0] == days[1] <= datetime.now(UTC).date()
    assert days[2:] == [date(2025, 3, 6), date(2025, 3, 4)]
    assert says(feed) == ("The feed it has 2 entries without a date; each gets the day on which it came in.",)
