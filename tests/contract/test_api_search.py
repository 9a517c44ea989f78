"""The query language over HTTP: order, refusals in place, unknown names, suggestions, reasons, marks on a line."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from index.port import Because, Query, Reason
from tests.web_archive import LONG, TALKS
from tests.web_served import Served, served

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


def test_why_something_is_found_is_said_once(served: Served) -> None:
    found = served.index.search(Query("risikovurdering"))
    spelling = Reason("risikovurdring", "Risikovurdering", Because.SPELLING)
    other = Reason("ombud", "rådgiver", Because.TRANSLATION)
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
