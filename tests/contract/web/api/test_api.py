"""The HTTP side of the web application: API, pages as text, errors, the guard. A real server, a real HTTP client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kring.errors import SearchDown
from kring.model import Step
from search_ui.http import rendering
from search_ui.http.formatting import time_parameter
from storage.leases import Leases, owner_name
from tests.support.web import sample_archive
from tests.support.web.sample_archive import HOSTILE, LONG, SILENT, TALKS
from tests.support.web.served_site import Served, served

__all__ = ["served"]

PERSONVERN, FORENINGER = TALKS[0], TALKS[3]


def test_search_finds_the_sentence_and_says_when(served: Served) -> None:
    found = served.web.get("/api/search", params={"q": "personvernombudet", "language": "nb"}).json()
    assert found["total"] >= 1
    best = found["recordings"][0]
    assert best["id"] == PERSONVERN.id
    assert best["circle_name"] == "Personvern Nord"
    assert best["network_name"] == "Digitalt nettverk Nord"
    assert best["poster_url"] == f"/media/{PERSONVERN.id}/poster"
    passage = best["passages"][0]
    assert any(piece["hit"] and "personvern" in piece["text"].lower() for piece in passage["text"])
    assert passage["url"] == f"/r/{PERSONVERN.id}?t={time_parameter(passage['hit_at'])}"
    spoken = sample_archive.transcript_of(PERSONVERN).segments[4]
    assert passage["start"] <= passage["hit_at"] <= spoken.end


def test_filters_widen_within_a_kind_and_narrow_between_kinds(served: Served) -> None:
    def ids(**params: object) -> set[str]:
        answer = served.web.get("/api/search", params=dict(params))  # type: ignore[arg-type]
        return {hit["id"] for hit in answer.json()["recordings"]}

    nord = ids(circle=["personvern-nord"])
    assert nord == {PERSONVERN.id}
    assert nord < ids(circle=["personvern-nord", "digital-post"])
    assert ids(circle=["personvern-nord", "digital-post"], language="da") == {TALKS[2].id, TALKS[3].id}
    assert ids(year="2026", network="danmark") == {TALKS[2].id}
    assert ids(after="2025-11-01", before="2025-11-30") == {FORENINGER.id}
    assert ids(year="") == ids()


def test_facets_count_recordings(served: Served) -> None:
    facets = served.web.get("/api/search", params={"network": "danmark"}).json()["facets"]
    assert facets["circle"] == {"digital-post": 2}
    assert facets["network"]["nord"] >= 2
    assert facets["year"] == {"2026": 1, "2025": 1}


def test_the_last_word_may_be_a_beginning_while_typing(served: Served) -> None:
    whole = served.web.get("/api/search", params={"q": "saksbehandlingssys"}).json()
    typing = served.web.get("/api/search", params={"q": "saksbehandlingssys", "typing": "1"}).json()
    assert typing["recordings"][0]["id"] == TALKS[1].id
    assert typing["total"] >= whole["total"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=1001",
        "year=26",
        "after=yesterday",
        "before=2026-13-01",
        f"q={'a' * 401}",
        "typing=perhaps",
        "sort=best",
    ],
)
@pytest.mark.parametrize("path", ["/api/search", "/"])
def test_bad_parameters_are_refused_in_one_sentence(served: Served, path: str, query: str) -> None:
    answer = served.web.get(f"{path}?{query}")
    assert answer.status_code == 422
    if path == "/":
        assert "The parameter “" in answer.text
        assert "<h1>" in answer.text
        return
    sentence = answer.json()["error"]
    assert sentence.startswith(f"The parameter “{query.partition('=')[0]}” ")
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "query", ["\0", '"', "((", "AND OR NOT", "*", "a:b^9~", "-", "\\", "😀", "\u202e", "' OR 1=1 --", "title:[a TO"]
)
def test_strange_queries_are_no_errors(served: Served, query: str) -> None:
    for path in ("/api/search", "/"):
        for typing in ("0", "1"):
            answer = served.web.get(path, params={"q": query, "typing": typing})
            assert answer.status_code in {200, 400}
            assert answer.status_code == 200 or '"error"' in answer.text or 'role="alert"' in answer.text


def test_a_recording_says_how_it_is(served: Served) -> None:
    answer = served.web.get(f"/api/recordings/{PERSONVERN.id}").json()
    assert (answer["title"], answer["state"], answer["searchable"]) == (PERSONVERN.title, "published", True)
    assert answer["problem"] is None
    assert answer["activity"] is None
    assert all(served.web.get(url).status_code == 200 for url in answer["urls"].values())


def test_a_recording_being_worked_on_says_how_far(served: Served) -> None:
    leases = Leases(served.archive.store, lease_seconds=60)
    owner = owner_name("run")
    assert leases.take(served.going.id, owner)
    leases.beat(served.going.id, owner, Step.TRANSCRIBE, 0.42, "8 × real time")
    try:
        answer = served.web.get(f"/api/recordings/{served.going.id}").json()
        page = served.web.get(f"/r/{served.going.id}")
    finally:
        leases.release(served.going.id, owner)
    assert (answer["state"], answer["searchable"]) == ("received", False)
    assert (answer["activity"]["step"], answer["activity"]["fraction"]) == ("transcribe", 0.42)
    assert owner not in json.dumps(answer)
    assert "being worked on" in page.text
    assert "42 %" in page.text
    assert "is waiting for its turn" in served.web.get(f"/r/{served.going.id}?part=state").text


def test_a_recording_that_stopped_says_why(served: Served) -> None:
    answer = served.web.get(f"/api/recordings/{served.broken.id}").json()
    assert answer["problem"]["message"].startswith("This file holds text")
    page = served.web.get(f"/r/{served.broken.id}")
    assert page.status_code == 200
    assert "This file holds text" in page.text


def test_unpublished_recordings_give_nothing_away(served: Served) -> None:
    for path in ("/media/{}/playback", "/media/{}/poster", "/r/{}/captions.vtt", "/api/recordings/{}/transcript"):
        assert served.web.get(path.format(served.broken.id)).status_code == 404


@pytest.mark.parametrize("bad", ["0123456789abcdef", "..%2f..%2fcircles", "nonsense", "0123456789ABCDEF", "%00"])
def test_what_is_not_there_is_404_in_words(served: Served, bad: str) -> None:
    for path in ("/r/{}", "/media/{}/playback", "/media/{}/poster", "/r/{}/captions.vtt", "/api/recordings/{}"):
        answer = served.web.get(path.format(bad))
        assert answer.status_code == 404, path
        assert "recording" in answer.text or "page" in answer.text
        assert answer.headers["content-type"].startswith("application/json" if path.startswith("/api") else "text/html")


def test_transcripts_and_captions(served: Served) -> None:
    transcript = served.web.get(f"/api/recordings/{PERSONVERN.id}/transcript").json()
    assert len(transcript["segments"]) == len(PERSONVERN.said)
    captions = served.web.get(f"/r/{PERSONVERN.id}/captions.vtt")
    assert captions.headers["content-type"] == "text/vtt; charset=utf-8"
    assert captions.text.startswith("WEBVTT")
    assert "Kari Nordli" in captions.text
    download = served.web.get(f"/r/{HOSTILE.id}/captions.vtt?download=1")
    name = download.headers["content-disposition"]
    assert name == 'attachment; filename="title-script-window-owned-1-script-quoted-single-abc.vtt"'
    assert "<script>" not in download.text


def test_circles(served: Served) -> None:
    circles = served.web.get("/api/circles").json()
    assert [circle["slug"] for circle in circles] == [
        "digital-post",
        "drift-nord",
        "kenniskring-west",
        "partners",
        "personvern-nord",
    ]


def test_without_an_index_the_pages_say_so(served: Served) -> None:
    served.index.mood = SearchDown("no index")
    try:
        page = served.web.get("/?q=x")
        part = served.web.get("/?q=x&part=results")
        reading = served.web.get(f"/r/{PERSONVERN.id}?q=personvern")
    finally:
        served.index.mood = None
    assert page.status_code == 503
    assert "search does not answer" in page.text
    assert part.headers["content-type"].startswith("text/plain")
    assert reading.status_code == 200
    assert "The search does not answer just now" in reading.text


def test_an_unexpected_error_is_a_page_without_secrets(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    served.index.mood = RuntimeError("secret at /srv/keys")
    try:
        page, api = served.web.get("/?q=x"), served.web.get("/api/search?q=x")
    finally:
        served.index.mood = None
    assert page.status_code == api.status_code == 500
    assert "has been logged" in page.text
    assert "secret" not in page.text + api.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "secret at /srv/keys" in caplog.text


def test_every_answer_is_guarded(served: Served) -> None:
    for path in (
        "/",
        "/api/search",
        "/nothing",
        f"/r/{PERSONVERN.id}",
        f"/media/{PERSONVERN.id}/playback",
        "/static/kring.css",
    ):
        headers = served.web.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8420", "127.0.0.1:1", "[::1]:8420", "kring.example.org"])
def test_known_hosts_are_answered(served: Served, host: str) -> None:
    assert served.web.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1", "kring.example.org.evil"]
)
def test_foreign_hosts_are_refused(served: Served, host: str) -> None:
    answer = served.web.get("/api/search", headers={"Host": host})
    assert answer.status_code in {400, 421}
    assert "recordings" not in answer.text


def test_openapi_describes_the_api_and_nothing_comes_from_elsewhere(served: Served) -> None:
    openapi = served.web.get("/api/openapi.json").json()
    described = openapi["paths"]
    models = openapi["components"]["schemas"]
    assert {"sort", "suggestion"} <= set(models["Found"]["properties"])
    assert set(models["FoundReason"]["properties"]) == {"asked", "found", "because"}
    assert models["Order"]["enum"] == ["relevance", "newest", "oldest"]
    assert "sort" in {parameter["name"] for parameter in described["/api/search"]["get"]["parameters"]}
    assert described["/api/search"]["get"]["responses"]["400"]["content"]["application/json"]["schema"]
    assert {
        "/api/search",
        "/api/recordings/{recording_id}",
        "/api/recordings/{recording_id}/transcript",
        "/api/recordings/{recording_id}/corrections",
        "/api/uploads/{upload_id}/parts/{number}",
        "/api/circles",
        "/healthz",
    } <= set(described)
    assert all(path.startswith("/api/") for path in set(described) - {"/healthz"})
    assert served.web.get("/docs").status_code == served.web.get("/redoc").status_code == 404
    for folder in ("templates", "static"):
        for file in (Path(rendering.HERE) / folder).glob("*.[hcj][ts]*"):
            if file.name != "upload.js":  # the uploader names its makers' pages in its messages
                assert "https://" not in file.read_text(encoding="utf-8").replace("https://…", ""), file


def test_hostile_text_is_text(served: Served) -> None:
    evil = "</title><script>window.owned=6</script>\"'"
    pages = [
        served.web.get("/", params={"q": evil}),
        served.web.get("/", params={"q": "zanzibar"}),
        served.web.get("/", params={"q": "quoted"}),
        served.web.get("/", params={"circle": evil, "language": evil}),
        served.web.get(f"/r/{HOSTILE.id}", params={"q": evil}),
        served.web.get(f"/r/{HOSTILE.id}", params={"t": evil[:20]}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<img src=x" not in page.text
        assert page.text.lower().count("</title>") == 1 + page.text.count("<a data-at=")  # marks on the line of time
        assert page.text.lower().count("<script") == 2
        assert page.text.count('<script type="module" src="/static/') == 1
        assert page.text.count('<script type="application/json" id="words">') == 1
        title = page.text.split("<title>")[1].split("</title>")[0]
        assert "\u202e" not in title


def test_pages_of_results(served: Served) -> None:
    first, second = served.web.get("/"), served.web.get("/?page=2")
    assert "Page 1 of 2" in first.text
    assert 'href="/?page=2"' in first.text
    assert "Page 2 of 2" in second.text
    assert "What may help" in served.web.get("/?page=9").text


def test_more_passages_than_are_shown(served: Served) -> None:
    text = served.web.get("/", params={"q": "migrering"}).text
    assert "more passages in this recording" in text
    inside = served.web.get(f"/r/{LONG.id}", params={"q": "databaser"}).text
    assert inside.count("<mark>databaser</mark>") == len(LONG.said)


def test_silence_is_said(served: Served) -> None:
    assert "No speech was found" in served.web.get(f"/r/{SILENT.id}").text


def test_the_window_title_and_languages(served: Served) -> None:
    page = served.web.get(f"/r/{TALKS[2].id}").text
    assert '<html lang="en">' in page
    assert 'class="turn" lang="da"' in page
    assert "<title>Digital Post til ældre borgere, der er fritaget – Kring</title>" in page
    assert "21 January 2026" in page
    assert 'srclang="da"' in page


@pytest.mark.parametrize("t", ["14", "0:14", "00:00:14", "14s", "0m14s"])
def test_an_address_with_a_time_opens_there(served: Served, t: str) -> None:
    page = served.web.get(f"/r/{PERSONVERN.id}", params={"t": t}).text
    assert 'data-start="14.0"' in page
    assert f'src="/media/{PERSONVERN.id}/playback#t=14"' in page
