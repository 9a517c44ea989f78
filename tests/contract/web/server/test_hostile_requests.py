"""Requests made to stop the pages: whatever is asked, it costs no more than linear time, and others are answered."""

from __future__ import annotations

import json
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from index.memory import MemoryIndex
from kring.corrections.word_timing import retimed
from kring.model import Word
from kring.settings import Settings, WebSettings
from kring.text import MOST_MARKS, normalized
from search_ui.app import create_app
from search_ui.server.bounds import MOST_ADDRESS, MOST_FIELDS, MOST_HEADER, MOST_PARAMETERS, own_cookies
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from tests.support.http.raw_requests import exchanged, head
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import serving

CLOSE = "Connection: close"
ENOUGH = 10.0
"""Seconds of a processor, for what takes a moment in linear time, and minutes in quadratic time."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), web=WebSettings(facilitators="all"))
    with serving(create_app(settings, archive, index)) as origin:
        yield origin


@contextmanager
def answering(address: str) -> Iterator[None]:
    """While the block runs, `/healthz` is asked again and again, and always answered soon."""
    over, slowest = threading.Event(), [0.0]

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=PATIENCE) as web:
            while not over.is_set():
                since = time.process_time()
                assert web.get("/healthz").status_code in {200, 503}  # 503 is an answer too, on a busy machine
                slowest[0] = max(slowest[0], time.process_time() - since)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()
    assert slowest[0] < ENOUGH


def asks(line: str, *fields: str | bytes) -> bytes:
    return head(f"{line} HTTP/1.1", CLOSE, *fields)


def sends(body: bytes, *fields: str | bytes, to: str = "/api/me", media_type: str = "application/json") -> bytes:
    return asks(f"POST {to}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *fields) + body


PARAMETERS = "&".join(f"p{number}=1" for number in range(8000))
SAME = "&".join("circle=x" for _ in range(MOST_PARAMETERS + 1))
MARKS = "a" + "\u0301\u0323" * 60_000
LATE_MARKS = "a" + "\u0f73\uff9e" * 60_000
RECORDING = sample_archive.TALKS[0].id


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


REQUESTS: dict[str, tuple[bytes, set[int]]] = {
    "parameters": (asks(f"GET /?{PARAMETERS}"), {414, 431}),
    "parameters within 8 kB": (asks(f"GET /?{'&'.join('p' for _ in range(3900))}"), {414}),
    "the same parameter": (asks(f"GET /api/search?{SAME}"), {414}),
    "one parameter": (asks(f"GET /?q={'x' * MOST_ADDRESS}"), {414}),
    "separators": (asks(f"GET /?{'&' * 7000}"), {414}),
    "path": (asks(f"GET /r/{'x' * (MOST_ADDRESS + 1)}"), {414}),
    "path of slashes": (asks(f"GET {'/' * 7900}"), {404}),
    "dots in static": (asks(f"GET /static/{'../' * 2000}x"), {404}),
    "escapes": (asks(f"GET /media/{'%2F%00' * 1000}/playback.{'.x' * 500}"), {404}),
    "fields": (asks("GET /", *[f"X{number}: 1" for number in range(MOST_FIELDS)]), {431}),
    "many fields": (asks("GET /", *["a:b"] * 60_000), {431}),
    "one field": (asks("GET /", f"X: {'x' * MOST_HEADER}"), {431}),
    "one huge field": (asks("GET /", f"X: {'x' * 1_000_000}"), {431}),
    "spaces before nothing": (asks("GET /", b"X: " + b" " * 30_000 + b"\x00"), {400}),
    "many spaces before nothing": (asks("GET /", b"X: " + b" " * 250_000 + b"\x00"), {400, 431}),
    "folded": (asks("GET /", "X: a", *[" b"] * 5000), {400}),
    "blank lines before": (b"\r\n" * 100_000 + asks("GET /healthz"), {431}),
    "cookie in quotes": (asks("GET /upload", b'Cookie: kring_person="' + b"\\" * 31_000 + b'"'), {200}),
    "another's cookie in quotes": (asks("GET /", b'Cookie: other="' + b"\\1" * 15_000 + b'"'), {200}),
    "cookies": (asks("GET /", "Cookie: " + ";".join(f"k{number}=1" for number in range(4000))), {200}),
    "languages": (asks("GET /", "Accept-Language: " + "nb;q=0." + "1" * 30_000), {200}),
    "more languages": (asks("GET /", "Accept-Language: " + "," * 31_000), {200}),
    "ranges of a file": (asks("GET /static/kring.css", "Range: bytes=" + "0-1," * 7000 + "0-1"), {200, 206, 400, 416}),
    "ranges of a film": (asks(f"GET /media/{RECORDING}/playback", "Range: bytes=" + "0-1," * 7000), {200}),
    "a number in a range": (asks(f"GET /media/{RECORDING}/playback", "Range: bytes=" + "1" * 30_000 + "-"), {200}),
    "etags": (asks(f"GET /media/{RECORDING}/playback", "If-None-Match: " + '"x",' * 7000), {200}),
    "etags of a file": (asks("GET /static/kring.css", "If-None-Match: " + "W/," * 9000), {200}),
    "a day": (asks("GET /static/kring.css", "If-Modified-Since: " + "Mon, 1 " * 4000), {200}),
    "encodings": (asks("GET /", "Accept-Encoding: " + "gzip;q=1," * 3000), {200}),
    "referrer": (asks("GET /language/nb", "Referer: http://localhost/" + "[" * 20_000), {303}),
    "back": (asks("GET /language/nb?back=/" + "%5B" * 600), {303}),
    "origin": (sends(b"{}", "Origin: http://" + "[" * 20_000), {403}),
    "query of quotes": (asks("GET /api/search?q=" + "%22%C2%BB%E2%80%9E" * 130), {200, 400, 422}),
    "query of marks": (asks("GET /api/search?q=a" + "%CC%81%CC%A3" * 199), {200, 400}),
    "a number": (asks("GET /api/search?page=" + "1" * 7000), {422}),
    "a year": (asks("GET /api/search?year=" + "1" * 7000), {422}),
    "a moment": (asks(f"GET /r/{RECORDING}?t=1." + "1" * 7000), {200, 422}),
    "length": (asks("POST /api/me", "Content-Length: " + "9" * 5000), {400, 413}),
    "type": (sends(b"{}", media_type="application/" + "x;" * 10_000), {422}),
    "chunks": (asks("POST /api/me", "Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 200_000, {413}),
    "trailers": (asks("GET /", "Transfer-Encoding: chunked") + b"0\r\n" + b"a: b\r\n" * 200_000 + b"\r\n", {200, 431}),
    "nested": (sends(b"[" * 900_000), {400, 422}),
    "nested objects": (sends(b'{"name":' * 100_000), {400, 422}),
    "digits": (sends(b"1" * 900_000), {400, 422}),
    "digits behind the point": (sends(b"[0." + b"1" * 900_000 + b"e-900000]"), {400, 422}),
    "values that are wrong": (sends(b"[" + b"{}," * 300_000 + b"{}]"), {413}),
    "parts that are wrong": (
        sends(b'{"parts":[' + b"{}," * 29_000 + b"{}]}", to="/api/uploads/0123456789abcdef/complete"),
        {422},
    ),
    "names that are unknown": (sends(as_json({str(number): 1 for number in range(25_000)})), {200}),
    "a form": (sends(b"--x\r\n" * 150_000, media_type="multipart/form-data; boundary=x"), {422}),
    "marks on one letter": (sends(as_json({"name": MARKS})), {200}),
    "late marks on one letter": (sends(as_json({"name": LATE_MARKS})), {200}),
    "marks in the name of a file": (
        sends(as_json({"name": MARKS, "size": 1}), to="/api/uploads/check"),
        {400},
    ),
    "marks in a line": (
        sends(
            as_json(
                {"change": {"kind": "line", "start": 0, "end": 1, "before": "", "text": "a" + "\u0301\u0323" * 9999}}
            ),
            to=f"/api/recordings/{RECORDING}/corrections",
        ),
        {201, 409},
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_no_request_stops_the_pages(address: str, what: str) -> None:
    request, expected = REQUESTS[what]
    with answering(address):
        status, answer = exchanged(address, request)
    assert status in expected, answer[:1000]


def test_what_is_too_much_is_refused_in_the_reader_s_words(address: str) -> None:
    with httpx.Client(base_url=address, headers={"Accept-Language": "nb"}, timeout=PATIENCE) as web:
        page = web.get("/", params={f"p{number}": "1" for number in range(MOST_PARAMETERS + 1)})
        api = web.get("/api/search", params={"q": "x" * MOST_ADDRESS})
        assert web.get("/", params=[("p", "1")] * MOST_PARAMETERS).status_code == 200
        large = web.get("/api/search", headers={"X": "x" * MOST_HEADER})
    assert (page.status_code, api.status_code, large.status_code) == (414, 414, 431)
    assert page.text.startswith("Denne adressen er lengre")
    assert api.json()["error"] == page.text.strip()
    assert "100 felt" in large.json()["error"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_of_others_at_the_same_host_hurt_nobody(address: str) -> None:
    many = "; ".join(f'other{number}="{"x" * 90}"' for number in range(200))
    with httpx.Client(base_url=address, timeout=PATIENCE) as web:
        answer = web.get("/api/me", headers={"Cookie": f"{many}; kring_person={'ab' * 16}; kring_name=Kari"})
    assert answer.json()["name"] == "Kari"


def test_of_cookies_only_kring_s_own_come_in_and_none_in_quotes() -> None:
    fields = [
        (b"cookie", b'kring_name=Kari; other=1; kring_person="\\"'),
        (b"host", b"x"),
        (b"cookie", b" kring_x=1;;"),
    ]
    assert own_cookies(fields) == [(b"host", b"x"), (b"cookie", b"kring_name=Kari; kring_x=1")]
    assert own_cookies([(b"cookie", b"other=1")]) == []


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f73", "\uff9e\u0301"], ids=["plain", "composed", "compatible"])
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_marks_are_put_in_order_in_linear_time(form: str, marks: str) -> None:
    assert within(ENOUGH, lambda: normalized(form, "a" + marks * 100_000 + "b" + marks * 10))  # type: ignore[arg-type]


def test_few_marks_stay_as_they_are() -> None:
    text = ("Gruppe\u0301 møte\u0308 " * 40) + "e" + "\u0301" * (MOST_MARKS - 1)
    assert len(text) > 100
    for form in ("NFC", "NFD", "NFKC"):
        assert normalized(form, text) == unicodedata.normalize(form, text)


def test_a_line_of_one_word_again_and_again_is_timed_in_linear_time() -> None:
    old = tuple(Word(float(number), number + 1.0, " a") for number in range(10_000))
    new = " ".join(["b"] + ["a"] * 9_998)
    assert within(ENOUGH, lambda: retimed(new, old, 0.0, 10_000.0))


def within(seconds: float, make: Callable[[], object]) -> bool:
    since = time.thread_time()
    make()
    return time.thread_time() - since < seconds
