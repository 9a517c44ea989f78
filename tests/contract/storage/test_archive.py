"""Manifests, circles, transcripts, leases and verify, over the store in memory and over a real SeaweedFS."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kring.corrections.changes import ChapterChange, Correction
from kring.errors import Conflict, KringError, NotFound, UnknownCircle
from kring.model import (
    Activity,
    Circle,
    Details,
    Manifest,
    Original,
    Renditions,
    Segment,
    SourceRef,
    State,
    Step,
    Transcript,
    TranscriptRef,
    now,
)
from storage.archive.archive import Archive
from storage.documents import DamagedDocument, NewerDocument, write_document
from storage.keys import RENDITIONS_MARK, activity_key, circle_key, manifest_key, rendition_key, transcript_key
from storage.leases import Leases, owner_name
from storage.port import ObjectStore
from storage.verify.verify import verify
from tests.contract.storage.test_object_store import BYTES, winners

DATA = b"the bytes as they came in"
SHA256 = hashlib.sha256(DATA).hexdigest()
ID = "0123456789abcdef"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def archive(store: ObjectStore) -> Archive:
    return Archive(store)


def manifest(recording_id: str = ID, **more: Any) -> Manifest:
    return Manifest(
        id=recording_id,
        source=SourceRef(source="upload", external_id=SHA256),
        details=Details(title="Personvern på én time", circle="personvern", date=date(2026, 3, 1)),
        original=Original(sha256=SHA256, size=len(DATA), file_name="møte <b>.mp4"),
        received_at=LONG_AGO,
        changed_at=LONG_AGO,
        **more,
    )


def transcript(text: str = "hei") -> Transcript:
    segments = (Segment(start=0, end=1, text=text),)
    return Transcript(
        fingerprint="fw-base-1", engine="faster-whisper", model="base", language="nb", duration=1, segments=segments
    )


def correction(recording_id: str) -> Correction:
    change = ChapterChange(start=0, title="Velkommen")
    return Correction(recording_id=recording_id, number=1, by="p", at=LONG_AGO, change=change)


def test_a_manifest_is_created_once(archive: Archive) -> None:
    first = archive.create(manifest())
    assert first == manifest()
    assert archive.create(manifest(state=State.FAILED)) == first
    assert archive.manifest(ID) == first
    assert [info.key for info in archive.store.list()] == [f"recordings/{ID}.json"]


@pytest.mark.parametrize("wrong", [ID, "../circles/x", ""])
def test_no_such_recording(archive: Archive, wrong: str) -> None:
    with pytest.raises(NotFound, match=r"There is no recording .*kring status"):
        archive.manifest(wrong)


def test_an_update_counts_and_dates_and_writes_nothing_where_nothing_changed(archive: Archive) -> None:
    archive.create(manifest())
    new = archive.update(ID, lambda old: old.model_copy(update={"state": State.FAILED}))
    assert (new.version, new.state) == (2, State.FAILED)
    assert now() - new.changed_at < timedelta(minutes=1)
    before = archive.store.stat(manifest_key(ID))
    assert archive.update(ID, lambda old: old) == new
    assert archive.store.stat(manifest_key(ID)) == before
    with pytest.raises(NotFound):
        archive.update("f" * 16, lambda old: old)


def test_no_update_is_lost_between_many_writers(archive: Archive) -> None:
    archive.create(manifest())

    def add(number: int) -> None:
        archive.update(ID, lambda old: old.model_copy(update={"source": _longer(old.source, number)}))

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(add, range(5)))
    final = archive.manifest(ID)
    assert final.version == 6
    assert set(final.source.external_id.split(",")[1:]) == set("01234")


def _longer(source: SourceRef, number: int) -> SourceRef:
    return source.model_copy(update={"external_id": f"{source.external_id},{number}"})


def test_one_damaged_manifest_hides_no_other(archive: Archive, caplog: pytest.LogCaptureFixture) -> None:
    ids = [f"{n:016x}" for n in range(5)]
    for recording_id in ids:
        archive.create(manifest(recording_id))
    archive.store.put_bytes(manifest_key(ids[1]), b"{ not json", media_type=BYTES)
    archive.store.put_bytes(manifest_key(ids[2]), b'{"id": "x", "surprise": 1}', media_type=BYTES)
    archive.store.put_bytes(manifest_key(ids[3]), b'{"schema_version": 99}', media_type=BYTES)
    found: list[tuple[str, KringError]] = []
    assert [m.id for m in archive.manifests(lambda key, error: found.append((key, error)))] == [ids[0], ids[4]]
    assert [key for key, _ in found] == [manifest_key(n) for n in ids[1:4]]
    assert [type(error) for _, error in found] == [DamagedDocument, DamagedDocument, NewerDocument]
    assert all(key in str(error) for key, error in found)
    assert "newer Kring" in str(found[2][1])
    assert len(list(archive.manifests())) == 2
    assert caplog.text.count("left out recordings/") == 3
    with pytest.raises(DamagedDocument, match=f"recordings/{ids[1]}.json"):
        archive.manifest(ids[1])


def test_circles(archive: Archive) -> None:
    with pytest.raises(UnknownCircle, match=r"there are: none yet.*kring circle add"):
        archive.circle("personvern")
    for slug in ("personvern", "anskaffelser"):
        archive.put_circle(Circle(slug=slug, name=slug.title(), network="agder", network_name="Agder"))
    assert [circle.slug for circle in archive.circles()] == ["anskaffelser", "personvern"]
    assert archive.circle("personvern").name == "Personvern"
    for wrong in ("personver", "../x", "Æ"):
        with pytest.raises(UnknownCircle, match="anskaffelser, personvern"):
            archive.circle(wrong)


def test_a_transcript_is_immutable(archive: Archive) -> None:
    key = archive.put_transcript(SHA256, transcript("hei"))
    assert key == f"transcripts/{SHA256}/fw-base-1.json"
    assert archive.put_transcript(SHA256, transcript("something else")) == key
    assert archive.transcript(key) == transcript("hei")


@pytest.fixture
def leases(store: ObjectStore) -> Leases:
    return Leases(store, lease_seconds=60)


def test_a_lease_is_taken_renewed_and_released(leases: Leases) -> None:
    me, other = owner_name("run-1"), owner_name("run-2")
    assert leases.read(ID) is None
    assert leases.take(ID, me)
    assert leases.take(ID, me), "its holder may take it again"
    assert not leases.take(ID, other)
    leases.beat(ID, me, Step.TRANSCRIBE, 0.5, "12× real time")
    held = leases.read(ID)
    assert held is not None
    assert (held.owner, held.step, held.fraction, held.note) == (me, Step.TRANSCRIBE, 0.5, "12× real time")
    assert leases.is_alive(held)
    with pytest.raises(Conflict, match="taken over"):
        leases.beat(ID, other, Step.PROBE, 0)
    leases.release(ID, other)
    assert leases.read(ID) == held
    leases.release(ID, me)
    assert leases.read(ID) is None
    with pytest.raises(Conflict):
        leases.beat(ID, me, Step.PROBE, 0)
    assert leases.take(ID, other)


def test_of_eight_that_take_one_wins(leases: Leases) -> None:
    def take(number: int) -> None:
        if not leases.take(ID, owner_name(str(number))):
            raise Conflict("not mine")

    won = winners(8, take)
    assert len(won) == 1
    held = leases.read(ID)
    assert held is not None
    assert held.owner == owner_name(str(won[0]))


def test_of_eight_that_take_over_from_the_dead_one_wins(leases: Leases, store: ObjectStore) -> None:
    hold(store, "elsewhere/1/1.0/x", age=61)

    def take(number: int) -> None:
        if not leases.take(ID, owner_name(str(number))):
            raise Conflict("not mine")

    assert len(winners(8, take)) == 1


def hold(store: ObjectStore, owner: str, age: float) -> None:
    activity = Activity(recording_id=ID, owner=owner, step=Step.RENDER, beat_at=now() - timedelta(seconds=age))
    store.put_bytes(activity_key(ID), write_document(activity), media_type=BYTES)


@pytest.mark.parametrize(("age", "taken"), [(50, False), (61, True)])
def test_another_machine_counts_by_its_last_report(leases: Leases, store: ObjectStore, age: float, taken: bool) -> None:
    hold(store, "elsewhere/1/1.0/x", age)
    assert leases.take(ID, owner_name("mine")) is taken


def test_a_process_id_used_again_is_not_the_same_process(leases: Leases, store: ObjectStore) -> None:
    host = owner_name("x").split("/")[0]
    hold(store, f"{host}/{os.getpid()}/1000.0/x", age=0)
    assert leases.take(ID, owner_name("mine"))


def test_a_damaged_lease_holds_nobody_up(leases: Leases, store: ObjectStore) -> None:
    store.put_bytes(activity_key(ID), b"{", media_type=BYTES)
    assert leases.read(ID) is None
    assert leases.take(ID, owner_name("mine"))


def test_the_holder_was_killed(leases: Leases, store: ObjectStore) -> None:
    """A real process names itself, waits, and is killed with `kill -9`."""
    script = "from storage.leases import owner_name; print(owner_name('run'), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        owner = holder.stdout.readline().strip()
        assert leases.take(ID, owner)
        mine = owner_name("mine")
        assert not leases.take(ID, mine), "it is alive"
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # dead, but its parent has not looked: a zombie
        assert leases.take(ID, mine)
        with pytest.raises(Conflict):
            leases.beat(ID, owner, Step.RENDER, 1)


def whole_recording(archive: Archive) -> Manifest:
    """A recording all of whose objects are there."""
    playback, speech = (rendition_key(SHA256, "web-1", name) for name in ("audio.m4a", "speech.flac"))
    key = archive.put_transcript(SHA256, transcript())
    whole = manifest(
        renditions=Renditions(recipe="web-1", playback=playback, playback_type="audio/mp4", speech=speech),
        transcript=TranscriptRef(
            key=key, fingerprint="fw-base-1", engine="faster-whisper", model="base", language="nb"
        ),
    )
    for made in (playback, speech):
        archive.store.put_bytes(made, b"media", media_type=BYTES)
    assert whole.renditions is not None
    mark = rendition_key(SHA256, "web-1", RENDITIONS_MARK)
    archive.store.put_bytes(mark, write_document(whole.renditions), media_type=BYTES)
    archive.store.put_bytes(whole.original.key, DATA, media_type=BYTES)
    archive.put_circle(Circle(slug="personvern", name="Personvern", network="agder", network_name="Agder"))
    archive.store.put_bytes(f"corrections/{ID}/000001.json", write_document(correction(ID)), media_type=BYTES)
    Leases(archive.store, lease_seconds=60).take(ID, owner_name("x"))
    return archive.create(whole)


def test_verify_finds_nothing_in_a_sound_archive(archive: Archive) -> None:
    assert verify(archive).sound
    whole_recording(archive)
    report = verify(archive, deep=True)
    assert report.sound
    assert (report.recordings, report.objects, report.orphans) == (1, 9, ())
    assert report.size == sum(info.size for info in archive.store.list())


def test_verify_finds_what_is_missing_cut_short_altered_and_left_over(archive: Archive) -> None:
    whole = whole_recording(archive)
    assert whole.renditions is not None
    archive.store.delete(whole.renditions.speech)
    archive.store.put_bytes(whole.original.key, b"X" * len(DATA), media_type=BYTES)
    archive.store.put_bytes(transcript_key(SHA256, "older"), write_document(transcript()), media_type=BYTES)
    archive.store.put_bytes(transcript_key("f" * 64, "left"), b"{}", media_type=BYTES)
    replaced = [rendition_key(SHA256, "web-1-track2", name) for name in ("audio.m4a", RENDITIONS_MARK)]
    crashed = rendition_key(SHA256, "web-1-track3", "audio.m4a")
    for key in (*replaced, crashed):
        archive.store.put_bytes(key, b"{}", media_type=BYTES)
    stray = write_document(correction("f" * 16))
    archive.store.put_bytes(f"corrections/{'f' * 16}/000001.json", stray, media_type=BYTES)
    archive.store.put_bytes(circle_key("broken"), b"[]", media_type=BYTES)
    report = verify(archive)
    assert not report.sound
    assert [(entry.recording_id, entry.key) for entry in report.missing] == [(ID, whole.renditions.speech)]
    assert report.orphans is not None
    assert {info.key for info in report.older} == {transcript_key(SHA256, "older"), *replaced}
    assert {info.key for info in report.orphans} == {
        crashed,
        transcript_key("f" * 64, "left"),
        f"corrections/{'f' * 16}/000001.json",
    }
    assert [entry.key for entry in report.damaged] == ["circles/broken.json"]
    assert report.altered == ()
    assert [entry.key for entry in verify(archive, deep=True).altered] == [whole.original.key]
    archive.store.put_bytes(whole.original.key, DATA[:-1], media_type=BYTES)
    report = verify(archive, deep=True)
    assert [entry.key for entry in report.altered] == [whole.original.key], "an original of another size is not it"


def test_verify_calls_nothing_an_orphan_while_a_manifest_cannot_be_read(archive: Archive) -> None:
    whole_recording(archive)
    archive.store.put_bytes(manifest_key(ID), b"{", media_type=BYTES)
    report = verify(archive)
    assert report.orphans is None
    assert [entry.key for entry in report.damaged] == [manifest_key(ID)]
