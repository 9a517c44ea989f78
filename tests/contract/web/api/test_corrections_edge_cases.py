"""Correcting over HTTP: names, chapters and details, what goes wrong meanwhile, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from kring.corrections.changes import ChapterChange, Correction, Undo
from kring.errors import Conflict, StorageDown
from kring.model import Manifest, now
from kring.settings import Settings, WebSettings
from search_ui.app import create_app
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import facilitator, sample_archive
from tests.support.web.browser import serving
from tests.support.web.corrections_site import TALK, Desk, LockedIndex, change_of, desk, quick

__all__ = ["quick"]


def test_names_and_speakers(quick: Desk) -> None:
    done = quick.post({"kind": "name", "find": "personvernombud", "replace": "personvernrådgiver"})
    assert done.status_code == 201
    assert len(done.json()["changed"]) == 1
    speaker = quick.post({"kind": "speaker", "name": "Ola Berg", "to": "Ola Bergh"}).json()
    assert speaker["speakers"] == ["Kari Nordli", "Ola Bergh"]
    assert len(speaker["changed"]) == 4
    assert "<v Ola Bergh>" in quick.captions
    assert [one["summary"] for one in quick.seen()["history"]] == [
        "renamed the speaker “Ola Berg” to “Ola Bergh”",
        "“personvernombud” → “personvernrådgiver” everywhere (1 place)",
    ]
    for change, sentence in [
        ({"kind": "name", "find": "Kristiansand", "replace": "X"}, "“Kristiansand” does not occur"),
        ({"kind": "name", "find": "X", "replace": "X"}, "Both names are the same"),
        ({"kind": "speaker", "name": "Ola Berg", "to": "X"}, "No speaker in this transcript is called “Ola Berg”"),
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
    assert gone.startswith("removed “Dette er en lang linje")


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
        "removed the chapter at 00:00:30", "renamed the chapter “Spørsmål” to “Svar”",
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
        with serving(app) as origin, facilitator.client(origin, timeout=30) as web:
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
    settings = Settings(data_dir=tmp_path, web=WebSettings(facilitators="nobody"))
    app = create_app(settings, quick.archive, quick.index, quick.runs)
    with serving(app) as origin, httpx.Client(base_url=origin, timeout=PATIENCE) as web:
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
        {"kind": "line", "start": 1, "end": 2, "before": "", "text": "x" * 20_001},
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
    going, _ = sample_archive.add_unfinished(quick.archive)
    for recording_id in ("f" * 16, "../x", going.id):
        assert quick.anna.get(f"/api/recordings/{recording_id}/corrected").status_code == 404
        answer = quick.anna.post(f"/api/recordings/{recording_id}/corrections", json={"change": change_of(0, "x")})
        assert answer.status_code in {404, 405}


def test_a_narrower_audience_that_is_not_stored_leaves_it_found(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever went wrong: it was taken out of the index before, and is put back."""
    details = quick.archive.manifest(quick.id).details.model_dump(mode="json")
    change = {"kind": "details", "before": details, "after": details | {"visibility": "circle"}}
    words = "personvernombudet"
    assert quick.id in quick.found(words)
    for error in (StorageDown("away"), Conflict("Others are correcting this recording all the time.")):

        def stopped(recording_id: str, make: Any, error: Exception = error) -> None:
            make(quick.archive.corrections(recording_id))
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(quick.archive, "correct", stopped)
            assert quick.post(change).status_code in {409, 503}
        assert quick.id in quick.found(words)
