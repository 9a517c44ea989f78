"""Pages of circles, networks and topics; what stands around a recording; and who may show it on another site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from search_ui.http.security import policy
from search_ui.search import collections
from storage.archive.archive import Archive
from tests.support.web import facilitator, member_archive
from tests.support.web.browser import serving
from tests.support.web.member_archive import FILM, SOUND
from tests.support.web.sample_archive import HOSTILE, SILENT, TALKS
from tests.support.web.served_site import MoodyIndex, MoodyStore, Served

INNKJOP = TALKS[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store, index = MoodyStore(), MoodyIndex()
    archive = Archive(store)
    member_archive.fill(archive, index)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"), web=WebSettings(public_url="https://kring.example.org/")
    )
    manifest = archive.manifest(FILM.id)
    with (
        serving(create_app(settings, archive, index)) as origin,
        facilitator.client(origin) as web,
    ):
        yield Served(web, archive, store, index, manifest, manifest)


def found(answer: httpx.Response) -> set[str]:
    """The recordings whose cards are on a page."""
    assert answer.status_code == 200
    return set(re.findall(r'<h3><a href="/r/([0-9a-f]{16})', answer.text))


def test_a_circle_says_what_it_is(served: Served) -> None:
    answer = served.web.get("/c/digital-post")
    assert found(answer) == {TALKS[2].id, SOUND.id}
    for words in ("<bdi>Digital Post for alle</bdi>", 'href="/n/danmark"', "2 recordings", "2 min", "Danish",
                  "21 January 2026", 'href="/t/Frivillige"', 'href="/t/%C3%98konomi/regnskab"',
                  'action="/c/digital-post"', 'href="/c/digital-post/feed.xml"'):  # fmt: skip
        assert words in answer.text, words


def test_of_more_than_are_added_up_it_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "SUMMED", 1)
    answer = served.web.get("/c/digital-post")
    assert "2 recordings" in answer.text
    assert "more than 1 min" in answer.text
    assert "more than" not in served.web.get("/c/personvern-nord").text


def test_a_network_names_its_circles(served: Served) -> None:
    answer = served.web.get("/n/nord")
    assert {FILM.id, INNKJOP.id, SILENT.id} <= found(answer)
    assert 'href="/c/personvern-nord"' in answer.text
    assert 'href="/c/drift-nord"' in answer.text
    assert 'href="/c/digital-post"' not in answer.text


def test_a_topic_is_one_however_it_is_written(served: Served) -> None:
    for spelling in ("personvern", "Personvern", "PERSONVERN"):
        answer = served.web.get(f"/t/{spelling}")
        assert found(answer) == {FILM.id, INNKJOP.id}
        assert 'href="/t/Skole"' in answer.text
        assert 'href="/t/Frivillige"' not in answer.text


def test_a_topic_may_hold_any_character(served: Served) -> None:
    for topic, recording in (("Økonomi/regnskab", SOUND.id), ('<&]]> "topic"', HOSTILE.id)):
        answer = served.web.get(f"/t/{quote(topic)}")
        assert found(answer) == {recording}
        assert "<&]]>" not in answer.text


def test_a_search_stays_inside(served: Served) -> None:
    inside = served.web.get("/c/drift-nord", params={"q": "personvern"})
    assert found(inside) == {INNKJOP.id}
    assert found(served.web.get("/", params={"q": "personvern"})) > {INNKJOP.id}
    assert "/c/drift-nord?q=personvern" in inside.text
    assert 'aria-labelledby="g-circle"' not in inside.text
    part = served.web.get("/c/drift-nord", params={"q": "personvern", "part": "results"})
    assert found(part) == {INNKJOP.id}
    assert "<html" not in part.text


def test_filters_narrow_within_a_network_and_their_addresses_stay_there(served: Served) -> None:
    answer = served.web.get("/n/vlaanderen", params={"language": "en"})
    assert served.web.get("/n/vlaanderen").text.count('aria-labelledby="g-language"') == 1
    assert {TALKS[4].id} & found(answer) == set()
    assert re.search(r'class="chip" data-search href="/n/vlaanderen"', answer.text)
    assert "network=" not in answer.text.replace("network:", "")


def test_a_circle_cannot_be_left_by_a_parameter(served: Served) -> None:
    assert found(served.web.get("/c/digital-post", params={"circle": "drift-nord"})) == {TALKS[2].id, SOUND.id}


def test_a_query_that_cannot_be_understood_is_explained_on_the_page(served: Served) -> None:
    answer = served.web.get("/c/digital-post", params={"q": "after:yesterday"})
    assert answer.status_code == 400
    assert "yesterday" in answer.text
    assert "Digital Post for alle" in answer.text


@pytest.mark.parametrize("path", ["/c/nowhere", "/n/nowhere", "/t/nowhere", "/c/%3Cscript%3E", "/t/"])
def test_what_is_not_there_is_said_in_words(served: Served, path: str) -> None:
    answer = served.web.get(path)
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text


def test_the_start_page_leads_to_topics_and_circles(served: Served) -> None:
    start = served.web.get("/").text
    assert 'href="/t/Frivillige"' in start
    assert 'id="circles-heading"' in start
    searched = served.web.get("/", params={"q": "personvern"}).text
    assert 'id="topics-heading"' not in searched
    assert 'id="circles-heading"' not in searched


@pytest.mark.parametrize(
    ("path", "feed"),
    [("/", "/feed.xml"), ("/?q=personvern&language=nb", "/feed.xml?q=personvern&amp;language=nb"),
     ("/t/skole?q=apper", "/t/Skole/feed.xml?q=apper")],
)  # fmt: skip
def test_feeds_are_found_by_people_and_by_programs(served: Served, path: str, feed: str) -> None:
    page = served.web.get(path).text
    assert re.search(
        rf'<link id="feed" rel="alternate" type="application/rss\+xml"[^>]* href="{re.escape(feed)}">', page
    )
    assert f'value="https://kring.example.org{feed}"' in page


def test_a_recording_leads_to_its_circle_network_topics_and_organisations(served: Served) -> None:
    page = served.web.get(f"/r/{FILM.id}").text
    for href in ("/c/personvern-nord", "/n/nord", "/t/Skole", "/?organisation=Fjordane+kommune"):
        assert f'href="{href}"' in page or f'href="{href.replace("+", "%20")}"' in page, href


def test_chapters_are_offered_where_there_are_any(served: Served) -> None:
    page = served.web.get(f"/r/{FILM.id}", params={"t": "20"}).text
    assert f'<track kind="chapters" src="/r/{FILM.id}/chapters.vtt"' in page
    current = re.findall(r'<a data-at="[\d.]+" href="[^"]*" aria-current="true">.*?<bdi>(.*?)</bdi>', page)
    assert current == ["Risikovurdering &amp; &lt;avtaler&gt;"]
    vtt = served.web.get(f"/r/{FILM.id}/chapters.vtt")
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "Risikovurdering &amp; &lt;avtaler&gt;" in vtt.text
    none = served.web.get(f"/r/{INNKJOP.id}")
    assert "chapters" not in none.text
    for name in ("chapters.vtt", "chapters.json"):
        assert served.web.get(f"/r/{INNKJOP.id}/{name}").status_code == 404


def test_chapters_of_what_is_public_may_be_read_by_other_sites(served: Served) -> None:
    for name in ("chapters.vtt", "chapters.json"):
        assert served.web.get(f"/r/{FILM.id}/{name}").headers["access-control-allow-origin"] == "*"
        assert served.web.options(f"/r/{FILM.id}/{name}").status_code == 204


def test_documents_are_listed_and_searched(served: Served) -> None:
    page = served.web.get(f"/r/{FILM.id}").text
    assert "<bdi>Lysbilder fra møtet</bdi>" in page
    assert "PDF · 3 pages · 1.2 MB" in page
    assert "found-pages" not in page
    searched = served.web.get(f"/r/{FILM.id}", params={"q": "personvernombud"}).text
    assert re.search(r'#page=3">Page 3</a> <span dir="auto">Kontakt <mark>personvernombudet</mark>', searched)
    assert "#page=2" not in searched
    address = re.search(r'class="document" href="([^"]+)"', page)
    assert address is not None
    assert served.web.get(address[1]).content == member_archive.SLIDES


def test_the_sound_is_drawn_as_it_was_measured(served: Served) -> None:
    measured = served.web.get(f"/r/{SOUND.id}").text
    assert measured.count('<use href="#wave"') == 2
    assert '<svg id="waveform"' not in served.web.get(f"/r/{INNKJOP.id}").text
    assert '<svg id="waveform"' not in served.web.get(f"/r/{FILM.id}").text


def test_the_picture_of_a_sound_is_kept_by_browsers(served: Served) -> None:
    path = f"/media/{SOUND.id}/waveform.svg"
    first = served.web.get(path)
    assert first.headers["content-type"] == "image/svg+xml"
    assert "max-age" in first.headers["cache-control"]
    assert served.web.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    ornament = served.web.get(f"/media/{INNKJOP.id}/waveform.svg")
    assert ornament.status_code == 200
    assert ornament.text != first.text
    assert served.web.get(f"/media/{'0' * 16}/waveform.svg").status_code == 404


def test_what_was_measured_later_is_drawn_anew(served: Served) -> None:
    path = f"/media/{SILENT.id}/waveform.svg"
    ornament = served.web.get(path)
    member_archive.measure(served.archive, SILENT.id)
    again = served.web.get(path, headers={"If-None-Match": ornament.headers["etag"]})
    assert again.status_code == 200
    assert again.text != ornament.text


def test_any_site_may_frame_what_is_public_and_none_the_rest(served: Served) -> None:
    for recording, whose in ((FILM.id, "*"), (SOUND.id, "*"), (INNKJOP.id, "'self'")):
        answer = served.web.get(f"/r/{recording}/embed")
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == policy(frame_ancestors=whose)
    for page in (f"/r/{FILM.id}", "/c/digital-post", "/"):
        assert served.web.get(page).headers["content-security-policy"] == policy()


def test_media_of_what_is_public_may_be_played_by_other_sites(served: Served) -> None:
    for path in (f"/media/{FILM.id}/playback", f"/media/{FILM.id}/playback.mp4", f"/media/{FILM.id}/poster"):
        assert served.web.head(path).headers["cross-origin-resource-policy"] == "cross-origin"
    assert served.web.head(f"/media/{INNKJOP.id}/playback").headers["cross-origin-resource-policy"] == "same-origin"


def test_the_code_for_other_sites_is_offered_for_what_is_public_only(served: Served) -> None:
    page = served.web.get(f"/r/{SOUND.id}").text
    assert f"&lt;iframe src=&#34;https://kring.example.org/r/{SOUND.id}/embed&#34;" in page
    assert "embed-code" not in served.web.get(f"/r/{INNKJOP.id}").text


def test_an_embedded_recording_has_its_title_and_the_way_back(served: Served) -> None:
    page = served.web.get(f"/r/{FILM.id}/embed", params={"t": "20"}).text
    assert f'href="https://kring.example.org/r/{FILM.id}" target="_blank" rel="noopener"' in page
    assert 'data-start="20.0"' in page
    assert '<track kind="captions"' in page
    assert '<track kind="chapters"' in page
    assert served.web.get(f"/r/{'0' * 16}/embed").status_code == 404
