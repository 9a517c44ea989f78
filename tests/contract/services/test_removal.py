"""Withdrawing, erasing and keeping recordings, over an archive, an index and runs in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from index.port import Query
from kring.errors import Gone, NotFound, SearchDown
from kring.model import Attachment, Circle, Manifest, Original, SourceRef
from kring.model.erased import Place
from services.intake import store_recording
from services.ports import Ports
from services.reconcile.reconcile import reconcile
from services.removal import retention
from services.removal.erasure import ask_erasure, carry_out, erase_what_came_back
from services.removal.retention import NOTICE, RETENTION, months_after, retain
from services.removal.withdrawal import put_back, withdraw
from services.runs.memory import MemoryRuns
from services.runs.port import Forgotten
from services.search_index.reindex import Reindexing
from storage.archive.erasures import Erasures
from storage.audit import Audit, Doer
from storage.keys import correction_key, erasing_key, manifest_key, request_key, transcript_key
from storage.notices import Notices
from tests.support.archived_recording import ORIGINAL, ArchivedRecording

pytestmark = pytest.mark.quick

KARI = Doer("kari", "Kari")
PDF = Original(sha256="d" * 64, size=3, file_name="lysark.pdf")


class Archived(ArchivedRecording):
    """The recording, published, found, with a document and a run that ended."""

    def __init__(self, folder: Path, **details: Any) -> None:
        super().__init__(folder, **details)
        self.runs = MemoryRuns()
        self.archive.store.put_bytes(self.manifest.original.key, ORIGINAL, media_type="video/mp4")
        self.archive.store.put_bytes(PDF.key, b"pdf", media_type="application/pdf")
        self.archive.store.put_bytes(request_key(self.id), b"{}", media_type="application/json")
        self.change_manifest(attachments=(Attachment(original=PDF, title="Lysark", problem=None, text=None),))
        self.archive.settle_corrections(self.id)
        self.publish()
        self.runs.crash(self.runs.start(self.id, title="T", circle="privacy"), "It is gone.")
        self.reindexing = Reindexing(self.archive, self.index, self.runs)
        self.index.rebuild(())
        self.reindexing.refresh(self.manifest)
        logs = folder / "logs"
        logs.mkdir()
        (logs / "worker.log").write_text("one\nabout lysark.pdf here\nabout " + self.id + "\nlast\n")

    @property
    def ports(self) -> Ports:
        ports = self.job.ports
        vars(ports).update(runs=self.runs)
        return ports

    def found(self) -> int:
        return self.index.search(Query("Fjordane")).total

    def stored(self) -> set[str]:
        return {info.key for info in self.archive.store.list()}


@pytest.fixture
def archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archived:
    monkeypatch.setattr("services.removal.erasure.LATE_SECONDS", 0.0)
    made = Archived(tmp_path)
    assert made.found() == 1
    return made


def test_a_withdrawn_recording_is_found_no_more_until_it_is_put_back(archived: Archived) -> None:
    withdraw(archived.archive, archived.reindexing, archived.id, KARI, "not agreed")
    withdrawn = archived.manifest.withdrawn
    assert withdrawn is not None
    assert (withdrawn.by, withdrawn.by_name, withdrawn.reason) == ("kari", "Kari", "not agreed")
    assert archived.found() == 0
    withdraw(archived.archive, archived.reindexing, archived.id, KARI, "again")
    assert archived.manifest.withdrawn == withdrawn
    archived.reindexing.refresh(archived.manifest)
    reconcile(archived.ports)
    assert archived.found() == 0
    assert put_back(archived.archive, archived.reindexing, archived.id)
    assert archived.manifest.withdrawn is None
    assert archived.found() == 1


def test_what_the_index_did_not_hear_of_is_taken_out_later(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise SearchDown("It does not answer.")

    with monkeypatch.context() as away:
        away.setattr(archived.index, "remove", down)
        away.setattr(archived.index, "replace", down)
        withdraw(archived.archive, archived.reindexing, archived.id, KARI, "not agreed")
    assert archived.manifest.withdrawn is not None
    assert archived.found() == 1
    reconcile(archived.ports)
    assert archived.found() == 0


def test_everything_of_a_recording_goes_and_a_receipt_stays(archived: Archived) -> None:
    before = archived.stored()
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "no longer agreed")
    assert archived.found() == 0
    assert before < archived.stored()
    (receipt,), problems = carry_out(archived.ports)
    assert problems == []
    assert archived.stored() == {"circles/privacy.json", f"erased/{archived.id}.json"}
    assert (receipt.by, receipt.by_name, receipt.reason, receipt.circle) == (
        "kari",
        "Kari",
        "no longer agreed",
        "privacy",
    )
    removed = {place.place: place.removed for place in receipt.places}
    assert removed.keys() == set(Place)
    assert removed[Place.ORIGINALS] == 2
    assert removed[Place.TRANSCRIPTS] == 1
    assert removed[Place.CORRECTIONS] == 1
    assert removed[Place.RUNS] == 1
    assert removed[Place.LOGS] == 2
    log = (archived.settings.data_dir / "logs" / "worker.log").read_text()
    assert log.splitlines()[0::3] == ["one", "last"]
    assert "lysark" not in log
    assert archived.id not in log
    assert len(log) == len("one\nabout lysark.pdf here\nabout " + archived.id + "\nlast\n")
    assert carry_out(archived.ports) == ([], [])


def test_no_source_brings_it_back(archived: Archived, tmp_path: Path) -> None:
    manifest = archived.manifest
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    carry_out(archived.ports)
    path = tmp_path / "again.wav"
    path.write_bytes(ORIGINAL)

    def bring_again() -> Manifest:
        return store_recording(
            archived.archive, ref=manifest.source, details=manifest.details, path=path, original=manifest.original
        )

    with pytest.raises(Gone, match="--allow-again"):
        bring_again()
    assert not archived.archive.store.exists(manifest.original.key)
    reconcile(archived.ports)
    assert archived.runs.runs(archived.id) == []
    assert Erasures(archived.archive.store).forget(archived.id)
    assert bring_again().id == archived.id


def test_what_another_recording_has_too_stays(archived: Archived, tmp_path: Path) -> None:
    manifest = archived.manifest
    ref = SourceRef(source="folder", external_id="x")
    path = tmp_path / "again.wav"
    path.write_bytes(ORIGINAL)
    store_recording(archived.archive, ref=ref, details=manifest.details, path=path, original=manifest.original)
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    (receipt,), _ = carry_out(archived.ports)
    left = {place.place for place in receipt.places if place.left and "another recording" in place.left.casefold()}
    assert left == {Place.ORIGINALS, Place.RENDITIONS, Place.TRANSCRIPTS}
    assert archived.archive.store.exists(manifest.original.key)
    assert not archived.archive.store.exists(PDF.key)
    with pytest.raises(NotFound):
        archived.archive.manifest(archived.id)
    assert archived.archive.manifest(ref.recording_id).original == manifest.original


def test_what_it_named_once_goes_too(archived: Archived) -> None:
    """A document that was removed, and what was heard in a file that was replaced."""
    store, old = archived.archive.store, archived.manifest.original
    archived.change_manifest(attachments=(), original=old.model_copy(update={"sha256": "e" * 64}))
    assert {original.sha256 for original in archived.manifest.once} == {PDF.sha256, old.sha256}
    store.put_bytes(transcript_key("e" * 64, "x"), b"{}", media_type="application/json")
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    carry_out(archived.ports)
    others = {SourceRef(source="upload", external_id=sha256).recording_id for sha256 in ("e" * 64, PDF.sha256)}
    assert archived.stored() == {"circles/privacy.json", *(f"erased/{each}.json" for each in {archived.id, *others})}


def test_an_erasure_that_was_cut_off_comes_to_its_end(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")

    def down(*_: object) -> None:
        raise SearchDown("It does not answer.")

    with monkeypatch.context() as away:
        away.setattr(archived.index, "rebuild_prepared", down)
        with pytest.raises(SearchDown):
            carry_out(archived.ports)
    assert archived.archive.store.exists(erasing_key(archived.id))
    (receipt,), _ = carry_out(archived.ports)
    assert {place.place for place in receipt.places} == set(Place)
    assert not archived.archive.store.exists(erasing_key(archived.id))


def test_a_recording_that_is_worked_on_waits(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.removal.erasure.STOP_SECONDS", 0.0)
    assert archived.ports.leases.take(archived.id, "elsewhere/1/2/run")
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    receipts, (problem,) = carry_out(archived.ports)
    assert receipts == []
    assert "still being worked on" in problem
    assert archived.manifest.original.size == len(ORIGINAL)
    archived.ports.leases.release(archived.id, "elsewhere/1/2/run")
    assert len(carry_out(archived.ports)[0]) == 1


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 3, 1), 36, date(2027, 3, 1)),
    ],
)
def test_months_after_a_day(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


def test_a_circle_keeps_recordings_for_its_months_and_gives_notice(archived: Archived) -> None:
    """The recording is of 1 March 2026."""
    ports, notices = archived.ports, Notices(archived.archive.store)
    today = date(2027, 1, 30)
    assert retain(ports, today) == []
    archived.change_circle(retention_months=12)
    assert retain(ports, today - timedelta(days=1)) == []
    assert notices.all() == {}
    assert retain(ports, today) == []
    assert notices.all() == {archived.id: today}
    assert retain(ports, date(2027, 2, 28)) == []
    (due,) = retain(ports, date(2027, 3, 1))
    assert due.manifest.id == archived.id
    assert len(carry_out(ports)[0]) == 1
    receipt = Erasures(archived.archive.store).find(archived.id)
    assert receipt is not None
    assert (receipt.by, receipt.reason) == (RETENTION.id, "kept for 12 months, as its circle has it")
    assert [(entry.act, entry.about) for entry in Audit(archived.archive.store).entries()] == [("erase", archived.id)]


def test_a_circle_that_says_so_today_gives_thirty_days(archived: Archived) -> None:
    archived.change_circle(retention_months=1)
    today = datetime(2030, 1, 1, tzinfo=UTC).date()
    assert retain(archived.ports, today) == []
    assert retain(archived.ports, today + NOTICE - timedelta(days=1)) == []
    assert len(retain(archived.ports, today + NOTICE)) == 1


def test_a_mark_or_the_circle_itself_takes_a_notice_back(archived: Archived) -> None:
    ports, notices = archived.ports, Notices(archived.archive.store)
    archived.change_circle(retention_months=1)
    today = date(2030, 1, 1)
    retain(ports, today)
    archived.change_manifest(keep=True)
    assert retain(ports, today + NOTICE) == []
    assert notices.all() == {}
    archived.change_manifest(keep=False)
    retain(ports, today + NOTICE)
    assert notices.all() == {archived.id: today + NOTICE}
    archived.archive.put_circle(Circle(slug="privacy", name="P", network="n", network_name="N"))
    assert retain(ports, today + 2 * NOTICE) == []
    assert notices.all() == {}


def test_what_a_backup_brings_back_is_erased_again(archived: Archived) -> None:
    backup = {key: archived.archive.store.get_bytes(key).data for key in archived.stored()}
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    carry_out(archived.ports)
    for key, data in backup.items():
        archived.archive.store.put_bytes(key, data, media_type="application/json")
    erase_what_came_back(archived.ports)
    assert len(carry_out(archived.ports)[0]) == 1
    assert archived.stored() == {"circles/privacy.json", f"erased/{archived.id}.json"}
    erase_what_came_back(archived.ports)
    assert carry_out(archived.ports) == ([], [])


def test_what_is_written_while_it_is_removed_goes_too(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    forget = archived.runs.forget
    late = Original(sha256="f" * 64, size=4, file_name="sent.pdf")

    def writing(recording_id: str, run_ids: Collection[str]) -> Forgotten:
        """Somebody corrects and attaches while Prefect's rows are deleted."""
        if archived.archive.store.exists(manifest_key(archived.id)):
            archived.archive.store.put_bytes(correction_key(archived.id, 7), b"{}", media_type="application/json")
            archived.archive.store.put_bytes(late.key, b"late", media_type="application/pdf")
            archived.change_manifest(attachments=(Attachment(original=late, title="Sent"),))
        return forget(recording_id, run_ids)

    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    monkeypatch.setattr(archived.runs, "forget", writing)
    assert len(carry_out(archived.ports)[0]) == 1
    assert {key for key in archived.stored() if "erased/" not in key} == {"circles/privacy.json"}


def test_what_holds_up_one_erasure_holds_up_no_other(archived: Archived, tmp_path: Path) -> None:
    other = SourceRef(source="folder", external_id="y")
    path = tmp_path / "other.wav"
    path.write_bytes(b"other")
    original = Original(sha256=hashlib.sha256(b"other").hexdigest(), size=5, file_name="other.wav")
    details = archived.manifest.details
    store_recording(archived.archive, ref=other, details=details, path=path, original=original)
    for recording_id in (other.recording_id, archived.id):
        ask_erasure(archived.archive, archived.reindexing, recording_id, KARI, "x")
    archived.archive.store.put_bytes(manifest_key(other.recording_id), b"{", media_type="application/json")
    receipts, problems = carry_out(archived.ports)
    assert [receipt.id for receipt in receipts] == [archived.id]
    assert len(problems) == 1


def test_keeping_it_in_the_last_moment_counts(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    ports, today = archived.ports, date(2030, 1, 1)
    archived.change_circle(retention_months=1)
    retain(ports, today)
    look = retention.find_expiries

    def then_kept(ports: Ports, today: date) -> list[retention.Expiry]:
        found = look(ports, today)
        archived.change_manifest(keep=True)
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(retention, "find_expiries", then_kept)
        assert retain(ports, today + NOTICE) == []
    assert Erasures(archived.archive.store).ids() == frozenset()
    archived.change_manifest(keep=False)
    assert [expiry.on for expiry in look(ports, today + NOTICE)] == [today + NOTICE]
    assert len(retain(ports, today + NOTICE)) == 1
    assert retain(ports, today + NOTICE) == []
    assert [entry.act for entry in Audit(archived.archive.store).entries()] == ["erase"]
