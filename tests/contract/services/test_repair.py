"""Repair: what of a damaged recording is taken away so that a run makes it again, what is kept, and what a person has
to do."""

from __future__ import annotations

import pytest

from kring.model import State
from services.repair import mend, plan
from storage.archive.archive import Archive
from storage.keys import circle_key, correction_key, manifest_key
from storage.port import ObjectStore
from storage.verify.findings import Damage, DamageKind, read_findings
from storage.verify.verify import inspect, verify
from tests.contract.storage.test_archive import DATA, ID, correction, manifest
from tests.contract.storage.test_object_store import BYTES
from tests.contract.storage.test_verify import MARK, PDF, SLIDES, TEXT, keys, published, same_length


@pytest.fixture
def archive(store: ObjectStore) -> Archive:
    archive = Archive(store)
    published(archive)
    return archive


def damage(archive: Archive, *names: str) -> None:
    for name in names:
        key = keys(archive.manifest(ID))[name]
        archive.store.put_bytes(key, same_length(archive.store.get_bytes(key).data), media_type=BYTES)


def repaired(archive: Archive) -> tuple[bool, list[str]]:
    """Whether a run is wanted, and the keys that stay damaged until a person does something."""
    known = archive.manifest(ID)
    mends = plan(known, inspect(archive, ID))
    return mend(archive, known, mends), [one.key for one in mends if not one.possible]


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("playback", MARK),
        ("speech", MARK),
        ("poster", MARK),
        ("peaks", MARK),
        ("transcript", "transcript"),
        ("english", "english"),
        ("text", TEXT),
    ],
)
def test_what_can_be_made_again_is_left_to_a_run(archive: Archive, name: str, gone: str) -> None:
    damage(archive, name)
    assert repaired(archive) == (True, [])
    left = archive.manifest(ID)
    assert not archive.store.exists(keys(left).get(gone, gone))
    assert left.state is State.PUBLISHED, "members go on seeing it meanwhile"
    assert left.problem is not None
    assert left.problem.transient, "reconcile starts the run if this process is killed here"
    assert left.attachments[0].text == (None if name == "text" else TEXT)
    assert [one.number for one in archive.corrections(ID)] == [1]


@pytest.mark.parametrize("name", ["media.json", "renditions.json"])
def test_the_mark_of_a_step_is_written_again(archive: Archive, name: str) -> None:
    key = keys(archive.manifest(ID))[name]
    before = archive.store.get_bytes(key).data
    for broken in (b"rubbish", None):
        archive.store.delete(key)
        if broken is not None:
            archive.store.put_bytes(key, broken, media_type=BYTES)
        assert repaired(archive) == (False, [])
        assert archive.store.get_bytes(key).data == before
        assert verify(archive, deep=True).sound


@pytest.mark.parametrize("name", ["original", "attachment", "correction"])
def test_what_came_in_and_what_people_wrote_is_never_deleted(archive: Archive, name: str) -> None:
    damage(archive, name) if name != "correction" else archive.store.put_bytes(
        correction_key(ID, 1), b"{}", media_type=BYTES
    )
    key = keys(archive.manifest(ID))[name]
    before = archive.store.get_bytes(key).data
    assert repaired(archive) == (False, [key])
    assert archive.store.get_bytes(key).data == before


def test_the_only_transcript_is_kept_if_its_sound_is_lost(archive: Archive) -> None:
    damage(archive, "original", "speech", "transcript")
    known = archive.manifest(ID)
    assert repaired(archive)[1] == sorted(keys(known)[name] for name in ("original", "speech", "transcript"))
    assert archive.store.exists(keys(known)["transcript"])


def test_the_same_file_added_again_puts_a_damaged_one_back(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damage(archive, "original")
    assert not verify(archive, deep=True).sound
    path = tmp_path_factory.mktemp("again") / "talk.mp3"
    path.write_bytes(DATA)
    original = archive.manifest(ID).original
    assert archive.put_original(original, path)
    assert not archive.put_original(original, path), "a whole one is not sent again"
    assert inspect(archive, ID) == ()
    assert read_findings(archive.store) == ()


def test_a_manifest_that_cannot_be_read_is_set_aside_and_comes_back_with_its_file(archive: Archive) -> None:
    archive.store.put_bytes(manifest_key(ID), b"rubbish", media_type=BYTES)
    mends = plan(None, inspect(archive, ID))
    assert not mend(archive, None, mends)
    assert archive.store.get_bytes(f"damaged/{manifest_key(ID)}").data == b"rubbish"
    again = archive.create(manifest())
    assert again.corrected == 0
    assert archive.settle_corrections(ID).corrected == correction(ID).number == 1


def test_a_manifest_that_names_anothers_files_names_them_no_more(archive: Archive) -> None:
    whole = archive.store.get_bytes(manifest_key(ID)).data
    archive.store.put_bytes(manifest_key(ID), whole.replace(b'"transcripts/', b'"transcripts/f'), media_type=BYTES)
    assert repaired(archive)[0]
    left = archive.manifest(ID)
    assert (left.transcript, left.english) == (None, None)
    assert left.renditions is not None


def test_a_circle_that_cannot_be_read_makes_room_for_the_next(archive: Archive) -> None:
    archive.store.put_bytes(circle_key("personvern"), b"[]", media_type=BYTES)
    verify(archive)
    mends = plan(None, read_findings(archive.store))
    assert [one.possible for one in mends] == [False]
    mend(archive, None, mends)
    assert not archive.store.exists(circle_key("personvern"))
    assert [one.key for one in verify(archive).missing] == [circle_key("personvern")]


def test_what_could_not_be_kept_aside_is_not_deleted(archive: Archive) -> None:
    """The store itself cannot give the manifest back: a backup can."""
    seen = Damage(key=manifest_key(ID), kind=DamageKind.UNREADABLE, recording_id=ID)
    mends = plan(None, [seen])
    assert [one.possible for one in mends] == [False]
    mend(archive, None, mends)
    assert archive.store.exists(manifest_key(ID))


def test_nothing_of_nobodys_is_deleted_while_a_manifest_is_not_there(archive: Archive) -> None:
    damage(archive, "transcript")
    key = keys(archive.manifest(ID))["transcript"]
    archive.store.put_bytes(manifest_key(ID), b"rubbish", media_type=BYTES)
    verify(archive, deep=True)
    mend(archive, None, plan(None, read_findings(archive.store)))
    assert archive.store.exists(key)
    report = verify(archive, deep=True)
    assert report.orphans is None
    assert {one.kind for one in report.damages} == {DamageKind.ALTERED} or not report.damages


def test_what_a_run_would_stumble_over_is_seen_before_it_is_published(archive: Archive) -> None:
    key = keys(archive.manifest(ID))["transcript"]
    archive.update(ID, lambda old: old.model_copy(update={"state": State.FAILED, "transcript": None}))
    archive.store.put_bytes(key, b"rubbish", media_type=BYTES)
    assert [one.key for one in verify(archive).damages] == [key]
    assert repaired(archive) == (True, [])
    assert not archive.store.exists(key)


def test_two_recordings_of_one_file_are_both_named(archive: Archive) -> None:
    other = archive.manifest(ID).model_copy(update={"id": "f" * 16, "corrected": 0})
    archive.create(other)
    damage(archive, "playback")
    assert {one.recording_id for one in verify(archive, deep=True).damages} == {ID, "f" * 16}
    assert repaired(archive) == (True, [])
    problem = archive.manifest("f" * 16).problem
    assert problem is not None, "it names what was made before, and goes its way again too"
    assert problem.transient


def test_an_altered_transcript_is_not_remembered(archive: Archive) -> None:
    archive.transcript_of(archive.manifest(ID))
    key = keys(archive.manifest(ID))["transcript"]
    whole = archive.store.get_bytes(key).data
    fresh = Archive(archive.store)
    archive.store.put_bytes(key, whole.replace(b'"text":"', b'"text":"Not ', 1), media_type=BYTES)
    altered = fresh.transcript_of(fresh.manifest(ID))
    archive.store.put_bytes(key, whole, media_type=BYTES)
    assert fresh.transcript_of(fresh.manifest(ID)) == archive.transcript_of(archive.manifest(ID)) != altered


def test_an_altered_circle_is_kept_as_it_is(archive: Archive) -> None:
    stored = archive.store.get_bytes(circle_key("personvern")).data
    archive.store.put_bytes(circle_key("personvern"), stored.replace(b"Agder", b"Agdar"), media_type=BYTES)
    seen = Damage(key=circle_key("personvern"), kind=DamageKind.ALTERED)
    mend(archive, None, plan(None, [seen]))
    assert archive.circle("personvern").network_name == "Agdar"


def test_a_document_attached_again_heals_it(archive: Archive) -> None:
    damage(archive, "attachment")
    archive.store.put_bytes(SLIDES.key, PDF, media_type=BYTES)
    assert inspect(archive, ID) == ()
