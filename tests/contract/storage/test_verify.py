"""`kring verify` over damage of every kind: each object that is not what it was is named with its recording, and
everything else is looked at all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kring.model import (
    SCHEMA_VERSION,
    Attachment,
    Circle,
    Manifest,
    Media,
    Original,
    Pages,
    Renditions,
    State,
    TranscriptRef,
)
from services.repair import mend, plan
from storage.archive.archive import Archive
from storage.contents import content_of
from storage.documents import write_document
from storage.keys import (
    MEDIA_MARK,
    PROBE_RECIPE,
    RENDITIONS_MARK,
    circle_key,
    correction_key,
    manifest_key,
    rendition_key,
)
from storage.port import ObjectStore
from storage.verify.findings import DamageKind, read_findings
from storage.verify.verify import inspect, verify
from tests.contract.storage.test_archive import DATA, ID, SHA256, correction, manifest, transcript
from tests.contract.storage.test_object_store import BYTES
from tests.support.stack.seaweed import Weed, flip_byte

PDF = b"%PDF-1.4 slides"
SLIDES = Original(sha256=content_of(PDF).sha256, size=len(PDF), file_name="slides.pdf")
PLAYBACK, SPEECH, POSTER, PEAKS = (
    rendition_key(SHA256, "web-1", name) for name in ("audio.m4a", "speech.flac", "poster.jpg", "peaks.json")
)
MARK, PROBED = rendition_key(SHA256, "web-1", RENDITIONS_MARK), rendition_key(SHA256, PROBE_RECIPE, MEDIA_MARK)
TEXT = rendition_key(SLIDES.sha256, "text-1", "pages.json")


@pytest.fixture
def archive(store: ObjectStore) -> Archive:
    return Archive(store)


def published(archive: Archive) -> Manifest:
    """A recording with everything a recording can have, stored as the steps store it."""
    store = archive.store
    made = {key: key.encode() * 9 for key in (PLAYBACK, SPEECH, POSTER, PEAKS)}
    for key, data in made.items():
        store.put_bytes(key, data, media_type=BYTES)
    pages = write_document(Pages(pages=("one", "two")))
    store.put_bytes(TEXT, pages, media_type=BYTES)
    renditions = Renditions(
        recipe="web-1",
        playback=PLAYBACK,
        playback_type="audio/mp4",
        speech=SPEECH,
        poster=POSTER,
        peaks=PEAKS,
        contents={key: content_of(data) for key, data in made.items()},
    )
    media = Media(duration=4.0, format="mp3", audio_codec="mp3")
    store.put_bytes(MARK, write_document(renditions), media_type=BYTES)
    store.put_bytes(PROBED, write_document(media), media_type=BYTES)
    tracks = []
    for name in ("fw-base-1", "fw-base-1-en"):
        heard = transcript().model_copy(update={"fingerprint": name})
        key = archive.put_transcript(SHA256, heard)
        content = archive.transcript_as_stored(key)[1]
        tracks.append(
            TranscriptRef(key=key, fingerprint=name, engine="fw", model="base", language="nb", content=content)
        )
    for original, data in ((SLIDES, PDF),):
        store.put_bytes(original.key, data, media_type=BYTES)
    whole = manifest(
        state=State.PUBLISHED,
        media=media,
        renditions=renditions,
        transcript=tracks[0],
        english=tracks[1],
        corrected=1,
        attachments=(Attachment(original=SLIDES, title="Slides", text=TEXT, text_content=content_of(pages)),),
    )
    store.put_bytes(whole.original.key, DATA, media_type=BYTES)
    archive.put_circle(Circle(slug=whole.details.circle, name="Personvern", network="agder", network_name="Agder"))
    store.put_bytes(correction_key(ID, 1), write_document(correction(ID)), media_type=BYTES)
    return archive.create(whole)


def test_a_whole_recording_is_whole(archive: Archive) -> None:
    published(archive)
    report = verify(archive, deep=True)
    assert (report.damages, report.orphans, report.unchecked) == ((), (), 0)
    assert inspect(archive, ID) == ()


def keys(whole: Manifest) -> dict[str, str]:
    assert whole.transcript is not None
    assert whole.english is not None
    return {
        "original": whole.original.key,
        "playback": PLAYBACK,
        "speech": SPEECH,
        "poster": POSTER,
        "peaks": PEAKS,
        "renditions.json": MARK,
        "media.json": PROBED,
        "transcript": whole.transcript.key,
        "english": whole.english.key,
        "attachment": SLIDES.key,
        "text": TEXT,
        "correction": correction_key(ID, 1),
    }


NAMES = (
    "original", "playback", "speech", "poster", "peaks", "renditions.json", "media.json", "transcript", "english",
    "attachment", "text", "correction",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_gone_or_cut_short_is_seen_at_once(archive: Archive, name: str) -> None:
    key = keys(published(archive))[name]
    archive.store.put_bytes(key, b"0123456789", media_type=BYTES)
    assert [(one.key, one.recording_id) for one in verify(archive).damages] == [(key, ID)]
    archive.store.delete(key)
    report = verify(archive)
    assert [(one.key, one.recording_id, one.kind) for one in report.damages] == [(key, ID, DamageKind.MISSING)]
    assert report.titles[ID]
    assert read_findings(archive.store) == report.damages


def same_length(data: bytes) -> bytes:
    """One byte of a text in it is another; it is JSON still where it was."""
    at = data.rfind(b"e")
    return data[:at] + b"E" + data[at + 1 :]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "correction"])
def test_an_altered_byte_is_seen_by_a_deep_look(archive: Archive, name: str) -> None:
    """Also if whoever altered it stored it as Kring does."""
    key = keys(published(archive))[name]
    archive.store.put_bytes(key, same_length(archive.store.get_bytes(key).data), media_type=BYTES)
    report = verify(archive, deep=True)
    assert [(one.key, one.recording_id) for one in report.damages] == [(key, ID)]
    verify(archive)
    assert [one.key for one in read_findings(archive.store)] == [key], "a lighter look does not forget it"
    archive.store.delete(key)
    assert read_findings(archive.store) == (), "it is another object by now"


@pytest.mark.parametrize("key", [manifest_key(ID), correction_key(ID, 1), circle_key("personvern")])
def test_a_document_another_program_has_stored_is_seen_by_a_deep_look(
    archive: Archive, tmp_path: Path, key: str
) -> None:
    """One that leaves no hash beside it, as Kring does."""
    published(archive)
    assert verify(archive, deep=True).sound
    stored = tmp_path / "document.json"
    stored.write_bytes(archive.store.get_bytes(key).data + b"\n")
    archive.store.put_file(key, stored, media_type=BYTES)
    report = verify(archive, deep=True)
    assert [(one.key, one.kind) for one in report.damages] == [(key, DamageKind.ALTERED)]
    mend(archive, archive.manifest(ID), plan(archive.manifest(ID), report.damages))
    assert verify(archive, deep=True).altered == ()
    assert archive.store.get_bytes(key).data, "it is kept"


def test_a_document_of_a_kring_that_stored_no_hashes_is_only_counted(archive: Archive, tmp_path: Path) -> None:
    published(archive)
    key, stored = correction_key(ID, 1), tmp_path / "document.json"
    older = archive.store.get_bytes(key).data.replace(
        f'"schema_version": {SCHEMA_VERSION}'.encode(), b'"schema_version": 1'
    )
    stored.write_bytes(older)
    archive.store.put_file(key, stored, media_type=BYTES)
    report = verify(archive, deep=True)
    assert (report.damages, report.unchecked) == ((), 1)


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        (lambda data: b"\xff\x00rubbish", manifest_key(ID)),
        (lambda data: data.replace(ID.encode(), b"f" * 16), manifest_key(ID)),
        (lambda data: data.replace(f"transcripts/{SHA256}".encode(), b"transcripts/" + b"e" * 64), manifest_key(ID)),
        (lambda data: b"[]", circle_key("personvern")),
        (lambda data: b"{}", correction_key(ID, 1)),
    ],
)
def test_documents_that_are_not_what_their_key_says(
    archive: Archive, damage: Callable[[bytes], bytes], key: str
) -> None:
    published(archive)
    archive.store.put_bytes(key, damage(archive.store.get_bytes(key).data), media_type=BYTES)
    assert (DamageKind.DAMAGED, key) in {(one.kind, one.key) for one in verify(archive).damages}
    assert (DamageKind.DAMAGED, key) in {(one.kind, one.key) for one in verify(archive, deep=True).damages}


def test_a_byte_that_turns_on_the_disk_stops_nothing(tmp_path: Path) -> None:
    weed = Weed(tmp_path / "weed").start()
    archive = Archive(weed.store())
    whole = published(archive)
    assert whole.transcript is not None
    heard = archive.store.get_bytes(whole.transcript.key).data
    weed.stop()
    flip_byte(weed.folder, DATA)
    weed.start()
    archive.store.put_bytes(whole.transcript.key, same_length(heard), media_type=BYTES)
    seen: list[tuple[int, int]] = []
    report = verify(archive, deep=True, progress=lambda done, total: seen.append((done, total)))
    assert {(one.kind, one.key, one.recording_id) for one in report.damages} == {
        (DamageKind.UNREADABLE, whole.original.key, ID),
        (DamageKind.ALTERED, whole.transcript.key, ID),
    }
    assert report.titles == {ID: whole.details.title}
    assert seen[-1][0] == seen[-1][1]
    assert json.loads(archive.store.get_bytes("verify/findings.json").data)["damages"]
    weed.kill()
