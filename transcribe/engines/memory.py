"""A transcriber that knows beforehand what is said: for tests, held to the same contract as the real engines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kring.languages import UNDETERMINED, check_language
from kring.model import Segment, Transcript, Word
from transcribe.engines.base import fingerprint
from transcribe.pipeline.prompt import fitting_terms
from transcribe.pipeline.vad import RATE, read_blocks
from transcribe.port import ReportFraction
from transcribe.recipe import RECIPE


@dataclass(frozen=True, slots=True)
class FakeSentence:
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class FakeSpeech:
    """What is said in one recording, and in which language."""

    language: str
    said: tuple[FakeSentence, ...]


@dataclass(slots=True)
class FakeTranscriber:
    """Audio it was not told about is silent to it."""

    model: str = "told"
    told: dict[str, FakeSpeech] = field(default_factory=dict)
    calls: list[Path] = field(default_factory=list)
    """Every audio it has listened to, in order."""

    def tell(self, audio: Path, language: str, *sentences: FakeSentence) -> None:
        """What will be heard in this audio (known by its bytes, not its name)."""
        self.told[hashlib.sha256(audio.read_bytes()).hexdigest()] = FakeSpeech(check_language(language), sentences)

    def fingerprint(
        self, language: str | None, glossary: Sequence[str] = (), *, english: bool = False, recipe: str = RECIPE
    ) -> str:
        code = None if language is None else check_language(language)
        inputs = {"language": code, "glossary": fitting_terms(glossary), "english": english, "audio": recipe}
        return fingerprint("fake", self.model, "exact", "none", inputs)

    def load(self) -> None:
        """It has no weights."""

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
        name = self.fingerprint(language, glossary, english=english, recipe=recipe)
        duration = sum(block.shape[0] for block in read_blocks(audio)) / RATE
        self.calls.append(audio)
        spoken = self.told.get(hashlib.sha256(audio.read_bytes()).hexdigest(), FakeSpeech(UNDETERMINED, ()))
        segments = tuple(_segment(sentence) for sentence in spoken.said)
        for segment in segments:
            if progress is not None and segment.end < duration:
                progress(segment.end / duration)
        if progress is not None:
            progress(1.0)
        return Transcript(
            fingerprint=name,
            engine="fake",
            model=self.model,
            language="en" if english else spoken.language if language is None else check_language(language),
            duration=round(duration, 3),
            segments=segments,
        )


def _segment(sentence: FakeSentence) -> Segment:
    """Its words spread evenly over its time."""
    texts = sentence.text.split()
    step = (sentence.end - sentence.start) / max(len(texts), 1)
    words = tuple(
        Word(start=sentence.start + number * step, end=sentence.start + (number + 1) * step, text=text, probability=1.0)
        for number, text in enumerate(texts)
    )
    return Segment(start=sentence.start, end=sentence.end, text=" ".join(texts), words=words)
