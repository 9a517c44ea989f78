"""A recording of real sound and picture in an archive in memory, of which every word is known; an engine that hears a
word only where there is sound."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from flows.steps import steps
from flows.steps.recording_job import Job
from index.memory import MemoryIndex
from index.port import Query
from kring.corrections.changes import ChapterChange, Correction, DetailsChange, LineChange, NameChange
from kring.model import Circle, Cut, Details, Manifest, Segment, SourceRef, Transcript, Word, now
from kring.settings import Settings
from kring.settings.sections import MediaLimits
from services.intake import describe, store_captions, store_recording
from services.ports import Ports
from services.removal.leftovers import finish_cuts
from services.removal.passage import ask_cut
from services.runs.memory import MemoryRuns
from services.search_index.reindex import Reindexing
from storage.archive.archive import Archive
from storage.leases import Leases
from storage.memory.store import MemoryStore
from tests.support.media.files import ffmpeg
from transcribe.engines.memory import FakeTranscriber
from transcribe.media import ffmpeg as guarded
from transcribe.pipeline.vad import RATE, read_blocks

SECONDS = 6.0
SAID = ((0.5, 1.5, "Velkommen til Fjordane"), (2.0, 3.0, "Fødselsnummeret lekket"), (4.0, 5.0, "Takk for idag"))
"""The second of them is to go."""
GOES = (2.0, 3.0)
SECRETS = ("Fødselsnummeret", "lekket", "Hemmelighet", "Kapittelnavnet")
STAYS = ("Velkommen", "Takk", "Rettet")


@dataclass(slots=True)
class ListeningTranscriber(FakeTranscriber):
    """Hears each sentence if there is sound in the middle of it."""

    heard: list[str] = field(default_factory=list)

    def transcribe(self, audio: Path, **options: Any) -> Transcript:
        sound = np.concatenate(list(read_blocks(audio)))
        made = FakeTranscriber.transcribe(self, audio, **options)
        segments = [
            Segment(start=start, end=end, text=text, words=(Word(start, end, text),))
            for start, end, text in SAID
            if np.abs(sound[int((start + 0.1) * RATE) : int((end - 0.1) * RATE)]).max() > 0
        ]
        self.heard += [segment.text for segment in segments]
        return made.model_copy(update={"segments": tuple(segments), "language": "nb"})


def film(path: Path) -> Path:
    drawn = ["-f", "lavfi", "-i", f"testsrc2=s=160x90:r=10:d={SECONDS}"]
    sine = ["-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}"]
    ffmpeg(*drawn, *sine, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-c:a", "aac", path)
    return path


class CutRecording:
    """Published, found, corrected."""

    def __init__(self, folder: Path, *, captions: bool = False) -> None:
        self.folder = folder
        self.archive, self.index, self.runs = Archive(MemoryStore()), MemoryIndex(), MemoryRuns()
        self.settings = Settings(data_dir=folder / "data", media=MediaLimits(spare_disk_mb=0))
        self.ports = Ports(self.settings, self.archive, Leases(self.archive.store, lease_seconds=60))
        self.engine = ListeningTranscriber()
        vars(self.ports).update(index=self.index, runs=self.runs, transcriber=self.engine)
        self.reindexing = Reindexing(self.archive, self.index, self.runs)
        self.index.rebuild(())
        self.archive.put_circle(Circle(slug="privacy", name="P", network="n", network_name="N", language="nb"))
        self.path = film(folder / "møte.mp4")
        self.id = self.add("x").id
        if captions:
            self.give_captions(self.vtt("Fødselsnummeret lekket"))
        self.make()
        self.correct(LineChange(start=2.0, end=3.0, before="Fødselsnummeret lekket", text="Hemmelighet lekket"))
        self.correct(LineChange(start=4.0, end=5.0, before="Takk for idag", text="Rettet takk for idag"))
        self.correct(ChapterChange(start=2.2, title="Kapittelnavnet"))
        self.correct(ChapterChange(start=4.0, title="Slutten"))
        self.correct(NameChange(find="Fjordane", replace="Vestland"))
        details = self.manifest.details
        self.correct(DetailsChange(before=details, after=details.model_copy(update={"title": "Møtet"})))
        self.reindexing.refresh(self.manifest)

    def add(self, external_id: str) -> Manifest:
        """The same file as a recording of its own, or once more."""
        details = Details(title="T", circle="privacy", date=date(2026, 3, 1))
        ref = SourceRef(source="folder", external_id=external_id)
        return store_recording(
            self.archive, ref=ref, details=details, path=self.path, original=describe(self.path, "møte.mp4")
        )

    def vtt(self, second: str) -> Path:
        texts = (SAID[0][2], second, SAID[2][2])
        cues = [
            f"00:0{start:.3f} --> 00:0{end:.3f}\n<v Kari>{text}</v>\n"
            for (start, end, _), text in zip(SAID, texts, strict=True)
        ]
        path = self.folder / f"{hashlib.sha256(second.encode()).hexdigest()[:6]}.vtt"
        path.write_text("\n".join(["WEBVTT\nLanguage: nb\n", *cues]), encoding="utf-8")
        return path

    def give_captions(self, path: Path) -> Manifest:
        return store_captions(self.archive, self.manifest, path)

    def correct(self, change: Any) -> None:
        def make(_: tuple[Correction, ...]) -> Correction:
            return Correction(recording_id=self.id, number=1, by="kari", at=now(), change=change)

        self.archive.correct(self.id, make)

    @property
    def manifest(self) -> Manifest:
        return self.archive.manifest(self.id)

    def job(self, recording_id: str = "") -> Job:
        return Job(self.ports, recording_id or self.id, lambda fraction, note: None)

    def make(self, recording_id: str = "") -> Manifest:
        """All steps but the first, each with a job of its own, as the flow makes them."""
        for step in (steps.probe, steps.render, steps.transcribe):
            step(self.job(recording_id))
        made = steps.publish(self.job(recording_id), {})
        steps.index(self.job(recording_id))
        return made

    def cut(self, *, replace: bool = False, passage: tuple[float, float] = GOES) -> Cut:
        return Cut(start=passage[0], end=passage[1], by="kari", by_name="Kari", at=now(), reason="x", replace=replace)

    def ask(self, *, replace: bool = False, passage: tuple[float, float] = GOES) -> Manifest:
        cut = self.cut(replace=replace, passage=passage)
        return ask_cut(self.archive, self.reindexing, self.runs, self.id, cut)

    def take_out(self, *, replace: bool = False, passage: tuple[float, float] = GOES) -> Manifest:
        """From asking to the end."""
        self.ask(replace=replace, passage=passage)
        self.make()
        assert finish_cuts(self.ports) == [self.id]
        return self.manifest

    def found(self, text: str) -> int:
        return self.index.search(Query(text)).total

    def said(self) -> str:
        transcript = self.archive.transcript_of(self.manifest)
        return " ".join(segment.text for segment in transcript.segments) if transcript else ""

    def objects(self) -> dict[str, bytes]:
        return {info.key: self.archive.store.get_bytes(info.key).data for info in self.archive.store.list()}

    def holding(self, word: str) -> list[str]:
        """Keys of the objects that have this word, as text or as JSON writes it."""
        forms = {word.encode(), word.encode("unicode_escape")}
        return [key for key, data in self.objects().items() if any(form in data for form in forms)]

    def loudest(self, key: str, start: float, end: float) -> int:
        """The highest sample of what an object sounds like there; 32768 is the most there is."""
        path = self.folder / "heard"
        self.archive.store.get_file(key, path)
        command = [guarded.binary(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a"]
        some = ["-af", f"atrim=start={start}:end={end}", "-f", "s16le", "pipe:1"]
        samples = np.frombuffer(subprocess.run([*command, *some], check=True, capture_output=True).stdout, dtype="<i2")
        assert len(samples)
        return int(np.abs(samples.astype(np.int32)).max())
