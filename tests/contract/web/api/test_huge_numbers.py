"""Numbers of thousands of digits sent to the pages and the API: an answer in a sentence, never a 500."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from storage.memory.store import MemoryStore
from tests.support.web.corrections_site import Desk, quick
from tests.support.web.sample_archive import TALKS
from tests.support.web.served_site import Served, served
from tests.support.web.upload_site import announced, uploading

__all__ = ["quick", "served"]

MANY = "9" * 5000
TALK = TALKS[0]


@pytest.mark.parametrize(
    "path",
    [
        *(f"{page}?{name}={MANY}" for page in ("/", "/api/search") for name in ("page", "year", "after", "before")),
        *(f"/api/search?q={name}:{MANY[:390]}" for name in ("year", "after", "before")),
        f"/?typing={MANY}",
        f"/feed.xml?year={MANY}",
        f"/c/{TALK.circle}?page={MANY}",
        f"/r/{MANY}",
        f"/api/recordings/{MANY}",
        f"/r/{MANY}/chapters.vtt",
    ],
)
def test_addresses(served: Served, path: str) -> None:
    answer = served.web.get(path)
    assert answer.status_code in {400, 404, 414, 422}, answer.text
    assert MANY not in answer.text


@pytest.mark.parametrize("path", ["/r/{id}?t=", "/r/{id}/embed?t=", "/?t="])
def test_a_time_of_many_digits_is_none(served: Served, path: str) -> None:
    assert served.web.get(path.format(id=TALK.id) + MANY[:15]).status_code == 200
    assert served.web.get(path.format(id=TALK.id) + MANY).status_code in {200, 414, 422}


@pytest.mark.parametrize(
    "name", ["Range", "If-Range", "If-None-Match", "If-Modified-Since", "Accept-Language", "Cookie"]
)
@pytest.mark.parametrize("path", ["/media/{id}/playback", "/feed.xml", "/"])
def test_headers(served: Served, name: str, path: str) -> None:
    value = {"Range": f"bytes={MANY}-", "Accept-Language": f"nb;q={MANY}"}.get(name, MANY)
    assert served.web.get(path.format(id=TALK.id), headers={name: value}).status_code in {200, 404}


NUMBERS = ["9" * 5000, "9" * 400, "1e308", "1e400", "-1", "NaN", "1" + "0" * 4299]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "change",
    [
        '{"kind":"line","start":%s,"end":1,"before":"","text":"x"}',
        '{"kind":"line","start":0,"end":%s,"before":"","text":"x"}',
        '{"kind":"chapter","start":%s,"title":"x"}',
        '{"kind":"undo","number":%s}',
        '{"kind":"name","find":%s,"replace":"x"}',
    ],
)
def test_corrections(quick: Desk, change: str, number: str) -> None:
    answer = quick.anna.post(
        f"/api/recordings/{quick.id}/corrections",
        content='{"change":' + change % number + "}",
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 404, 409, 422}, answer.text
    assert answer.json()["error"]
    assert quick.seen()["number"] == 0


def test_a_chapter_far_beyond_any_recording_is_refused_without_a_transcript_too(quick: Desk) -> None:
    """Where there is no transcript, nobody knows how long the recording is."""
    quick.archive.update(quick.id, lambda old: old.model_copy(update={"transcript": None}))
    answer = quick.post({"kind": "chapter", "start": 1e306, "title": "x"})
    assert answer.status_code == 422
    assert quick.post({"kind": "chapter", "start": 36_000_000, "title": "x"}).status_code == 201
    assert quick.anna.get(f"/r/{quick.id}/chapters.vtt").status_code == 200


@pytest.mark.parametrize("number", NUMBERS)
def test_uploads(tmp_path: Path, number: str) -> None:
    with uploading(MemoryStore(), tmp_path) as site:
        said = announced(b"x")
        bodies = {
            "/api/uploads/check": f'{{"name":"a.mp4","size":{number}}}',
            "/api/uploads": f'{{"name":"a.mp4","size":1,"sha256":"{said["sha256"]}","details":'
            f'{{"title":"x","circle":"privacy","date":{number}}}}}',
            f"/api/uploads/{'0' * 16}/complete": f'{{"parts":[{{"PartNumber":{number},"ETag":"x"}}]}}',
        }
        for path, body in bodies.items():
            answer = site.web.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in {400, 404, 413, 422}, (path, answer.text)
            assert answer.json()["error"]
        upload = site.begin(b"x")["id"]
        for path in (f"/api/uploads/{upload}/parts/{number}", f"/api/uploads/{number}/parts/1"):
            assert site.web.post(path).status_code in {400, 404, 422}, path


@pytest.mark.parametrize("path", ["/api/uploads/{id}/parts/1", "/api/uploads/{id}/files?kind=attachment&name=a.pdf"])
def test_a_length_of_many_digits(tmp_path: Path, path: str) -> None:
    """A server in front may pass on what ours would not."""
    with uploading(MemoryStore(), tmp_path) as site:
        upload = site.begin(b"x")["id"]
        method = "PUT" if "parts" in path else "POST"
        headers = {"Content-Length": MANY}
        try:
            answer = site.web.request(method, path.format(id=upload), headers=headers, content=b"x")
        except httpx.HTTPError:
            return  # the web server broke it off
        assert answer.status_code in {400, 411, 413}, answer.text


@pytest.mark.parametrize("count", [MANY, "9" * 400])
def test_what_a_run_kept_is_shown_whatever_its_numbers(served: Served, count: str) -> None:
    """A problem is recognised by its template, in which values are numbers."""
    said = f"This PDF has {count} pages; the text of at most 3000 is read. Attach the part that matters."
    assert served.broken.problem is not None
    problem = served.broken.problem.model_copy(update={"message": said})
    served.archive.update(served.broken.id, lambda old: old.model_copy(update={"problem": problem}))
    answer = served.web.get(f"/r/{served.broken.id}", headers={"Accept-Language": "nb"})
    assert answer.status_code in {200, 404, 409}
