"""Which transcript a recording gets and keeps, from the transcribe step to the manifest; the archive in memory."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flows import steps, transcripts
from flows.again import NOT_PUBLISHED, PLATFORMS_OWN, SAME_ENGINE, choose
from flows.plan import Restart
from flows.receive import take_captions
from flows.reports import record_problem
from flows.sources.details import details_of
from flows.steps import Job
from flows.wiring import Ports
from index.memory import MemoryIndex
from kring.corrections.model import Correction, LineChange
from kring.errors import BadMetadata, KringError, StorageDown
from kring.model import (
    Circle,
    Details,
    Hole,
    Manifest,
    Media,
    Original,
    Renditions,
    Segment,
    SourceRef,
    State,
    Step,
    Transcript,
    TranscriptRef,
)
from kring.settings import Settings
from kring.transcription import glossary_of
from services.again import ask_again
from storage.archive.archive import Archive
from storage.documents import write_document
from storage.keys import MEDIA_MARK, PROBE_RECIPE, RENDITIONS_MARK, correction_key, rendition_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.verify.verify import verify
from tests.unit.flows.test_plan import ask as ask_plan
from transcribe.engines.memory import FakeTranscriber, Said
from transcribe.port import Progress
from transcribe.recipe import RECIPE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORIGINAL = b"bytes as they came in"
VTT = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Kari>Hei fra plattformen.</v>\n"


def correction(recording_id: str) -> bytes:
    change = LineChange(start=0.5, end=2.5, before="", text="Dette sa Kari om Fjordane")
    return write_document(Correction(recording_id=recording_id, number=1, by="kari", at=NOON, change=change))


class Broken(FakeTranscriber):
    """Cannot translate, or cannot listen at all."""

    only_english = False

    def transcribe(
        self,
        audio: Path,
        *,
        language: str | None = None,
        glossary: Sequence[str] = (),
        english: bool = False,
        recipe: str = RECIPE,
        progress: Progress | None = None,
    ) -> Transcript:
        if english or not self.only_english:
            raise KringError("The engine is broken.")
        return super().transcribe(
            audio, language=language, glossary=glossary, english=english, recipe=recipe, progress=progress
        )


class Bilingual(FakeTranscriber):
    """Hears the last thing that is said in another language."""

    def transcribe(self, audio: Path, **options: Any) -> Transcript:
        heard = super().transcribe(audio, **options)
        *before, last = heard.segments
        return heard.model_copy(update={"segments": (*before, last.model_copy(update={"language": "da"}))})


class House:
    """One recording in an archive in memory, probed and rendered, and an engine that is told what is said in it."""

    def __init__(self, folder: Path, **details: Any) -> None:
        self.archive = Archive(MemoryStore())
        self.settings = Settings(data_dir=folder)
        self.speech = folder / "speech.wav"
        with wave.open(str(self.speech), "wb") as sound:
            sound.setparams((1, 2, 16000, 0, "NONE", ""))
            sound.writeframes(bytes(2 * 16000 * 4))
        self.engine = self.engine_named("one")
        self.index = MemoryIndex()
        sha256 = hashlib.sha256(ORIGINAL).hexdigest()
        ref = SourceRef(source="upload", external_id=sha256)
        self.id = ref.recording_id
        self.archive.put_circle(
            Circle(slug="privacy", name="P", network="n", network_name="N", glossary=("Fjordane", "Digdir"))
        )
        store, keys = self.archive.store, [rendition_key(sha256, RECIPE, name) for name in ("a.m4a", "speech.flac")]
        store.put_file(keys[1], self.speech, media_type="audio/flac")
        media = Media(duration=4.0, format="wav", audio_codec="pcm")
        made = Renditions(recipe=RECIPE, playback=keys[0], playback_type="audio/mp4", speech=keys[1])
        for recipe, mark, document in ((PROBE_RECIPE, MEDIA_MARK, media), (RECIPE, RENDITIONS_MARK, made)):
            store.put_bytes(
                rendition_key(sha256, recipe, mark), write_document(document), media_type="application/json"
            )
        store.put_bytes(correction_key(self.id, 1), correction(self.id), media_type="application/json")
        self.archive.create(
            Manifest(
                id=self.id,
                source=ref,
                details=Details(title="T", circle="privacy", date=date(2026, 3, 1), **details),
                original=Original(sha256=sha256, size=len(ORIGINAL), file_name="a.wav"),
                received_at=NOON,
                changed_at=NOON,
            )
        )

    def engine_named(self, model: str, language: str = "nb") -> FakeTranscriber:
        engine = FakeTranscriber(model=model)
        engine.tell(self.speech, language, Said(0.5, 2.5, f"Dette hørte {model}"))
        return engine

    @property
    def manifest(self) -> Manifest:
        return self.archive.manifest(self.id)

    @property
    def transcript(self) -> TranscriptRef:
        found = self.manifest.transcript
        assert found is not None
        return found

    @property
    def job(self) -> Job:
        ports = Ports(self.settings, self.archive, Leases(self.archive.store, lease_seconds=60))
        vars(ports).update(transcriber=self.engine, index=self.index)  # where `cached_property` keeps them
        return Job(ports, self.id, lambda fraction, note: None)

    def publish(self) -> Manifest:
        """One run from transcribe to publish, as the flow makes it: each step with a job of its own."""
        steps.transcribe(self.job)
        return steps.publish(self.job, {Step.TRANSCRIBE: 1.0})

    def change_circle(self, **fields: Any) -> None:
        self.archive.change_circle("privacy", lambda circle: circle.model_copy(update=fields))

    def change_manifest(self, **fields: Any) -> None:
        self.archive.update(self.id, lambda manifest: manifest.model_copy(update=fields))

    def give_captions(self, data: bytes = VTT, name: str = "captions.vtt") -> None:
        path = self.settings.data_dir / name
        path.write_bytes(data)
        take_captions(self.archive, self.manifest, path)

    def choice(self) -> str:
        (choice,) = choose([self.manifest], self.archive, self.engine)
        return choice.left_alone


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


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
    house = House(tmp_path, presenters=("Kari Bø", "digdir"))
    glossary = glossary_of(house.manifest, house.archive.circle("privacy"))
    assert glossary == ("Fjordane", "Digdir", "Kari Bø")
    house.publish()
    assert house.transcript.fingerprint == house.engine.fingerprint(None, glossary)


def test_a_transcript_stays_when_glossary_and_engine_change(house: House) -> None:
    first = house.publish()
    house.change_circle(glossary=("Something", "else"), language="da")
    house.engine = house.engine_named("two")
    assert house.publish() == first
    assert house.engine.calls == []


def test_a_transcript_that_is_gone_is_made_again(house: House) -> None:
    house.publish()
    house.archive.store.delete(house.transcript.key)
    house.publish()
    assert len(house.engine.calls) == 2
    assert house.archive.store.exists(house.transcript.key)


def test_asked_again_there_is_a_new_transcript_and_all_else_stays(house: House) -> None:
    house.publish()
    old = house.transcript
    before = house.archive.store.get_bytes(old.key).data
    house.change_circle(glossary=("Gloppen",))
    assert house.choice() == ""
    ask_again(house.archive, house.id)
    assert (house.transcript, house.manifest.state) == (old, State.PUBLISHED)
    published = house.publish()
    assert published.transcript is not None
    assert published.transcript.fingerprint != old.fingerprint
    assert (published.former, published.again) == (old, False)
    assert house.archive.store.get_bytes(old.key).data == before
    assert house.archive.store.get_bytes(correction_key(house.id, 1)).data == correction(house.id)
    report = verify(house.archive)
    assert [info.key for info in report.older] == [old.key]
    assert report.orphans == ()
    assert house.choice() == SAME_ENGINE


def test_who_asks_while_a_run_publishes_is_answered_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.publish()
    house.change_circle(glossary=("Gloppen",))
    probe = steps.probe

    def asked_meanwhile(job: Job) -> Media:
        ask_again(house.archive, house.id)
        return probe(job)

    monkeypatch.setattr(steps, "probe", asked_meanwhile)
    assert steps.publish(house.job, {}).again


def test_killed_between_the_transcript_and_the_manifest_nothing_is_heard_twice(house: House) -> None:
    house.publish()
    old = house.transcript
    house.engine = house.engine_named("two")
    ask_again(house.archive, house.id)
    steps.transcribe(house.job)
    assert house.transcript == old  # killed here: the old one stands, and the wish with it
    assert ask_plan([house.manifest], indexed={house.id: 1}) == [
        Restart(house.id, "to be transcribed again", house.manifest)
    ]
    house.publish()
    assert len(house.engine.calls) == 1
    assert house.transcript.model == "two"
    assert ask_plan([house.manifest], indexed={house.id: house.manifest.version}) == []


def test_the_platforms_transcript_is_never_replaced(house: House, checked: list[int]) -> None:
    house.give_captions()
    house.publish()
    first = house.transcript
    assert (first.engine, first.missing) == ("platform", 1.0)
    transcript = house.archive.transcript(first.key)
    assert (transcript.speech, transcript.holes) == (3.0, (Hole(1.0, 2.04),))
    house.engine = house.engine_named("two")
    assert house.choice() == PLATFORMS_OWN
    house.change_circle(language="da", glossary=("Gloppen",))
    ask_again(house.archive, house.id)
    house.publish()
    assert (house.transcript, house.manifest.again) == (first, False)
    assert house.engine.calls == []
    assert checked == [1]


def test_the_platforms_transcript_wins_over_whispers_and_a_mended_one_over_itself(house: House) -> None:
    house.publish()
    assert house.transcript.engine == "fake"
    house.give_captions()
    first = house.publish().transcript
    assert first is not None
    assert first.engine == "platform"
    house.give_captions(VTT.replace(b"Hei", b"Hallo"))
    house.publish()
    assert house.transcript.engine == "platform"
    assert house.transcript.key != first.key
    assert house.manifest.former == first
    assert len(house.engine.calls) == 1


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
    house = House(tmp_path, english=recording)
    house.change_circle(english=circle)
    house.engine = house.engine_named("one", language)
    published = house.publish()
    assert house.transcript.language == language
    assert len(house.engine.calls) == 1 + wanted
    assert (published.english is not None) is wanted
    if published.english is not None:
        wish = house.engine.fingerprint(language, ("Fjordane", "Digdir"), english=True)
        assert published.english.fingerprint == wish
        assert published.english.key != house.transcript.key
        house.archive.transcript(published.english.key)
        assert verify(house.archive).orphans == ()


def test_what_changes_its_language_is_heard_anew_for_its_english_track_and_only_once(house: House) -> None:
    house.change_circle(english=True)
    house.engine = Bilingual(model="one", told=house.engine.told)
    english = house.publish().english
    assert english is not None
    assert english.fingerprint == house.engine.fingerprint(None, ("Fjordane", "Digdir"), english=True)
    assert house.choice() == SAME_ENGINE


def test_where_nobody_speaks_nothing_is_translated(house: House) -> None:
    house.change_circle(english=True)
    house.engine = FakeTranscriber()
    assert house.publish().english is None
    assert len(house.engine.calls) == 1


def test_an_english_track_beside_the_platforms_transcript(house: House) -> None:
    house.give_captions()
    house.change_circle(english=True, language="nb")
    first = house.publish().english
    assert first is not None
    house.engine = house.engine_named("two")
    assert house.choice() == ""
    ask_again(house.archive, house.id)
    published = house.publish()
    assert published.english is not None
    assert published.english.key != first.key
    assert house.transcript.engine == "platform"
    assert house.choice() == PLATFORMS_OWN


def test_a_failing_translation_loses_no_transcript(house: House) -> None:
    house.change_circle(english=True)
    broken = Broken(model="one", told=house.engine.told)
    broken.only_english = True
    house.engine = broken
    with pytest.raises(KringError, match="broken"):
        house.publish()
    house.engine = house.engine_named("one")
    house.publish()
    assert len(house.engine.calls) == 1  # the translation only
    assert house.manifest.english is not None


def test_an_engine_that_fails_leaves_the_old_transcript_published(house: House) -> None:
    house.publish()
    old = house.transcript
    house.engine = Broken(model="two")
    ask_again(house.archive, house.id)
    with pytest.raises(KringError, match="broken"):
        house.publish()
    record_problem(house.archive, house.id, Step.TRANSCRIBE, "The engine is broken.", transient=False)
    manifest = house.manifest
    assert (manifest.transcript, manifest.state, manifest.again) == (old, State.PUBLISHED, False)
    assert manifest.problem is not None
    assert "kring retranscribe" in manifest.problem.message
    assert ask_plan([manifest], indexed={house.id: 1}) == []
    house.publish()  # as `kring reconcile --retry-failed` does: the old one stands and the matter is closed
    assert (house.transcript, house.manifest.problem) == (old, None)


def test_who_asks_again_after_a_failure_is_heard(house: House) -> None:
    house.publish()
    record_problem(house.archive, house.id, Step.TRANSCRIBE, "The engine is broken.", transient=False)
    asked = ask_again(house.archive, house.id)
    assert ask_plan([asked], indexed={house.id: 1}) == [Restart(house.id, "to be transcribed again", asked)]
    assert house.choice() == "", "it waits already, whatever the engine is set to by now"


def test_what_may_pass_is_tried_again(house: House) -> None:
    house.publish()
    ask_again(house.archive, house.id)
    record_problem(house.archive, house.id, Step.TRANSCRIBE, str(StorageDown("Down.")), transient=True)
    assert house.manifest.again
    assert ask_plan([house.manifest], indexed={house.id: 1}) == [Restart(house.id, "Down.", house.manifest)]


def test_what_is_left_alone_says_why(house: House) -> None:
    assert house.choice() == NOT_PUBLISHED
    house.publish()
    assert house.choice() == SAME_ENGINE
    house.engine = house.engine_named("two")
    assert house.choice() == ""
    house.archive.store.delete("circles/privacy.json")
    assert "no circle" in house.choice()
    house.archive.store.put_bytes("circles/privacy.json", b"{", media_type="application/json")
    assert "circles/privacy.json" in house.choice()


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
    house = House(tmp_path, language=said)
    house.change_circle(language=circle)
    house.give_captions(name=name)
    house.publish()
    assert (house.transcript.engine, house.transcript.language) == ("platform", language)


def test_what_is_not_published_cannot_be_asked_for_again(house: House) -> None:
    assert not ask_again(house.archive, house.id).again


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
