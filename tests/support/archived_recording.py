"""One recording in an archive in memory, probed and rendered, and an engine that is told what is said in it."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.steps import steps
from flows.steps.steps import Job
from index.memory import MemoryIndex
from kring.corrections.changes import Correction, LineChange
from kring.errors import KringError
from kring.model import (
    Circle,
    Details,
    Manifest,
    Media,
    Original,
    Renditions,
    SourceRef,
    Step,
    Transcript,
    TranscriptRef,
)
from kring.settings import Settings
from services.intake import store_captions
from services.ports import Ports
from services.retranscribe import choose
from storage.archive.archive import Archive
from storage.documents import write_document
from storage.keys import MEDIA_MARK, PROBE_RECIPE, RENDITIONS_MARK, correction_key, rendition_key
from storage.leases import Leases
from storage.memory.store import MemoryStore
from transcribe.engines.memory import FakeSentence, FakeTranscriber
from transcribe.port import ReportFraction
from transcribe.recipe import RECIPE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

RECEIVED = NOON - timedelta(minutes=1)

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
        progress: ReportFraction | None = None,
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


class ArchivedRecording:
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
                received_at=RECEIVED,
                changed_at=NOON,
            )
        )

    def engine_named(self, model: str, language: str = "nb") -> FakeTranscriber:
        engine = FakeTranscriber(model=model)
        engine.tell(self.speech, language, FakeSentence(0.5, 2.5, f"Dette hørte {model}"))
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
        store_captions(self.archive, self.manifest, path)

    def choice(self) -> str:
        (choice,) = choose([self.manifest], self.archive, self.engine)
        return choice.left_alone
