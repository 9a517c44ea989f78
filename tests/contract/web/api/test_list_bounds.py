"""Lists that come in over HTTP have a bound, and the refusal is a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kring.model import MOST_LABELS
from search_ui.edit import conflicts as changes
from services.corrections import correcting
from storage.memory.store import MemoryStore
from tests.support.web.corrections_site import Desk, quick
from tests.support.web.upload_site import DETAILS, announced, uploading

__all__ = ["quick"]

LABELS = ["presenters", "organisations", "topics"]


@pytest.mark.parametrize("name", LABELS)
def test_details_of_an_upload(tmp_path: Path, name: str) -> None:
    with uploading(MemoryStore(), tmp_path) as site:
        many = [f"label {number}" for number in range(60_000)]
        for labels in (many[: MOST_LABELS + 1], many):
            said = announced(b"x") | {"details": DETAILS | {name: labels}}
            answer = site.web.post("/api/uploads", json=said)
            assert answer.status_code in {400, 413}
            assert answer.json()["error"]
        upload = site.begin(b"x", **{name: many[:MOST_LABELS]})["id"]  # type: ignore[arg-type]
        answer = site.web.patch(f"/api/uploads/{upload}", json={"details": DETAILS | {name: many[: MOST_LABELS + 1]}})
        assert answer.json()["error"].startswith(f"There are too many {name}")


@pytest.mark.parametrize("name", LABELS)
def test_details_that_are_corrected(quick: Desk, name: str) -> None:
    before: dict[str, Any] = quick.seen()["details"]
    many = [f"label {number}" for number in range(MOST_LABELS + 1)]
    answer = quick.post({"kind": "details", "before": before, "after": before | {name: many}})
    assert answer.status_code == 422
    assert "200" in answer.json()["error"]
    assert quick.post({"kind": "details", "before": before, "after": before | {name: many[1:]}}).status_code == 201


def test_chapters(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_CHAPTERS", 3)
    answers = [quick.post({"kind": "chapter", "start": 5 * at, "title": f"part {at}"}) for at in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 400]
    assert answers[3].json()["error"] == "A recording has at most 3 chapters; remove one first."
    assert quick.post({"kind": "chapter", "start": 5, "before": "part 1", "title": "renamed"}).status_code == 201
    assert quick.post({"kind": "chapter", "start": 5, "before": "renamed", "title": None}).status_code == 201
    assert quick.post({"kind": "chapter", "start": 20, "title": "part 4"}).status_code == 201


def test_corrections(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "MOST_CORRECTIONS", 2)
    answers = [quick.line(number, f"line {number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 400]
    assert answers[2].json()["error"] == "This recording was corrected 2 times; more is not kept."


def test_parts(tmp_path: Path) -> None:
    with uploading(MemoryStore(), tmp_path) as site:
        upload = site.begin(b"x")["id"]
        for parts in ([{"PartNumber": 1, "ETag": "x"}] * 10_001, [{"PartNumber": 1, "ETag": "x" * 1000}]):
            answer = site.web.post(f"/api/uploads/{upload}/complete", json={"parts": parts})
            assert answer.status_code == 422
            assert answer.json()["error"]


def test_lists_in_lists(tmp_path: Path) -> None:
    with uploading(MemoryStore(), tmp_path) as site:
        for deep in ("[" * 400_000, '{"a":' * 150_000, '{"name":"a.mp4","size":1,"details":' + "[" * 400_000):
            for path in ("/api/uploads", "/api/uploads/check"):
                answer = site.web.post(path, content=deep, headers={"Content-Type": "application/json"})
                assert answer.status_code in {400, 422}
                assert answer.json()["error"]
