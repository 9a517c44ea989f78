"""Which transcript a recording gets and keeps, from the transcribe step to the manifest; the archive in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.sources.details import details_of
from flows.steps import steps, transcribe as transcripts
from flows.steps.steps import Job
from kring.errors import BadMetadata, KringError, StorageDown
from kring.model import (
    Hole,
    Manifest,
    Media,
    Original,
    Segment,
    State,
    Step,
)
from kring.transcription import glossary_of
from services.problems import record_problem
from services.reconcile.plan import Restart
from services.retranscribe import NOT_PUBLISHED, PLATFORMS_OWN, SAME_ENGINE, ask_again
from storage.keys import correction_key
from storage.verify.verify import verify
from tests.support.archived_recording import VTT, ArchivedRecording, Bilingual, Broken, correction
from tests.unit.services.reconcile.test_plan import ask as ask_plan
from transcribe.engines.memory import FakeTranscriber


@pytest.fixture
def archived(tmp_path: Path) -> ArchivedRecording:
    return ArchivedRecording(tmp_path)


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A coverage check that always finds a second without text; how many segments it was given, each time."""
    asked: list[int] = []

    def coverage(audio: Path, segments: Sequence[Segment]) -> tuple[float, tuple[Hole, ...]]:
        assert audio.stat().st_size
        asked.append(len(segments))
        return 3.0, (Hole(1.0, 2.04),)

    monkeypatch.setattr(transcripts, "coverage", coverage)
    return asked


def test_the_engine_gets_the_circles_terms_and_the_names_each_once(tmp_path: Path) -> None:
    archived = ArchivedRecording(tmp_path, presenters=("Kari Bø", "digdir"))
    glossary = glossary_of(archived.manifest, archived.archive.circle("privacy"))
    assert glossary == ("Fjordane", "Digdir", "Kari Bø")
    archived.publish()
    assert archived.transcript.fingerprint == archived.engine.fingerprint(None, glossary)


def test_a_transcript_stays_when_glossary_and_engine_change(archived: ArchivedRecording) -> None:
    first = archived.publish()
    archived.change_circle(glossary=("Something", "else"), language="da")
    archived.engine = archived.engine_named("two")
    assert archived.publish() == first
    assert archived.engine.calls == []


def test_a_transcript_that_is_gone_is_made_again(archived: ArchivedRecording) -> None:
    archived.publish()
    archived.archive.store.delete(archived.transcript.key)
    archived.publish()
    assert len(archived.engine.calls) == 2
    assert archived.archive.store.exists(archived.transcript.key)


def test_asked_again_there_is_a_new_transcript_and_all_else_stays(archived: ArchivedRecording) -> None:
    archived.publish()
    old = archived.transcript
    before = archived.archive.store.get_bytes(old.key).data
    archived.change_circle(glossary=("Gloppen",))
    assert archived.choice() == ""
    ask_again(archived.archive, archived.id)
    assert (archived.transcript, archived.manifest.state) == (old, State.PUBLISHED)
    published = archived.publish()
    assert published.transcript is not None
    assert published.transcript.fingerprint != old.fingerprint
    assert (published.former, published.again) == (old, False)
    assert archived.archive.store.get_bytes(old.key).data == before
    assert archived.archive.store.get_bytes(correction_key(archived.id, 1)).data == correction(archived.id)
    report = verify(archived.archive)
    assert [info.key for info in report.older] == [old.key]
    assert report.orphans == ()
    assert archived.choice() == SAME_ENGINE


def test_who_asks_while_a_run_publishes_is_answered_by_the_next(
    archived: ArchivedRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived.publish()
    archived.change_circle(glossary=("Gloppen",))
    probed = Job.probed

    def asked_meanwhile(job: Job, original: Original) -> Media:
        ask_again(archived.archive, archived.id)
        return probed(job, original)

    monkeypatch.setattr(Job, "probed", asked_meanwhile)
    assert steps.publish(archived.job, {}).again


def test_killed_between_the_transcript_and_the_manifest_nothing_is_heard_twice(archived: ArchivedRecording) -> None:
    archived.publish()
    old = archived.transcript
    archived.engine = archived.engine_named("two")
    ask_again(archived.archive, archived.id)
    steps.transcribe(archived.job)
    assert archived.transcript == old  # killed here: the old one stands, and the wish with it
    assert ask_plan([archived.manifest], indexed={archived.id: 1}) == [
        Restart(archived.id, "to be transcribed again", archived.manifest)
    ]
    archived.publish()
    assert len(archived.engine.calls) == 1
    assert archived.transcript.model == "two"
    assert ask_plan([archived.manifest], indexed={archived.id: archived.manifest.version}) == []


def test_the_platforms_transcript_is_never_replaced(archived: ArchivedRecording, checked: list[int]) -> None:
    archived.give_captions()
    archived.publish()
    first = archived.transcript
    assert (first.engine, first.missing) == ("platform", 1.0)
    transcript = archived.archive.transcript(first.key)
    assert (transcript.speech, transcript.holes) == (3.0, (Hole(1.0, 2.04),))
    archived.engine = archived.engine_named("two")
    assert archived.choice() == PLATFORMS_OWN
    archived.change_circle(language="da", glossary=("Gloppen",))
    ask_again(archived.archive, archived.id)
    archived.publish()
    assert (archived.transcript, archived.manifest.again) == (first, False)
    assert archived.engine.calls == []
    assert checked == [1]


def test_the_platforms_transcript_wins_over_whispers_and_a_mended_one_over_itself(archived: ArchivedRecording) -> None:
    archived.publish()
    assert archived.transcript.engine == "fake"
    archived.give_captions()
    first = archived.publish().transcript
    assert first is not None
    assert first.engine == "platform"
    archived.give_captions(VTT.replace(b"Hei", b"Hallo"))
    archived.publish()
    assert archived.transcript.engine == "platform"
    assert archived.transcript.key != first.key
    assert archived.manifest.former == first
    assert len(archived.engine.calls) == 1


@pytest.mark.parametrize(
    ("circle", "recording", "language", "wanted"),
    [
        (True, None, "nb", True),
        (False, True, "nb", True),
        (True, False, "nb", False),
        (False, None, "nb", False),
        (True, None, "en", False),
    ],
)
def test_an_english_track_where_it_is_wanted_and_not_english_already(
    tmp_path: Path, circle: bool, recording: bool | None, language: str, wanted: bool
) -> None:
    archived = ArchivedRecording(tmp_path, english=recording)
    archived.change_circle(english=circle)
    archived.engine = archived.engine_named("one", language)
    published = archived.publish()
    assert archived.transcript.language == language
    assert len(archived.engine.calls) == 1 + wanted
    assert (published.english is not None) is wanted
    if published.english is not None:
        wish = archived.engine.fingerprint(language, ("Fjordane", "Digdir"), english=True)
        assert published.english.fingerprint == wish
        assert published.english.key != archived.transcript.key
        archived.archive.transcript(published.english.key)
        assert verify(archived.archive).orphans == ()


def test_what_changes_its_language_is_heard_anew_for_its_english_track_and_only_once(
    archived: ArchivedRecording,
) -> None:
    archived.change_circle(english=True)
    archived.engine = Bilingual(model="one", told=archived.engine.told)
    english = archived.publish().english
    assert english is not None
    assert english.fingerprint == archived.engine.fingerprint(None, ("Fjordane", "Digdir"), english=True)
    assert archived.choice() == SAME_ENGINE


def test_where_nobody_speaks_nothing_is_translated(archived: ArchivedRecording) -> None:
    archived.change_circle(english=True)
    archived.engine = FakeTranscriber()
    assert archived.publish().english is None
    assert len(archived.engine.calls) == 1


def test_an_english_track_beside_the_platforms_transcript(archived: ArchivedRecording) -> None:
    archived.give_captions()
    archived.change_circle(english=True, language="nb")
    first = archived.publish().english
    assert first is not None
    archived.engine = archived.engine_named("two")
    assert archived.choice() == ""
    ask_again(archived.archive, archived.id)
    published = archived.publish()
    assert published.english is not None
    assert published.english.key != first.key
    assert archived.transcript.engine == "platform"
    assert archived.choice() == PLATFORMS_OWN


def test_a_failing_translation_loses_no_transcript(archived: ArchivedRecording) -> None:
    archived.change_circle(english=True)
    broken = Broken(model="one", told=archived.engine.told)
    broken.only_english = True
    archived.engine = broken
    with pytest.raises(KringError, match="broken"):
        archived.publish()
    archived.engine = archived.engine_named("one")
    archived.publish()
    assert len(archived.engine.calls) == 1  # the translation only
    assert archived.manifest.english is not None


def test_an_engine_that_fails_leaves_the_old_transcript_published(archived: ArchivedRecording) -> None:
    archived.publish()
    old = archived.transcript
    archived.engine = Broken(model="two")
    ask_again(archived.archive, archived.id)
    with pytest.raises(KringError, match="broken"):
        archived.publish()
    record_problem(archived.archive, archived.id, Step.TRANSCRIBE, "The engine is broken.", transient=False)
    manifest = archived.manifest
    assert (manifest.transcript, manifest.state, manifest.again) == (old, State.PUBLISHED, False)
    assert manifest.problem is not None
    assert "kring retranscribe" in manifest.problem.message
    assert ask_plan([manifest], indexed={archived.id: 1}) == []
    archived.publish()  # as `kring reconcile --retry-failed` does: the old one stands and the matter is closed
    assert (archived.transcript, archived.manifest.problem) == (old, None)


def test_who_asks_again_after_a_failure_is_heard(archived: ArchivedRecording) -> None:
    archived.publish()
    record_problem(archived.archive, archived.id, Step.TRANSCRIBE, "The engine is broken.", transient=False)
    asked = ask_again(archived.archive, archived.id)
    assert ask_plan([asked], indexed={archived.id: 1}) == [Restart(archived.id, "to be transcribed again", asked)]
    assert archived.choice() == "", "it waits already, whatever the engine is set to by now"


def test_what_may_pass_is_tried_again(archived: ArchivedRecording) -> None:
    archived.publish()
    ask_again(archived.archive, archived.id)
    record_problem(archived.archive, archived.id, Step.TRANSCRIBE, str(StorageDown("Down.")), transient=True)
    assert archived.manifest.again
    assert ask_plan([archived.manifest], indexed={archived.id: 1}) == [Restart(archived.id, "Down.", archived.manifest)]


def test_what_is_left_alone_says_why(archived: ArchivedRecording) -> None:
    assert archived.choice() == NOT_PUBLISHED
    archived.publish()
    assert archived.choice() == SAME_ENGINE
    archived.engine = archived.engine_named("two")
    assert archived.choice() == ""
    archived.archive.store.delete("circles/privacy.json")
    assert "no circle" in archived.choice()
    archived.archive.store.put_bytes("circles/privacy.json", b"{", media_type="application/json")
    assert "circles/privacy.json" in archived.choice()


@pytest.mark.parametrize(
    ("said", "circle", "name", "language"),
    [
        (None, None, "captions.vtt", "und"),
        (None, None, "a_nb.vtt", "nb"),
        (None, "nb", "a.da-DK.vtt", "da"),
        (None, "nb", "a.vtt", "nb"),
        ("nn", "nb", "a.da.vtt", "nn"),
    ],
)
def test_a_platforms_transcript_is_in_the_language_that_was_said_or_its_name_says(
    tmp_path: Path, said: str | None, circle: str | None, name: str, language: str
) -> None:
    archived = ArchivedRecording(tmp_path, language=said)
    archived.change_circle(language=circle)
    archived.give_captions(name=name)
    archived.publish()
    assert (archived.transcript.engine, archived.transcript.language) == ("platform", language)


def test_what_is_not_published_cannot_be_asked_for_again(archived: ArchivedRecording) -> None:
    assert not ask_again(archived.archive, archived.id).again


def test_a_file_beside_the_recording_can_ask_for_english(tmp_path: Path) -> None:
    recording = tmp_path / "meeting.mp3"
    recording.touch()
    recording.with_suffix(".toml").write_text("english = true\n", encoding="utf-8")
    assert details_of(recording, circle="privacy").english is True
    recording.with_suffix(".toml").write_text('english = "perhaps"\n', encoding="utf-8")
    with pytest.raises(BadMetadata, match=r"meeting\.toml cannot be used: The english"):
        details_of(recording, circle="privacy")


def test_a_manifest_of_an_older_kring_is_read() -> None:
    reference = {"key": "k", "fingerprint": "f", "engine": "faster-whisper", "model": "base", "language": "nb"}
    document = {
        "id": "0" * 16,
        "source": {"source": "upload", "external_id": "x"},
        "details": {"title": "T", "circle": "c", "date": "2026-01-01"},
        "original": {"sha256": "a" * 64, "size": 1, "file_name": "a"},
        "transcript": reference,
        "received_at": "2026-01-01T00:00:00Z",
        "changed_at": "2026-01-01T00:00:00Z",
    }
    manifest = Manifest.model_validate(document)
    assert (manifest.again, manifest.english, manifest.former, manifest.details.english) == (False, None, None, None)
    assert manifest.transcript is not None
    assert manifest.transcript.missing == 0
