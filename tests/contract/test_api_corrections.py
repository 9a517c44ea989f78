"""Correcting over HTTP: what people write is shown and found at once, and nobody overwrites anybody unasked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.embedded import EmbeddedIndex
from index.memory import MemoryIndex
from index.port import SearchIndex
from kring.corrections import ChapterChange, Correction, Undo
from kring.errors import SearchDown, StorageDown
from kring.model import Manifest, Segment, Word, now
from kring.settings import Settings, Web
from search_ui.app import create_app
from search_ui.runs import MemoryRuns
from storage.archive import Archive
from storage.memory import MemoryStore
from storage.port import ObjectStore
from tests import web_archive
from tests.browser import serving
from tests.seaweed import seaweed

__all__ = ["seaweed"]

TALK, UNNAMED, LONG = web_archive.TALKS[0], web_archive.TALKS[1], web_archive.LONG
LINES = web_archive.transcript_of(TALK).segments


class LockedIndex(MemoryIndex):
    locked = False

    def replace(self, recording_id: str, passages: Any) -> None:
        if self.locked:
            raise SearchDown("The search index is being written to by somebody else; try again.")
        super().replace(recording_id, passages)


@dataclass
class Desk:
    """Two people and the archive behind the pages."""

    archive: Archive
    index: SearchIndex
    runs: MemoryRuns
    anna: httpx.Client
    bo: httpx.Client
    origin: str
    id: str = field(default=TALK.id)

    def post(self, change: dict[str, Any], *, by: httpx.Client | None = None) -> httpx.Response:
        return (by or self.anna).post(f"/api/recordings/{self.id}/corrections", json={"change": change})

    def line(self, number: int, text: str, *, before: str | None = None, by: httpx.Client | None = None) -> Any:
        return self.post(change_of(number, text, before), by=by)

    def seen(self, by: httpx.Client | None = None) -> Any:
        answer = (by or self.anna).get(f"/api/recordings/{self.id}/corrected")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def texts(self) -> list[str]:
        return [one["text"] for one in self.seen()["lines"]]

    def found(self, words: str) -> list[str]:
        answer = self.anna.get("/api/search", params={"q": words}).json()
        return [one["id"] for one in answer["recordings"]]

    @property
    def captions(self) -> str:
        return self.anna.get(f"/r/{self.id}/captions.vtt").text


def change_of(number: int, text: str, before: str | None = None) -> dict[str, Any]:
    line = LINES[number]
    said = line.text if before is None else before
    return {"kind": "line", "start": line.start, "end": line.end, "before": said, "text": text}


@contextmanager
def desk(store: ObjectStore, index: SearchIndex, folder: Path) -> Iterator[Desk]:
    archive, runs = Archive(store), MemoryRuns()
    for circle in web_archive.CIRCLES:
        archive.put_circle(circle)
    for talk in (TALK, UNNAMED, LONG):
        web_archive.publish(archive, index, talk)
    app = create_app(Settings(data_dir=folder), archive, index, runs)
    with (
        serving(app) as origin,
        httpx.Client(base_url=origin, timeout=30) as anna,
        httpx.Client(base_url=origin, timeout=30) as bo,
    ):
        anna.post("/api/me", json={"name": "Anna"})
        bo.post("/api/me", json={"name": "Bo"})
        yield Desk(archive, index, runs, anna, bo, origin)


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    s3 = request.getfixturevalue("seaweed").store()
    yield s3
    s3.close()


@pytest.fixture
def at(store: ObjectStore, tmp_path: Path) -> Iterator[Desk]:
    """Over both stores; with the embedded index where the store is a real one."""
    index = MemoryIndex() if isinstance(store, MemoryStore) else EmbeddedIndex(tmp_path / "index")
    with desk(store, index, tmp_path) as made:
        yield made


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Desk]:
    with desk(MemoryStore(), LockedIndex(), tmp_path) as made:
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
        f"took back: took away “{LINES[2].text}”",
        f"put back: changed “{LINES[1].text}” to “I dag ser vi på zanzibar.”",
        f"took back: changed “{LINES[1].text}” to “I dag ser vi på zanzibar.”",
        f"took away “{LINES[2].text}”",
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
        start.wait(10)
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
    lines = web_archive.transcript_of(LONG).segments
    start = threading.Barrier(10)
    numbers: list[int] = []

    def write(part: int) -> None:
        with httpx.Client(base_url=at.origin, timeout=60) as web:
            start.wait(20)
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
    first.put_circle(web_archive.CIRCLES[0])
    manifest = web_archive.publish(first, MemoryIndex(), TALK)

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
    transcript = web_archive.transcript_of(TALK).model_copy(
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
    assert stale.json()["error"].startswith("The recording was transcribed anew meanwhile.")
    assert stale.json()["now"]["by"] is None
    assert at.line(1, "Og rettet.", before="Dette skrev Anna.").status_code == 201


def test_names_and_speakers(quick: Desk) -> None:
    done = quick.post({"kind": "name", "find": "personvernombud", "replace": "personvernrådgiver"})
    assert done.status_code == 201
    assert len(done.json()["changed"]) == 1
    speaker = quick.post({"kind": "speaker", "name": "Ola Berg", "to": "Ola Bergh"}).json()
    assert speaker["speakers"] == ["Kari Nordli", "Ola Bergh"]
    assert len(speaker["changed"]) == 4
    assert "<v Ola Bergh>" in quick.captions
    assert [one["summary"] for one in quick.seen()["history"]] == [
        "called the speaker “Ola Berg” “Ola Bergh”",
        "“personvernombud” → “personvernrådgiver” everywhere (1 place)",
    ]
    for change, sentence in [
        ({"kind": "name", "find": "Kristiansand", "replace": "X"}, "“Kristiansand” stands nowhere"),
        ({"kind": "name", "find": "X", "replace": "X"}, "Both names are the same"),
        ({"kind": "speaker", "name": "Ola Berg", "to": "X"}, "Nobody called “Ola Berg” speaks"),
        ({"kind": "speaker", "name": "X", "to": "X"}, "Both names are the same"),
        ({"kind": "line", "start": 9, "end": 2, "before": "", "text": "X"}, "The line ends before it begins"),
        ({"kind": "line", "start": 9999, "end": 9999.5, "before": "", "text": "X"}, "The recording is over by then"),
    ]:
        answer = quick.post(change)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"].startswith(sentence)
    assert quick.seen()["number"] == 2


def test_a_name_changed_twice_is_changed_once(quick: Desk) -> None:
    """By two people, or by one whose answer was lost; also where the old name stands in the new one."""
    quick.line(0, "Bergen og Berqen.")
    for find, replace, text in (
        ("Bergen", "Bergen kommune", "Bergen kommune og Berqen."),
        ("Berqen", "Voss", "Bergen kommune og Voss."),
    ):
        assert quick.post({"kind": "name", "find": find, "replace": replace}).status_code == 201
        again = quick.post({"kind": "name", "find": find, "replace": replace}, by=quick.bo)
        assert (again.status_code, again.json()["stored"]) == (200, False)
        assert quick.texts()[0] == text
    assert quick.post({"kind": "speaker", "name": "Ola Berg", "to": "Ola Bergh"}).status_code == 201
    assert quick.post({"kind": "speaker", "name": "Ola Berg", "to": "Ola Bergh"}).status_code == 200
    assert quick.post({"kind": "name", "find": "Berqen", "replace": "Bergen"}).status_code == 400
    assert [one["summary"] for one in quick.seen()["history"]][1:3] == [
        "“Berqen” → “Voss” everywhere (1 place)", "“Bergen” → “Bergen kommune” everywhere (1 place)",
    ]  # fmt: skip


def test_a_change_far_into_a_line_can_be_seen_in_its_summary(quick: Desk) -> None:
    long = "Dette er en lang linje der alt er likt i begynnelsen, og som først lenge etter det sier noe om Bergen."
    quick.line(0, long)
    quick.line(0, long.replace("Bergen", "Voss"), before=long)
    quick.line(0, "", before=long.replace("Bergen", "Voss"))
    gone, changed, _first = (one["summary"] for one in quick.seen()["history"])
    assert changed == "changed “… sier noe om Bergen.” to “… sier noe om Voss.”"
    assert gone.startswith("took away “Dette er en lang linje")


def test_asked_again_nothing_is_sent_again(quick: Desk) -> None:
    address = f"/api/recordings/{quick.id}/corrected"
    etag = quick.anna.get(address).headers["etag"]
    assert quick.anna.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert quick.bo.get(address, headers={"If-None-Match": etag}).status_code == 200
    norwegian = quick.anna.get(address, headers={"If-None-Match": etag, "Accept-Language": "nb"})
    assert norwegian.status_code == 200
    quick.line(0, "Noe annet.")
    assert quick.anna.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_what_was_stored_and_did_not_follow_does_so_when_sent_again(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The correction was stored, and then the store was away: whoever sends it again hears that it is saved."""

    def away(recording_id: str, change: Any) -> Manifest:
        raise StorageDown("The object store does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(quick.archive, "update", away)
        assert quick.line(0, "Velkommen til zanzibar.").status_code == 503
    again = quick.line(0, "Velkommen til zanzibar.")
    assert (again.status_code, again.json()["number"], again.json()["searchable"]) == (200, 1, True)
    assert "zanzibar" in quick.captions
    assert quick.found("zanzibar") == [quick.id]


def test_changing_ones_mind_again_and_again(quick: Desk) -> None:
    quick.line(0, "Noe annet.")
    manifest = quick.archive.manifest(quick.id)
    for number in range(1, 1201):

        def taken_back(there: tuple[Correction, ...], number: int = number) -> Correction:
            return Correction(recording_id=manifest.id, number=1, by="p", at=now(), change=Undo(number=number))

        quick.archive._corrections.append(manifest.id, taken_back)
    quick.archive.settle_corrections(manifest.id)
    seen = quick.seen()
    assert [one["summary"].partition(":")[0] for one in seen["history"][:2]] == ["put back", "took back"]
    assert seen["lines"][0]["text"] == "Noe annet."


def test_no_chapter_begins_after_the_end(quick: Desk) -> None:
    late = quick.post({"kind": "chapter", "start": 6000, "title": "For sent"})
    assert late.status_code == 400
    assert late.json()["error"] == "The recording is over by then; choose an earlier time."
    quick.archive.correct(
        quick.id,
        lambda there: Correction(
            recording_id=quick.id, number=1, by="p", at=now(), change=ChapterChange(start=6000, title="Fra før")
        ),
    )
    gone = quick.post({"kind": "chapter", "start": 6000, "before": "Fra før", "title": None})
    assert gone.status_code == 201
    assert gone.json()["chapters"] == []


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


def test_chapters(quick: Desk) -> None:
    def put(start: float, title: str | None, before: str | None = None, by: httpx.Client | None = None) -> Any:
        return quick.post({"kind": "chapter", "start": start, "title": title, "before": before}, by=by)

    assert put(30, "Spørsmål").json()["chapters"] == [{"start": 30.0, "title": "Spørsmål"}]
    assert put(0, "Velkommen").status_code == 201
    assert put(30, "Spørsmål", by=quick.bo).status_code == 200
    assert put(30, "Svar", by=quick.bo).json()["now"] == {
        "title": "Spørsmål", "by": "Anna", "at": quick.seen()["history"][1]["at"],
    }  # fmt: skip
    assert put(30.3, "Svar", "Spørsmål", by=quick.bo).status_code == 201
    assert put(30.3, None, "Spørsmål").status_code == 409
    assert put(30.3, None, "Svar").status_code == 201
    assert quick.seen()["chapters"] == [{"start": 0.0, "title": "Velkommen"}]
    assert [one["summary"] for one in quick.seen()["history"]] == [
        "took away the chapter at 00:00:30", "called the chapter “Spørsmål” “Svar”",
        "chapter “Velkommen” at 00:00:00", "chapter “Spørsmål” at 00:00:30",
    ]  # fmt: skip


def test_details_of_two_people_are_brought_together(quick: Desk) -> None:
    before = quick.seen()["details"]

    def put(by: httpx.Client, **fields: Any) -> httpx.Response:
        return quick.post({"kind": "details", "before": before, "after": before | fields}, by=by)

    done = put(quick.anna, title="Personvern, på nytt", topics=["skole"], language="NN-no")
    assert done.status_code == 201, done.text
    assert done.json()["details"]["language"] == "nn"
    assert quick.found('"Personvern, på nytt"') == [quick.id]
    assert put(quick.bo, presenters=["Kari Nordli"], topics=["skole"]).status_code == 201
    details = quick.archive.manifest(quick.id).details
    assert (details.title, details.topics, details.presenters) == ("Personvern, på nytt", ("skole",), ("Kari Nordli",))
    refused = put(quick.bo, title="Noe annet", organisations=["Voss"])
    assert refused.status_code == 409
    assert refused.json()["now"]["details"] == {"title": "Personvern, på nytt"}
    assert refused.json()["error"] == "Anna changed the same details just now. Choose which ones stay."
    assert put(quick.bo, title="Personvern, på nytt").status_code == 200
    assert put(quick.bo, circle="no-such").status_code == 400
    assert put(quick.bo, language="klingon").status_code == 400
    assert put(quick.bo, english=True).status_code == 400
    assert put(quick.bo, title="").status_code == 422
    assert quick.post({"kind": "undo", "number": 1}).json()["details"]["title"] == before["title"]
    details = quick.archive.manifest(quick.id).details
    assert (details.title, details.topics, details.presenters) == (before["title"], (), ("Kari Nordli",))
    assert quick.seen()["history"][-1]["summary"] == "changed the details: title, language, topics"


def test_a_locked_index_does_not_fail_a_correction(quick: Desk) -> None:
    index = quick.index
    assert isinstance(index, LockedIndex)
    index.locked = True
    done = quick.line(0, "Velkommen til zanzibar.")
    assert (done.status_code, done.json()["searchable"]) == (201, False)
    assert "zanzibar" in quick.captions
    assert quick.found("zanzibar") == []
    (asked,) = quick.runs.asked.values()
    assert asked["recording_id"] == quick.id
    assert index.versions()[quick.id] < quick.archive.manifest(quick.id).version  # which reconcile sees
    quick.runs.down = True
    assert quick.line(1, "Og en til.").json()["searchable"] is False
    index.locked = False
    assert quick.line(2, "Og enda en.").json()["searchable"] is True
    assert quick.found("zanzibar") == [quick.id]


def test_an_index_for_reading_only_leaves_it_to_a_run(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index")
    with desk(MemoryStore(), index, tmp_path) as at:
        reading = EmbeddedIndex(tmp_path / "index", writer=False)
        app = create_app(Settings(data_dir=tmp_path), at.archive, reading, at.runs)
        with serving(app) as origin, httpx.Client(base_url=origin, timeout=30) as web:
            done = at.line(0, "Velkommen.", by=web).json()
    assert done["searchable"] is False
    assert [asked["recording_id"] for asked in at.runs.asked.values()] == [TALK.id]
    index.close()


def test_passages_that_another_process_made_older_are_replaced_again(tmp_path: Path) -> None:
    class Overtaken(MemoryIndex):
        """Somebody changes the recording, and writes its passages, while these are on their way."""

        before: Callable[[], None] | None = None

        def replace(self, recording_id: str, passages: Any) -> None:
            meanwhile, self.before = self.before, None
            if meanwhile is not None:
                meanwhile()
            super().replace(recording_id, passages)

    index = Overtaken()
    with desk(MemoryStore(), index, tmp_path) as at:

        def rename() -> None:
            def change(old: Manifest) -> Manifest:
                return old.model_copy(update={"details": old.details.model_copy(update={"title": "Zanzibar"})})

            at.archive.update(at.id, change)

        index.before = rename
        assert at.line(0, "Velkommen.").json()["searchable"] is True
        assert at.found("zanzibar") == [at.id]
        assert index.versions()[at.id] == at.archive.manifest(at.id).version


def test_only_facilitators_see_who_changed_what_and_change_anything(quick: Desk, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, web=Web(facilitators="nobody"))
    app = create_app(settings, quick.archive, quick.index, quick.runs)
    with serving(app) as origin, httpx.Client(base_url=origin) as web:
        assert quick.line(0, "Nei.", by=web).status_code == 403
        assert web.get(f"/api/recordings/{quick.id}/corrected").status_code == 403
    elsewhere = quick.anna.post(
        f"/api/recordings/{quick.id}/corrections",
        json={"change": change_of(0, "Nei.")},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert elsewhere.status_code == 403
    assert quick.archive.corrections(quick.id) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "line", "start": -1, "end": 2, "before": "", "text": "x"},
        {"kind": "line", "start": 1, "end": 2, "before": "", "text": "x" * 2001},
        {"kind": "name", "find": "", "replace": "x"},
        {"kind": "undo", "number": 0},
        {"kind": "other"},
        {"kind": "line", "start": 1, "end": 2, "before": "", "text": "x", "more": 1},
    ],
)
def test_what_makes_no_sense_is_refused(quick: Desk, change: dict[str, Any]) -> None:
    answer = quick.post(change)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_what_is_hostile_stays_text(quick: Desk) -> None:
    quick.anna.cookies.set("kring_name", "%00" * 5 + "A" * 9000)
    quick.line(0, "<script>window.owned=1</script> & \\1 {x} %s\x00")
    assert quick.texts()[0] == "<script>window.owned=1</script> & \\1 {x} %s"
    assert "<script>window.owned" not in quick.anna.get(f"/r/{quick.id}").text
    assert "<script>" not in quick.captions
    assert len(quick.seen()["history"][0]["by"]) <= 300
    clash = quick.line(0, "Bos {linje}.", by=quick.bo).json()
    assert clash["now"]["text"] == "<script>window.owned=1</script> & \\1 {x} %s"
    assert quick.post({"kind": "name", "find": "{x}", "replace": "{y} \\g<0>"}).status_code == 201
    assert "{y} \\g<0>" in quick.texts()[0]
    assert "{x}" in quick.seen()["history"][0]["summary"]


def test_unknown_and_unpublished_recordings(quick: Desk) -> None:
    going, _ = web_archive.add_unfinished(quick.archive)
    for recording_id in ("f" * 16, "../x", going.id):
        assert quick.anna.get(f"/api/recordings/{recording_id}/corrected").status_code == 404
        answer = quick.anna.post(f"/api/recordings/{recording_id}/corrections", json={"change": change_of(0, "x")})
        assert answer.status_code in {404, 405}
