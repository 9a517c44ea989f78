"""Correcting over HTTP: what people write is shown and found at once, and nobody overwrites anybody unasked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from kring.corrections.changes import ChapterChange, Correction
from kring.model import Segment, Word, now
from storage.archive.archive import Archive
from storage.memory.store import MemoryStore
from storage.port import ObjectStore
from tests.support.patience import PATIENCE
from tests.support.web import facilitator, sample_archive
from tests.support.web.corrections_site import LINES, LONG, TALK, Desk, desk


@pytest.fixture
def at(store: ObjectStore, tmp_path: Path) -> Iterator[Desk]:
    """Over both stores; with the embedded index where the store is a real one."""
    index = MemoryIndex() if isinstance(store, MemoryStore) else EmbeddedIndex(tmp_path / "index")
    index.rebuild([])
    with desk(store, index, tmp_path) as made:
        yield made


def test_a_line_is_shown_and_found_at_once(at: Desk) -> None:
    etag = at.anna.get(f"/r/{at.id}/captions.vtt").headers["etag"]
    assert at.found("zanzibar") == []
    answer = at.line(0, "Velkommen til  zanzibar\u202e.")
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["number"], done["stored"], done["searchable"], done["removed"]) == (1, True, True, [])
    assert [(one["start"], one["text"], one["speaker"], one["corrected"]) for one in done["changed"]] == [
        (LINES[0].start, "Velkommen til zanzibar.", "Kari Nordli", True)
    ]
    assert at.found("zanzibar") == [at.id]
    assert "Velkommen til zanzibar." in at.captions
    assert LINES[0].text not in at.captions
    assert at.anna.get(f"/r/{at.id}/captions.vtt", headers={"If-None-Match": etag}).status_code == 200
    assert "zanzibar" in at.anna.get(f"/r/{at.id}").text
    assert at.anna.get(f"/api/recordings/{at.id}/transcript").json()["segments"][0]["text"] == "Velkommen til zanzibar."
    manifest = at.archive.manifest(at.id)
    assert manifest.corrected == 1
    assert at.index.versions()[at.id] == manifest.version
    assert manifest.transcript is not None
    assert at.archive.transcript(manifest.transcript.key).segments == LINES


def test_undo_and_redo(at: Desk) -> None:
    at.line(1, "I dag ser vi på zanzibar.")
    at.line(2, "")
    assert at.texts()[1:3] == ["I dag ser vi på zanzibar.", LINES[3].text]
    back = at.post({"kind": "undo", "number": 1}, by=at.bo).json()
    assert [one["text"] for one in back["changed"]] == [LINES[1].text]
    assert at.found("zanzibar") == []
    again = at.post({"kind": "undo", "number": 3})
    assert again.status_code == 201
    assert at.found("zanzibar") == [at.id]
    assert at.post({"kind": "undo", "number": 2}).json()["changed"][0]["text"] == LINES[2].text
    twice = at.post({"kind": "undo", "number": 2}, by=at.bo)
    assert twice.status_code == 409
    assert twice.json()["error"] == "Anna took this back already, just now."
    assert at.post({"kind": "undo", "number": 99}).status_code == 404
    history = at.seen(at.bo)["history"]
    assert [(one["number"], one["by"], one["undone"], one["mine"]) for one in history] == [
        (5, "Anna", False, False), (4, "Anna", False, False), (3, "Bo", True, True),
        (2, "Anna", True, False), (1, "Anna", False, False),
    ]  # fmt: skip
    assert [one["summary"] for one in history] == [
        f"took back: removed “{LINES[2].text}”",
        f"put back: changed “{LINES[1].text}” to “I dag ser vi på zanzibar.”",
        f"took back: changed “{LINES[1].text}” to “I dag ser vi på zanzibar.”",
        f"removed “{LINES[2].text}”",
        f"changed “{LINES[1].text}” to “I dag ser vi på zanzibar.”",
    ]


def test_two_people_and_one_line(at: Desk) -> None:
    assert at.line(0, "Annas linje.").status_code == 201
    refused = at.line(0, "Bos linje.", by=at.bo)
    assert refused.status_code == 409
    said = refused.json()
    assert said["error"] == "Anna changed this line just now. Yours is kept below; choose which one stays."
    assert (said["now"]["text"], said["now"]["by"]) == ("Annas linje.", "Anna")
    assert at.line(0, "Annas linje.", by=at.bo).status_code == 200
    assert at.line(0, "Annas linje.", by=at.bo).json()["stored"] is False
    assert at.line(0, "Bos linje.", before="Annas  linje.", by=at.bo).status_code == 201
    assert at.line(0, "Annas igjen.", before="Annas linje.").json()["now"]["by"] == "Bo"
    at.post({"kind": "undo", "number": 2})
    taken_back = at.line(0, "Bo på ny.", before="Bos linje.", by=at.bo).json()
    assert taken_back["now"]["text"] == "Annas linje."
    assert taken_back["error"].startswith("Anna changed this line just now.")
    assert at.seen()["number"] == 3


@pytest.mark.parametrize("same", [True, False])
def test_at_the_same_moment(at: Desk, same: bool) -> None:
    start = threading.Barrier(2)

    def write(who: httpx.Client, number: int, text: str) -> int:
        start.wait(PATIENCE)
        return at.line(number, text, by=who).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(write, at.anna, 0, "Fra Anna."), pool.submit(write, at.bo, 0 if same else 1, "Fra Bo.")]
        statuses = sorted(answer.result() for answer in answers)
    assert statuses == ([201, 409] if same else [201, 201])
    written = [text for text in at.texts() if text.startswith("Fra ")]
    assert len(written) == (1 if same else 2)
    assert at.archive.manifest(at.id).corrected == len(written)


def test_fifty_at_once(at: Desk) -> None:
    """All are kept, each under a number of its own, and what is found in the end is the newest."""
    at.id = LONG.id
    lines = sample_archive.transcript_of(LONG).segments
    start = threading.Barrier(10)
    numbers: list[int] = []

    def write(part: int) -> None:
        with facilitator.client(at.origin) as web:
            start.wait(PATIENCE)
            for n in range(part, 50, 10):
                line = lines[n % len(lines)]
                before = line.text if n < len(lines) else f"Linje nummer {n - len(lines)} fra zanzibar"
                change = {"kind": "line", "start": line.start, "end": line.end, "before": before}
                while True:
                    answer = at.post(change | {"text": f"Linje nummer {n} fra zanzibar"}, by=web)
                    if answer.status_code != 409:
                        break
                assert answer.status_code == 201, answer.text
                numbers.append(answer.json()["number"])

    with ThreadPoolExecutor(10) as pool:
        for one in [pool.submit(write, part) for part in range(10)]:
            one.result()
    assert sorted(numbers) == list(range(1, 51))
    assert [one.number for one in at.archive.corrections(LONG.id)] == list(range(1, 51))
    wanted = [f"Linje nummer {n if n >= 10 else n + 40} fra zanzibar" for n in range(40)]
    assert at.texts() == wanted
    manifest = at.archive.manifest(LONG.id)
    assert manifest.corrected == 50
    assert at.index.versions()[LONG.id] == manifest.version
    assert at.found('"nummer 49 fra zanzibar"') == [LONG.id]
    assert at.found('"nummer 9 fra zanzibar"') == []


def test_many_processes_at_once(store: ObjectStore) -> None:
    """Without the turns that one process takes: the object store alone keeps the numbers apart."""
    first = Archive(store)
    first.put_circle(sample_archive.CIRCLES[0])
    manifest = sample_archive.publish(first, MemoryIndex(), TALK)

    def write(n: int) -> int:
        def make(_: tuple[Correction, ...]) -> Correction:
            change = ChapterChange(start=float(n), title=f"Kapittel {n}")
            return Correction(recording_id=manifest.id, number=1, by="p", at=now(), change=change)

        return Archive(store).correct(manifest.id, make).number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(24))) == list(range(1, 25))
    assert Archive(store).manifest(manifest.id).corrected == 24


def heard_anew(desk: Desk, *segments: Segment) -> None:
    manifest = desk.archive.manifest(desk.id)
    transcript = sample_archive.transcript_of(TALK).model_copy(
        update={"fingerprint": "another-engine", "engine": "faster-whisper", "segments": segments}
    )
    key = desk.archive.put_transcript(manifest.original.sha256, transcript)
    assert manifest.transcript is not None
    ref = manifest.transcript.model_copy(update={"key": key, "fingerprint": transcript.fingerprint})
    desk.archive.update(desk.id, lambda old: old.model_copy(update={"transcript": ref, "former": old.transcript}))


def test_another_transcript_keeps_what_people_wrote(at: Desk) -> None:
    at.line(1, "Dette skrev Anna.")
    words, cursor = [], 0.0
    while cursor < 30:
        words.append(Word(cursor, cursor + 0.5, f" w{len(words)}"))
        cursor += 0.5
    heard_anew(
        at,
        Segment(start=0, end=12, text="".join(w.text for w in words[:24]).strip(), words=tuple(words[:24])),
        Segment(start=12, end=30, text="".join(w.text for w in words[24:]).strip(), words=tuple(words[24:])),
    )
    lines = at.seen()["lines"]
    mine = [line for line in lines if line["text"] == "Dette skrev Anna."]
    assert [(line["start"], line["end"], line["corrected"]) for line in mine] == [(LINES[1].start, LINES[1].end, True)]
    others = " ".join(line["text"] for line in lines if not line["corrected"]).split()
    inside = {w.text.strip() for w in words if LINES[1].start <= (w.start + w.end) / 2 < LINES[1].end}
    assert others == [w.text.strip() for w in words if w.text.strip() not in inside]
    assert all(one["end"] <= after["start"] for one, after in pairwise(lines))
    stale = at.line(3, "Skrevet av en gammel side.")
    assert stale.status_code == 409
    assert stale.json()["error"].startswith("The recording has been transcribed again meanwhile.")
    assert stale.json()["now"]["by"] is None
    assert at.line(1, "Og rettet.", before="Dette skrev Anna.").status_code == 201


def test_details_are_everywhere_at_once(at: Desk) -> None:
    details = at.seen()["details"]
    after = details | {"title": "Kaffekanne og te", "circle": "partners"}
    assert at.anna.get("/c/personvern-nord").text.count(f"/r/{at.id}") > 0
    assert at.post({"kind": "details", "before": details, "after": after}).json()["searchable"] is True
    assert at.found("kaffekanne") == [at.id]
    assert "Kaffekanne og te" in at.anna.get("/feed.xml").text
    assert "Kaffekanne og te" in at.anna.get("/c/partners/feed.xml").text
    assert at.id not in at.anna.get("/c/personvern-nord/feed.xml").text
    assert f"/r/{at.id}" in at.anna.get("/c/partners").text
    assert f"/r/{at.id}" not in at.anna.get("/c/personvern-nord").text
    assert "Kaffekanne og te" in at.anna.get(f"/r/{at.id}").text
    named = at.anna.get(f"/r/{at.id}/captions.vtt", params={"download": "true"}).headers["content-disposition"]
    assert "kaffekanne" in named.lower()
