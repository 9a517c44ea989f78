"""Another file in the place of the one that a recording has."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from flows.steps import steps
from flows.steps.steps import Job
from index.port import Query
from kring.corrections.apply import active
from kring.corrections.changes import ChapterChange, Correction, LineChange, SpeakerChange, Undo
from kring.errors import Damaged, SourceError, TransientError
from kring.intake.item import Item
from kring.intake.uploads import FileReplacement, Upload, UploadState, item_of, page_id_of, source_of
from kring.model import Original, State, now
from services.intake import store_recording
from services.removal.erasure import ask_erasure, carry_out
from storage.keys import incoming_key, manifest_key, transcripts_of
from tests.contract.services.test_removal import KARI, PDF, Archived, archived
from tests.support.archived_recording import ORIGINAL, VTT

__all__ = ["archived"]

pytestmark = pytest.mark.quick

NEW = b"another file, somewhat shorter"
SHA256 = hashlib.sha256(NEW).hexdigest()


def arrive(archived: Archived, replaces: str, *, keep: bool = False) -> Upload:
    """An upload of the new file, all of which is here."""
    upload = Upload(
        id=source_of(SHA256).recording_id,
        original=Original(sha256=SHA256, size=len(NEW), file_name="kortere.mp4"),
        details=archived.manifest.details,
        parts_id="x",
        part_size=100,
        state=UploadState.ARRIVED,
        by="kari",
        replaces=FileReplacement(recording_id=replaces, reason="for langt", keep_corrections=keep),
        begun_at=now(),
        changed_at=now(),
    )
    archived.archive.create_upload(upload)
    archived.archive.store.put_bytes(incoming_key(upload.id), NEW, media_type="video/mp4")
    return upload


def receive(archived: Archived, upload: Upload) -> bool:
    job = Job(archived.ports, upload.id, lambda fraction, note: None, Item.model_validate(item_of(upload)))
    return steps.receive(job)


def correct(archived: Archived, change: LineChange | ChapterChange | SpeakerChange) -> int:
    made = Correction(recording_id=archived.id, number=1, by="ola", at=now(), change=change)
    return archived.archive.correct(archived.id, lambda _: made).number


def test_the_recording_stays_and_what_the_old_file_said_goes(archived: Archived) -> None:
    before, store = archived.manifest, archived.archive.store
    chapter = correct(archived, ChapterChange(start=1.0, title="Innledning"))
    speaker = correct(archived, SpeakerChange(name="A", to="B"))
    upload = arrive(archived, archived.id)
    assert page_id_of(upload) == archived.id
    assert not receive(archived, upload)
    after = archived.manifest
    assert (after.original.sha256, after.original.file_name) == (SHA256, "kortere.mp4")
    assert (after.state, after.transcript, after.renditions, after.media) == (State.RECEIVED, None, None, None)
    assert (after.details, after.source, after.attachments) == (before.details, before.source, before.attachments)
    assert store.get_bytes(after.original.key).data == NEW
    assert not store.exists(before.original.key)
    assert store.exists(PDF.key)
    assert list(store.list(transcripts_of(before.original.sha256))) == []
    assert list(store.list(f"renditions/{before.original.sha256}/")) == []
    assert archived.index.search(Query("Fjordane")).total == 0
    counting = {correction.number for correction in active(archived.archive.corrections(archived.id))}
    assert counting == {speaker}
    assert chapter not in counting
    undone = [each.change for each in archived.archive.corrections(archived.id) if isinstance(each.change, Undo)]
    assert {change.number for change in undone} == {1, chapter}
    assert archived.archive.find_upload(upload.id) is None
    assert not store.exists(incoming_key(upload.id))
    newest = archived.runs.newest(archived.id)
    assert newest is not None
    assert newest.waiting
    assert archived.ports.leases.read(archived.id) is None


def test_with_the_same_times_what_people_corrected_stays(archived: Archived) -> None:
    chapter = correct(archived, ChapterChange(start=1.0, title="Innledning"))
    receive(archived, arrive(archived, archived.id, keep=True))
    counting = {correction.number for correction in active(archived.archive.corrections(archived.id))}
    assert counting == {1, chapter}


def test_while_it_is_worked_on_the_file_waits(archived: Archived) -> None:
    assert archived.ports.leases.take(archived.id, "elsewhere/1/2/run")
    upload = arrive(archived, archived.id)
    with pytest.raises(TransientError, match="being worked on"):
        receive(archived, upload)
    assert archived.manifest.transcript is not None
    assert archived.archive.find_upload(upload.id) is not None
    archived.ports.leases.release(archived.id, "elsewhere/1/2/run")
    assert not receive(archived, upload)


def test_a_recording_that_has_gone_is_not_replaced(archived: Archived) -> None:
    upload = arrive(archived, "0" * 16)
    with pytest.raises(SourceError, match="there no longer"):
        receive(archived, upload)
    assert not archived.archive.store.exists(upload.original.key)
    assert archived.archive.find_upload(upload.id) is None


def test_what_was_said_of_it_stays(archived: Archived) -> None:
    archived.change_manifest(keep=True)
    receive(archived, arrive(archived, archived.id))
    assert archived.manifest.keep


def test_no_source_brings_the_old_file_or_its_transcript_back(archived: Archived, tmp_path: Path) -> None:
    archived.give_captions()
    before = archived.manifest
    assert before.captions is not None
    receive(archived, arrive(archived, archived.id))
    assert archived.manifest.captions is None
    archived.give_captions()
    assert archived.manifest.captions is None
    old = tmp_path / "old.wav"
    old.write_bytes(ORIGINAL)
    store_recording(
        archived.archive,
        ref=before.source,
        details=before.details,
        path=old,
        original=before.original,
        grown=True,
    )
    assert archived.manifest.original.sha256 == SHA256
    archived.give_captions(VTT.replace(b"Hei", b"God morgen"))
    assert archived.manifest.captions is not None


def test_a_damaged_recording_loses_nothing(archived: Archived) -> None:
    upload = arrive(archived, archived.id)
    whole = archived.archive.store.get_bytes(manifest_key(archived.id)).data
    archived.archive.store.put_bytes(manifest_key(archived.id), b"{", media_type="application/json")
    with pytest.raises(Damaged):
        receive(archived, upload)
    assert archived.archive.find_upload(upload.id) is not None
    archived.archive.store.put_bytes(manifest_key(archived.id), whole, media_type="application/json")
    assert not receive(archived, upload)


def test_one_that_is_being_erased_is_not_replaced(archived: Archived) -> None:
    upload = arrive(archived, archived.id)
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    with pytest.raises(SourceError, match="there no longer"):
        receive(archived, upload)
    carry_out(archived.ports)
    assert not archived.archive.store.exists(upload.original.key)


def test_an_upload_that_waits_goes_with_the_recording_that_is_erased(archived: Archived) -> None:
    upload = arrive(archived, archived.id)
    ask_erasure(archived.archive, archived.reindexing, archived.id, KARI, "x")
    carry_out(archived.ports)
    assert archived.archive.find_upload(upload.id) is None
    assert not archived.archive.store.exists(incoming_key(upload.id))
