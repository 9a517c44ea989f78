"""Choosing another sound of a file, from the wish to the manifest: what is played is what was transcribed."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.steps import steps
from flows.steps.steps import Job
from index.memory import MemoryIndex
from kring.corrections.changes import Correction, LineChange
from kring.errors import InputError
from kring.model import Circle, Details, Manifest, Original, Renditions, SourceRef, State, Step
from kring.settings import MediaLimits, Settings
from services.intake import store_captions
from services.ports import Ports
from services.problems import record_problem
from services.reconcile.plan import Restart
from services.retranscribe import ask_again, choose_sound
from storage.archive.archive import Archive
from storage.keys import RENDITIONS_MARK, rendition_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from storage.verify.verify import verify
from tests.support.media.sound_tracks import make_tracks, rules, visit
from tests.unit.services.reconcile.test_plan import ask as ask_plan
from transcribe.engines.memory import FakeSentence, FakeTranscriber
from transcribe.recipe import RECIPE

pytestmark = pytest.mark.slow  # ffmpeg renders in most of them

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VTT = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Kari>Hei fra plattformen.</v>\n"


class House:
    """A recording of two languages at a time, which was really rendered, and an engine that knows who speaks where."""

    def __init__(self, folder: Path, original: Path) -> None:
        self.archive, self.engine = Archive(MemoryStore()), FakeTranscriber()
        self.settings = Settings(data_dir=folder, media=MediaLimits(spare_disk_mb=0))
        data = original.read_bytes()
        came = Original(sha256=hashlib.sha256(data).hexdigest(), size=len(data), file_name="a.mkv")
        ref = SourceRef(source="upload", external_id=came.sha256)
        self.id, details = ref.recording_id, Details(title="T", circle="c", date=date(2026, 3, 1))
        self.archive.put_circle(Circle(slug="c", name="C", network="n", network_name="N"))
        self.archive.store.put_bytes(came.key, data, media_type="video/x-matroska")
        self.archive.create(
            Manifest(
                id=self.id,
                source=ref,
                details=details,
                original=came,
                received_at=NOON - timedelta(minutes=1),
                changed_at=NOON,
            )
        )

    @property
    def manifest(self) -> Manifest:
        return self.archive.manifest(self.id)

    @property
    def job(self) -> Job:
        ports = Ports(self.settings, self.archive, Leases(self.archive.store, lease_seconds=60))
        vars(ports).update(transcriber=self.engine, index=MemoryIndex())  # where `cached_property` keeps them
        return Job(ports, self.id, lambda fraction, note: None)

    def publish(self) -> Manifest:
        """One run; what the engine hears is the name of the sound that it is given."""
        made = steps.render(self.job)
        assert made.sound_tracks is not None
        speech = self.settings.data_dir / "told.flac"
        self.archive.store.get_file(made.speech, speech)
        self.engine.tell(speech, "en", FakeSentence(0.5, 2.5, made.sound_tracks.taken.name))
        steps.transcribe(self.job)
        return steps.publish(self.job, {})

    def said(self) -> str:
        transcript = self.archive.transcript_of(self.manifest)
        assert transcript is not None
        return " ".join(segment.text for segment in transcript.segments)

    def heard(self) -> str:
        """The same, without what people have corrected."""
        assert self.manifest.transcript is not None
        return " ".join(segment.text for segment in self.archive.transcript(self.manifest.transcript.key).segments)

    def correct(self, text: str) -> None:
        change = LineChange(start=0.5, end=2.5, before=self.said(), text=text)
        made = Correction(recording_id=self.id, number=1, by="kari", at=NOON, change=change)
        self.archive.correct(self.id, lambda there: made)

    def played(self) -> str:
        made = self.manifest.renditions
        assert made is not None
        assert made.sound_tracks is not None
        return made.sound_tracks.taken.name

    def starts_again(self) -> bool:
        versions = {self.id: self.manifest.version}
        return any(isinstance(action, Restart) for action in ask_plan([self.manifest], indexed=versions))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    return make_tracks(folder / "x.mkv", [rules(folder)], [visit(folder)], options=["-c:a", "aac", "-b:a", "64k"])


@pytest.fixture
def house(tmp_path: Path, original: Path) -> House:
    house = House(tmp_path, original)
    house.publish()
    return house


def test_another_sound_is_played_and_written_down_and_corrections_stay(house: House) -> None:
    assert (house.played(), house.said()) == ("track1", "track1")
    house.correct("What Kari heard")
    before = house.manifest
    choose_sound(house.archive, house.id, "track2")
    assert house.manifest.again
    assert house.starts_again()
    assert (house.played(), house.said()) == ("track1", "What Kari heard")  # until that is done
    after = house.publish()
    assert (house.played(), house.said(), after.again) == ("track2", "What Kari heard", False)
    assert house.heard() == "track2"
    assert after.renditions is not None
    assert after.renditions.recipe == f"{RECIPE}-track2"
    assert after.former == before.transcript
    assert not verify(house.archive).damages
    choose_sound(house.archive, house.id, "track1")
    house.publish()
    assert (house.played(), house.heard()) == ("track1", "track1")


def test_who_says_that_the_right_one_was_taken_has_nothing_made_anew(house: House) -> None:
    choose_sound(house.archive, house.id, "track1")
    assert not house.manifest.again
    choose_sound(house.archive, house.id, "track2")
    choose_sound(house.archive, house.id, "track1")
    assert not house.manifest.again
    house.publish()
    ask_again(house.archive, house.id)
    house.publish()
    assert len(house.engine.calls) == 1
    with pytest.raises(InputError, match="no such sound"):
        choose_sound(house.archive, house.id, "track7")


def test_a_choice_made_meanwhile_is_not_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    choose_sound(house.archive, house.id, "track2")
    steps.render(house.job)
    choose_sound(house.archive, house.id, "track1-2")
    published = house.publish()
    assert house.played() == "track1-2"
    choose_sound(house.archive, house.id, "track2")
    really = steps._transcribed

    def somebody_is_faster(job: Job, manifest: Manifest, made: Renditions) -> object:
        choose_sound(house.archive, house.id, "track1")
        return really(job, manifest, made)

    monkeypatch.setattr(steps, "_transcribed", somebody_is_faster)
    published = steps.publish(house.job, {})
    assert (house.played(), published.sound_track, published.again) == ("track2", "track1", True)


def test_a_wish_that_cannot_be_had_is_given_up(house: House) -> None:
    choose_sound(house.archive, house.id, "track2")
    record_problem(house.archive, house.id, Step.TRANSCRIBE, "A server is down.", transient=True)
    assert (house.manifest.sound_track, house.manifest.again) == ("track2", True)
    record_problem(house.archive, house.id, Step.RENDER, "It is damaged.", transient=False)
    assert (house.manifest.sound_track, house.manifest.again) == ("track1", False)
    assert house.manifest.state is State.PUBLISHED


def test_what_an_older_kring_has_made_stays_until_it_is_transcribed_again(house: House) -> None:
    """Else the sound that is played could be another than the one that was transcribed."""
    made = house.manifest.renditions
    assert made is not None
    older = made.model_copy(update={"recipe": "web-1", "sound_tracks": None})
    mark = rendition_key(house.manifest.original.sha256, "web-1", RENDITIONS_MARK)
    house.archive.store.put_bytes(mark, older.model_dump_json().encode(), media_type="application/json")
    house.archive.update(house.id, lambda old: old.model_copy(update={"renditions": older}))
    assert steps.render(house.job) == older
    ask_again(house.archive, house.id)
    assert steps.render(house.job) == made


def test_a_platforms_transcript_stays_and_is_compared_with_the_new_sound(house: House, tmp_path: Path) -> None:
    captions = tmp_path / "captions.vtt"
    captions.write_bytes(VTT)
    store_captions(house.archive, house.manifest, captions)
    first = house.publish()
    choose_sound(house.archive, house.id, "track2")
    second = house.publish()
    assert (house.played(), house.said(), second.again) == ("track2", "Hei fra plattformen.", False)
    assert first.transcript is not None
    assert second.transcript is not None
    assert second.transcript.key == first.transcript.key.replace(".json", "-track2.json")
