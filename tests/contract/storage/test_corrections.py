"""Corrections in the object store: numbered without gaps, remembered, mended after a crash, and looked after."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.steps.steps import Job, index as index_step
from index.memory import MemoryIndex
from index.passages.build import passages_of
from index.port import Query
from kring.corrections.changes import ChapterChange, Correction, DetailsChange, LineChange, NameChange, Undo
from kring.errors import Conflict, NotFound, StorageDown
from kring.model import now
from kring.settings import Settings
from services.ports import Ports
from services.reconcile.plan import Action, Restart, Settle
from services.reconcile.reconcile import reconcile
from services.runs.port import Run, StateType
from storage.archive import corrected_cache as corrected, corrections
from storage.archive.archive import Archive
from storage.archive.corrections import Corrections
from storage.documents import write_document
from storage.keys import correction_key, correction_named, manifest_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.port import Fetched, ObjectStore
from storage.verify.verify import verify
from tests.support.web import sample_archive

TALK = sample_archive.TALKS[3]
LINE = sample_archive.transcript_of(TALK).segments[0]
ZANZIBAR = LineChange(start=LINE.start, end=LINE.end, before=LINE.text, text="Ganske kort om zanzibar.")


@pytest.fixture
def house(store: ObjectStore, tmp_path: Path) -> Ports:
    """One published recording."""
    archive = Archive(store)
    for circle in sample_archive.CIRCLES:
        archive.put_circle(circle)
    ports = Ports(Settings(data_dir=tmp_path), archive, Leases(store, lease_seconds=60))
    vars(ports)["index"] = MemoryIndex()
    sample_archive.publish(archive, ports.index, TALK)
    return ports


def making(change: Any, seen: list[int] | None = None) -> Callable[[tuple[Correction, ...]], Correction]:
    def make(there: tuple[Correction, ...]) -> Correction:
        if seen is not None:
            seen.append(len(there))
        return Correction(recording_id=TALK.id, number=1, by="p", at=now() - timedelta(days=1), change=change)

    return make


def first_of(number: int) -> Correction:
    return making(chapter(number))(()).model_copy(update={"number": number})


def chapter(n: int) -> ChapterChange:
    return ChapterChange(start=10.0 * n, title=f"Kapittel {n}")


def crashed(archive: Archive, change: Any) -> None:
    """A correction is stored and its manifest does not say so."""
    Corrections(archive.store).append(TALK.id, making(change))


def test_numbers_count_and_the_manifest_says_so(house: Ports) -> None:
    archive = house.archive
    assert archive.corrections(TALK.id) == ()
    made = [archive.correct(TALK.id, making(chapter(n))) for n in range(3)]
    assert [one.number for one in made] == [1, 2, 3]
    assert archive.corrections(TALK.id) == tuple(made)
    assert Archive(archive.store).corrections(TALK.id) == tuple(made)
    assert archive.manifest(TALK.id).corrected == 3
    assert archive.last_corrections() == {TALK.id: 3}
    assert [info.key for info in archive.store.list("corrections/")] == [
        f"corrections/{TALK.id}/00000{n}.json" for n in (1, 2, 3)
    ]
    with pytest.raises(NotFound):
        archive.correct("f" * 16, making(chapter(1)))
    with pytest.raises(NotFound):
        archive.correct("../x", making(chapter(1)))


def test_whoever_is_second_makes_it_of_the_newer_ones(house: Ports) -> None:
    archive, seen = house.archive, []
    archive.correct(TALK.id, making(chapter(1)))

    def make(there: tuple[Correction, ...]) -> Correction:
        seen.append(len(there))
        if len(seen) == 1:
            crashed(archive, chapter(2))
        return making(chapter(3))(there)

    assert archive.correct(TALK.id, make).number == 3
    assert seen == [1, 2]
    with pytest.raises(KeyError):  # what it raises comes through, and nothing is stored
        archive.correct(TALK.id, lambda there: {}["no"])
    assert archive.last_corrections() == {TALK.id: 3}


def test_where_others_never_stop_it_says_so(house: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "ATTEMPTS", 3)

    def make(there: tuple[Correction, ...]) -> Correction:
        key = correction_key(TALK.id, len(there) + 1)
        house.archive.store.put_bytes(key, write_document(first_of(len(there) + 1)), media_type="application/json")
        return making(chapter(2))(there)

    with pytest.raises(Conflict, match="Others are correcting"):
        house.archive.correct(TALK.id, make)


def test_details_follow_and_come_back(house: Ports) -> None:
    archive = house.archive
    before = archive.manifest(TALK.id).details
    after = before.model_copy(update={"title": "Ny tittel", "topics": ("arkiv",)})
    archive.correct(TALK.id, making(DetailsChange(before=before, after=after)))
    assert archive.manifest(TALK.id).details == after
    archive.correct(TALK.id, making(Undo(number=1)))
    assert archive.manifest(TALK.id).details == before
    archive.correct(TALK.id, making(Undo(number=2)))
    assert archive.manifest(TALK.id).details == after


def with_runs(house: Ports, runs: Any) -> Ports:
    vars(house)["runs"] = runs
    return house


def test_the_next_correction_mends_what_a_crash_left(house: Ports) -> None:
    archive = house.archive
    before = archive.manifest(TALK.id)
    after = before.details.model_copy(update={"title": "Ny tittel"})
    crashed(archive, DetailsChange(before=before.details, after=after))
    assert archive.manifest(TALK.id) == before
    assert archive.transcript_of(before) == sample_archive.transcript_of(TALK)
    archive.correct(TALK.id, making(chapter(1)))
    mended = archive.manifest(TALK.id)
    assert (mended.corrected, mended.details.title, mended.version) == (2, "Ny tittel", before.version + 1)


def test_who_comes_late_does_not_write_older_details(house: Ports) -> None:
    """Two correct at once; the one with the lower number is the last to write the manifest."""
    archive = house.archive
    before = archive.manifest(TALK.id).details
    first, second = (before.model_copy(update={"title": f"Tittel {n}"}) for n in (1, 2))
    there = Corrections(archive.store).append(TALK.id, making(DetailsChange(before=before, after=first)))
    archive.correct(TALK.id, making(DetailsChange(before=first, after=second)))
    assert archive._settle(TALK.id, there) == archive.manifest(TALK.id)
    assert archive.manifest(TALK.id).details.title == "Tittel 2"


def test_reconcile_mends_what_a_crash_left(house: Ports) -> None:
    crashed(house.archive, ZANZIBAR)
    orchestrator = Idle()
    actions = reconcile(with_runs(house, orchestrator))
    assert Settle(TALK.id) in actions
    assert house.archive.manifest(TALK.id).corrected == 1
    assert orchestrator.started == [TALK.id]
    index_step(Job(house, TALK.id, lambda fraction, note: None))
    assert house.index.search(Query("zanzibar")).total == 1
    assert [one for one in reconcile(with_runs(house, Idle())) if isinstance(one, Settle | Restart)] == []  # type: ignore[arg-type]


def test_one_damaged_recording_does_not_hold_up_the_others(house: Ports, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody cancelled the run of a recording whose manifest is damaged."""
    crashed(house.archive, ZANZIBAR)
    damaged = sample_archive.TALKS[0].id
    house.archive.store.put_bytes(manifest_key(damaged), b"{}", media_type="application/json")

    class Cancelled(Idle):
        def runs(self, *, finished_well: bool) -> list[Any]:
            moment = now() - timedelta(hours=1)
            return [Run(damaged, damaged, StateType.CANCELLED, "Cancelled", "", moment, moment, {}, (), moment)]

    orchestrator = Cancelled()
    problems: list[str] = []
    with caplog.at_level(logging.WARNING):
        done = reconcile(with_runs(house, orchestrator), problems=problems)
    assert [type(action) for action in done] == [Settle, Restart]
    assert orchestrator.started == [TALK.id]
    assert len(problems) == 1
    assert damaged in problems[0]
    assert problems[0].startswith("stays cancelled")
    assert damaged in caplog.text
    # A store that is down is another matter: nothing else would be done either.
    house.archive.store.delete(manifest_key(damaged))
    crashed(house.archive, chapter(1))
    vars(house.archive)["settle_corrections"] = _down
    with pytest.raises(StorageDown):
        reconcile(with_runs(house, Idle()))


def _down(_: str) -> None:
    raise StorageDown("The store is down.")


class Idle:
    """Prefect, with nothing to do."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def runs(self, *, finished_well: bool) -> list[Action]:
        return []

    def newest(self, recording_id: str) -> None:
        return None

    def start(self, recording_id: str, **_: Any) -> None:
        self.started.append(recording_id)


def test_a_run_that_is_overtaken_indexes_again(house: Ports) -> None:
    """Somebody corrects the recording between its passages being made and being written."""

    class Overtaken(MemoryIndex):
        done = 0

        def replace(self, recording_id: str, passages: Any) -> None:
            self.done += 1
            if self.done == 1:
                house.archive.correct(TALK.id, making(ZANZIBAR))
                manifest = house.archive.manifest(TALK.id)
                circle = house.archive.circle(TALK.circle)
                super().replace(TALK.id, passages_of(manifest, circle, house.archive.transcript_of(manifest)))
            super().replace(recording_id, passages)

    vars(house)["index"] = Overtaken()
    index_step(Job(house, TALK.id, lambda fraction, note: None))
    assert house.index.search(Query("zanzibar")).total == 1
    assert house.index.versions() == {TALK.id: house.archive.manifest(TALK.id).version}


def test_a_gap_is_missing_and_the_others_count(house: Ports, caplog: pytest.LogCaptureFixture) -> None:
    archive = house.archive
    for change in (ZANZIBAR, chapter(1), chapter(2), chapter(3)):
        archive.correct(TALK.id, making(change))
    gone = [correction_key(TALK.id, number) for number in (2, 4)]
    for key in gone:
        archive.store.delete(key)
    fresh = Archive(archive.store)
    report = verify(fresh)
    assert {(one.recording_id, one.key) for one in report.missing} >= {(TALK.id, key) for key in gone}
    assert not {info.key for info in report.orphans or ()} & set(gone)
    manifest = fresh.manifest(TALK.id)
    with caplog.at_level(logging.WARNING):
        transcript = fresh.transcript_of(manifest)
    assert transcript is not None
    assert transcript.segments[0].text == ZANZIBAR.text
    assert all(key in caplog.text for key in gone)
    assert fresh.correct(TALK.id, making(chapter(5))).number == 5  # the number of one that has gone is not given again


@pytest.mark.parametrize("data", [b"{}", b"\xff", None])
def test_damage_is_said_and_found_by_verify(house: Ports, data: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    """None: a whole correction under another's number."""
    archive = house.archive
    archive.correct(TALK.id, making(chapter(1)))
    archive.correct(TALK.id, making(chapter(2)))
    first = archive.store.get_bytes(correction_key(TALK.id, 1)).data
    archive.store.put_bytes(correction_key(TALK.id, 2), first if data is None else data, media_type="application/json")
    fresh = Archive(archive.store)
    with caplog.at_level(logging.WARNING):
        assert [one.number for one in fresh.corrections(TALK.id)] == [1]
    assert "000002" in caplog.text
    assert [one.key for one in verify(fresh).damaged] == [correction_key(TALK.id, 2)]
    assert fresh.correct(TALK.id, making(chapter(3))).number == 3


def test_those_read_once_are_remembered_and_others_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Counting(MemoryStore):
        def get_bytes(self, key: str) -> Fetched:
            if correction_named(key):
                read.append(key)
            return super().get_bytes(key)

    store = Counting()
    first = Corrections(store)
    for n in range(40):
        first.append(TALK.id, making(chapter(n)))
    assert read == []
    second = Corrections(store)
    assert second.first(TALK.id, 40) == first.of(TALK.id) == second.of(TALK.id)
    assert sorted(read) == [correction_key(TALK.id, n) for n in range(1, 41)]
    monkeypatch.setattr(corrections, "REMEMBERED", 10)
    third = Corrections(store)
    assert third.of(TALK.id) == first.of(TALK.id)
    read.clear()
    with ThreadPoolExecutor(8) as pool:
        assert all(found == first.of(TALK.id) for found in pool.map(third.of, [TALK.id] * 16))
    assert read


@pytest.mark.parametrize(
    "key", ["corrections/x/000001.json", f"corrections/{TALK.id}/1.json", f"corrections/{TALK.id}/000001.txt", ""]
)
def test_what_is_no_correction(key: str) -> None:
    assert correction_named(key) is None
    assert correction_named(correction_key(TALK.id, 1_234_567)) == (TALK.id, 1_234_567)


def test_transcripts_remembered_are_those_that_would_be_made_anew(
    house: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corrections come one by one, are taken back and put back; another archive, which remembers nothing, agrees."""
    monkeypatch.setattr(corrected, "REMEMBERED", 1)
    archive = house.archive
    other = sample_archive.publish(archive, house.index, sample_archive.TALKS[4])
    changes = [
        ZANZIBAR,
        NameChange(find="zanzibar", replace="Zanzibar"),
        Undo(number=1),
        Undo(number=3),
        Undo(number=2),
    ]
    texts = []
    for change in changes:
        archive.correct(TALK.id, making(change))
        manifest = archive.manifest(TALK.id)
        made = archive.transcript_of(manifest)
        assert made is not None
        assert made == archive.transcript_of(manifest) == Archive(archive.store).transcript_of(manifest)
        assert archive.transcript_of(other) == sample_archive.transcript_of(sample_archive.TALKS[4])
        texts.append(made.segments[0].text)
    assert texts == [
        ZANZIBAR.text, "Ganske kort om Zanzibar.", LINE.text, "Ganske kort om Zanzibar.", ZANZIBAR.text,
    ]  # fmt: skip
    early = archive.corrections(TALK.id)[:1]
    assert manifest.transcript is not None
    assert archive.corrected(manifest.transcript.key, early).segments[0].text == ZANZIBAR.text
    assert archive.corrected(manifest.transcript.key, ()).segments[0].text == LINE.text
