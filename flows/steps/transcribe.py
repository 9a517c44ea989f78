"""The transcribe step: which transcript a recording gets, which it keeps, and its English track.

What is made is stored at once under its fingerprint, and the original's transcript before the English track: a run
that is stopped in between goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kring.errors import BadTranscript
from kring.model import Circle, Manifest, Transcript, TranscriptRef
from kring.sentence import Sentence
from kring.transcription import ENGLISH, glossary_of, stated_language, translated_from, wants_english
from storage.archive.archive import Archive
from storage.keys import transcript_key
from transcribe.captions.reader import MAX_BYTES as MAX_CAPTION_BYTES, transcript_from_file
from transcribe.pipeline.coverage import coverage
from transcribe.port import Transcriber
from transcribe.recipe import chosen_in
from transcribe.sidecars import language_named

AT_SPEED = "{speed} × real time"
INTO_ENGLISH = "into English, {note}"

Report = Callable[[float, str], None]
"""Fraction of the step done, and a short note for people ("6.3 × real time")."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What `publish` names in the manifest."""

    transcript: TranscriptRef
    english: TranscriptRef | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to transcribe one recording. `speech` fetches its sound when something has to listen to it."""

    archive: Archive
    manifest: Manifest
    circle: Circle
    recipe: str
    """How that sound was rendered."""
    duration: float
    engine: Callable[[], Transcriber]
    speech: Callable[[], Path]
    report: Report

    @property
    def language(self) -> str | None:
        """What was said about the language; None: it is to be heard."""
        return stated_language(self.manifest, self.circle)


def transcribe(desk: Desk) -> Heard:
    """The meeting platform's transcript where there is one; else what the recording has; else what Whisper hears."""
    transcript = _platforms(desk) if desk.manifest.captions else _kept(desk) or _whispers(desk)
    return Heard(transcript, _english(desk, transcript))


def _platforms(desk: Desk) -> TranscriptRef:
    """Made from the platform's file. The one a recording has stays, unless the file is another by now."""
    captions, known = desk.manifest.captions, desk.manifest.transcript
    assert captions is not None  # noqa: S101
    if captions.size > MAX_CAPTION_BYTES:
        raise BadTranscript("{name} is too large to be a transcript; add the right file.", name=captions.file_name)
    data = desk.archive.store.get_bytes(captions.key).data

    def read(language: str | None) -> Transcript:
        made = transcript_from_file(data, language=language, duration=desk.duration)
        return made.model_copy(update={"fingerprint": made.fingerprint + chosen_in(desk.recipe)})

    if known is not None and read(known.language).fingerprint == known.fingerprint and _is_there(desk, known):
        return known
    named = language_named(captions.file_name, desk.manifest.original.file_name)
    transcript = read(desk.manifest.details.language or named or desk.circle.language)
    key = transcript_key(desk.manifest.original.sha256, transcript.fingerprint)
    if not desk.archive.store.exists(key):
        desk.report(0.0, "looking for speech without text")
        speech, holes = coverage(desk.speech(), transcript.segments)
        _keep(desk, transcript.model_copy(update={"speech": speech, "holes": holes}))
    return _reference(desk, key)


def _kept(desk: Desk) -> TranscriptRef | None:
    """The transcript the recording has: it stays, whatever was set since, until somebody asks for another."""
    known = desk.manifest.transcript
    if known is None or desk.manifest.again or not _is_there(desk, known):
        return None
    return known


def _whispers(desk: Desk) -> TranscriptRef:
    share = 0.5 if wants_english(desk.manifest, desk.circle) else 1.0
    return _listen(desk, desk.language, english=False, report=lambda done, note: desk.report(share * done, note))


def _english(desk: Desk, transcript: TranscriptRef) -> TranscriptRef | None:
    """The English track, where it is wanted and there is something to translate."""
    if not wants_english(desk.manifest, desk.circle) or transcript.language == ENGLISH:
        return None
    known = desk.manifest.english
    if known is not None and not desk.manifest.again and _is_there(desk, known):
        return known
    original = desk.archive.transcript(transcript.key)
    if not original.segments:
        return None
    language = translated_from(original)
    return _listen(
        desk,
        language,
        english=True,
        report=lambda done, note: desk.report(0.5 + 0.5 * done, Sentence(INTO_ENGLISH, note=note)),
    )


def _listen(desk: Desk, language: str | None, *, english: bool, report: Report) -> TranscriptRef:
    """What the engine hears with this recording's glossary; found, where it has heard it before."""
    engine, glossary = desk.engine(), glossary_of(desk.manifest, desk.circle)
    name = engine.fingerprint(language, glossary, english=english, recipe=desk.recipe)
    key = transcript_key(desk.manifest.original.sha256, name)
    if not desk.archive.store.exists(key):
        speech, started = desk.speech(), time.monotonic()

        def progress(fraction: float) -> None:
            speed = fraction * desk.duration / max(time.monotonic() - started, 0.001)
            report(fraction, Sentence(AT_SPEED, speed=f"{speed:.1f}"))

        _keep(
            desk,
            engine.transcribe(
                speech,
                language=language,
                glossary=glossary,
                english=english,
                recipe=desk.recipe,
                progress=progress,
            ),
        )
    return _reference(desk, key)


def _is_there(desk: Desk, reference: TranscriptRef) -> bool:
    return desk.archive.store.exists(reference.key)


def _keep(desk: Desk, transcript: Transcript) -> None:
    desk.archive.put_transcript(desk.manifest.original.sha256, transcript)


def _reference(desk: Desk, key: str) -> TranscriptRef:
    transcript, content = desk.archive.transcript_as_stored(key)
    return TranscriptRef(
        key=key,
        fingerprint=transcript.fingerprint,
        engine=transcript.engine,
        model=transcript.model,
        language=transcript.language,
        missing=round(sum(hole.end - hole.start for hole in transcript.holes), 1),
        content=content,
    )
