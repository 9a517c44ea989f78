"""The query language over HTTP: order, refusals in place, unknown names, suggestions, reasons, marks on a line."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from index.port import Query, Reason, ReasonKind
from tests.support.web.sample_archive import LONG, TALKS
from tests.support.web.served_site import Served, served

__all__ = ["served"]

PERSONVERN, FORENINGER = TALKS[0], TALKS[3]


def test_results_in_the_order_asked_for(served: Served) -> None:
    def found(**params: str) -> tuple[str, list[str]]:
        answer = served.web.get("/api/search", params=params).json()
        return answer["sort"], [hit["date"] for hit in answer["recordings"]]

    assert found()[0] == found(sort="newest")[0] == "newest"
    assert found(q="risikovurdering")[0] == "relevance"
    order, oldest = found(sort="oldest")
    assert (order, oldest) == ("oldest", sorted(oldest))
    assert found(q="kommuner", sort="newest")[1] == sorted(found(q="kommuner")[1], reverse=True)
    page = served.web.get("/?q=kommuner&sort=oldest").text
    assert '<a data-search id="s-oldest" href="/?q=kommuner&amp;sort=oldest" aria-current="true">Oldest</a>' in page
    assert '<input form="search" type="hidden" name="sort" value="oldest">' in page
    assert "Relevance" not in served.web.get("/").text


@pytest.mark.parametrize("query", ["personvern after:sommer", "-skole", "cirkle:x", "language:"])
def test_a_query_that_cannot_be_understood_is_answered_in_place(served: Served, query: str) -> None:
    api = served.web.get("/api/search", params={"q": query})
    assert api.status_code == 400
    sentence = api.json()["error"]
    assert sentence.endswith((".", "?"))
    page = served.web.get("/", params={"q": query, "circle": "partners"})
    assert page.status_code == 400
    alert = page.text.split('role="alert"')[1].split("</p>")[0]
    assert html.unescape(alert).endswith(f">{sentence}")
    assert f'value="{query}"' in page.text
    assert '<details class="tips" open>' in page.text
    assert '<input form="search" type="hidden" name="circle" value="partners">' in page.text
    part = served.web.get("/", params={"q": query, "part": "results"})
    assert (part.status_code, part.text) == (400, sentence)
    reading = served.web.get(f"/r/{PERSONVERN.id}", params={"q": query})
    assert reading.status_code == 200
    assert sentence in html.unescape(reading.text)


def test_the_query_language_reaches_the_index(served: Served) -> None:
    def ids(q: str) -> set[str]:
        return {hit["id"] for hit in served.web.get("/api/search", params={"q": q}).json()["recordings"]}

    assert ids("circle:digital-post language:da after:2025-11 before:2025") == {FORENINGER.id}
    assert ids('speaker:"Lone Krogh" tillid') == {FORENINGER.id}
    assert ids("personvern -innkjøp") < ids("personvern")


def test_an_unknown_circle_is_said_and_the_known_ones_are_offered(served: Served) -> None:
    page = html.unescape(served.web.get("/", params={"q": "post circle:Digitalpost"}).text)
    assert "There is no circle" in page
    assert '<a data-search href="/?q=post+circle%3Adigital-post"><bdi>digital-post</bdi></a>?' in page
    page = html.unescape(served.web.get("/", params={"network": "zzzz"}).text)
    assert "The networks are: " in page
    assert 'href="/?network=vlaanderen"' in page
    assert "There is no" not in served.web.get("/", params={"q": "circle:partners"}).text


def test_another_word_is_suggested_where_nothing_is_found(served: Served) -> None:
    served.index.answers = replace(served.index.search(Query("xylofon")), suggestion="kreds & forening")
    try:
        api = served.web.get("/api/search?q=xylofon").json()
        page = served.web.get("/?q=xylofon&year=2025").text
    finally:
        served.index.answers = None
    assert (api["total"], api["suggestion"]) == (0, "kreds & forening")
    assert 'Did you mean <a data-search href="/?q=kreds+%26+forening&amp;year=2025">' in page
    assert "Did you mean" not in served.web.get("/?q=kredsen").text


def plain(html_text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", html_text)).split())


def test_what_is_missing_is_said_and_what_the_results_are_for(served: Served) -> None:
    api = served.web.get("/api/search", params={"q": "kommuner xylofon 😀"}).json()
    assert api["total"] == served.web.get("/api/search", params={"q": "kommuner"}).json()["total"] > 1
    assert api["missing"] == [{"text": "xylofon", "lack": "nowhere"}, {"text": "😀", "lack": "sign"}]
    assert (api["about"], api["together"]) == (["kommuner"], True)
    page = served.web.get("/", params={"q": "kommuner xylofon 😀"}).text
    heading = page.split('id="found-heading"')[1].split("</h2>")[0]
    assert plain(heading).endswith("recordings about kommuner")
    assert "xylofon was found nowhere." in plain(page)
    assert "😀 cannot be searched for." in plain(page)
    assert re.search(r'data-count="\d+ recordings\. .*xylofon.* was found nowhere', page)
    found = served.web.get("/api/search", params={"q": "kommuner"}).json()
    assert (found["missing"], found["about"], found["together"]) == ([], [], True)
    assert "nowhere" not in served.web.get("/?q=kommuner").text


def test_what_is_only_outside_the_filters(served: Served) -> None:
    asked = {"q": "risikovurdering foreninger", "circle": "personvern-nord"}
    api = served.web.get("/api/search", params=asked).json()
    assert api["missing"] == [{"text": "foreninger", "lack": "elsewhere"}]
    page = served.web.get("/", params=asked).text
    assert "foreninger was not found in this selection. Search again without the filters" in plain(page)


def test_what_each_result_lacks_where_none_has_all(served: Served) -> None:
    api = served.web.get("/api/search", params={"q": "risikovurdering foreninger"}).json()
    assert (api["missing"], api["together"]) == ([], False)
    without = {hit["id"]: hit["without"] for hit in api["recordings"]}
    assert without[PERSONVERN.id] == ["foreninger"]
    assert without[FORENINGER.id] == ["risikovurdering"]
    page = plain(served.web.get("/?q=risikovurdering+foreninger").text)
    assert "No passage contains all of these words; each result says what it lacks." in page
    assert "Without foreninger" in page


@pytest.mark.parametrize("text", ["😀", "!!!"])
def test_signs_alone_find_nothing(served: Served, text: str) -> None:
    api = served.web.get("/api/search", params={"q": text}).json()
    assert (api["total"], api["recordings"], api["missing"]) == (0, [], [{"text": text, "lack": "sign"}])
    page = served.web.get("/", params={"q": text}).text
    assert f"{text} cannot be searched for." in plain(page)
    assert "longer words" not in page
    assert served.web.get("/feed.xml", params={"q": text}).text.count("<item>") == 0


def test_a_filter_that_nothing_passes_is_named(served: Served) -> None:
    api = served.web.get("/api/search", params={"q": "kommuner circle:zzzz", "topic": "Ballong"}).json()
    assert [one["text"] for one in api["missing"]] == ["circle:zzzz", "topic:Ballong"]
    page = plain(served.web.get("/", params={"q": "kommuner circle:zzzz", "topic": "Ballong"}).text)
    assert "topic:Ballong was found nowhere." in page
    assert "There is no circle zzzz" in page
    assert "circle:zzzz was found nowhere" not in page


def test_a_quotation_that_is_nowhere(served: Served) -> None:
    page = served.web.get("/", params={"q": '"kommuner kredsen"'}).text
    assert '<a data-search href="/?q=kommuner+kredsen">Search without the quotation marks</a>' in page
    page = served.web.get("/", params={"q": 'personvern "kommuner kredsen"'}).text
    assert '"kommuner kredsen" was found nowhere.' in plain(page)


def test_what_is_missing_in_one_recording(served: Served) -> None:
    page = plain(served.web.get(f"/r/{PERSONVERN.id}", params={"q": "risikovurdering xylofon"}).text)
    assert "about risikovurdering Clear" in page
    assert "xylofon was not found here." in page


def test_why_something_is_found_is_said_once(served: Served) -> None:
    found = served.index.search(Query("risikovurdering"))
    spelling = Reason("risikovurdring", "Risikovurdering", ReasonKind.SPELLING)
    other = Reason("ombud", "rådgiver", ReasonKind.TRANSLATION)
    first, *rest = (replace(hit, reasons=(spelling,)) for hit in found.hits)
    assert rest
    served.index.answers = replace(found, hits=(replace(first, reasons=(spelling, other)), *rest))
    try:
        api = served.web.get("/api/search?q=x").json()
        page = served.web.get("/?q=x").text
    finally:
        served.index.answers = None
    assert api["recordings"][0]["reasons"] == [
        {"asked": "risikovurdring", "found": "Risikovurdering", "because": "spelling"},
        {"asked": "ombud", "found": "rådgiver", "because": "translation"},
    ]
    text = re.sub(r"<[^>]+>", "", page)
    assert text.count("risikovurdring was not found; this is about risikovurdering") == 1
    assert text.count("rådgiver is another word for ombud") == 1
    assert page.index("was not found") < page.index('class="cards"') < page.index("is another word")


def test_passages_are_marked_on_a_line_of_time(served: Served) -> None:
    inside = served.web.get(f"/r/{LONG.id}", params={"q": "databaser", "t": "30"}).text
    assert inside.count("<a data-at=") > 1
    assert 'id="here" cx="50.00%"' in inside
    assert 'class="timeline"' not in served.web.get(f"/r/{LONG.id}").text
    assert "style=" not in inside
    assert 'class="line-of-time"' in served.web.get("/?q=databaser").text
