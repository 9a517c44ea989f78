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
class TranscriptsMade:
    """What `publish` names in the manifest."""

    transcript: TranscriptRef
    english: TranscriptRef | None = None


@dataclass(frozen=True, slots=True)
class TranscribeContext:
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


def transcribe(context: TranscribeContext) -> TranscriptsMade:
    """The meeting platform's transcript if there is one, else the one the recording has, else Whisper's."""
    transcript = (
        _platform_transcript(context)
        if context.manifest.captions
        else _current_transcript(context) or _engine_transcript(context)
    )
    return TranscriptsMade(transcript, _english_track(context, transcript))


def _platform_transcript(context: TranscribeContext) -> TranscriptRef:
    """Made from the platform's file. The one a recording has stays, unless the file is another by now."""
    captions, known = context.manifest.captions, context.manifest.transcript
    assert captions is not None  # noqa: S101
    if captions.size > MAX_CAPTION_BYTES:
        raise BadTranscript("{name} is too large to be a transcript; add the right file.", name=captions.file_name)
    data = context.archive.store.get_bytes(captions.key).data

    def read(language: str | None) -> Transcript:
        made = transcript_from_file(data, language=language, duration=context.duration)
        return made.model_copy(update={"fingerprint": made.fingerprint + chosen_in(context.recipe)})

    if known is not None and read(known.language).fingerprint == known.fingerprint and _is_stored(context, known):
        return known
    named = language_named(captions.file_name, context.manifest.original.file_name)
    transcript = read(context.manifest.details.language or named or context.circle.language)
    key = transcript_key(context.manifest.original.sha256, transcript.fingerprint)
    if not context.archive.store.exists(key):
        context.report(0.0, "looking for speech without text")
        speech, holes = coverage(context.speech(), transcript.segments)
        _keep(context, transcript.model_copy(update={"speech": speech, "holes": holes}))
    return _reference(context, key)


def _current_transcript(context: TranscribeContext) -> TranscriptRef | None:
    """The transcript the recording has: it stays, whatever was set since, until a facilitator asks for another."""
    known = context.manifest.transcript
    if known is None or context.manifest.again or not _is_stored(context, known):
        return None
    return known


def _engine_transcript(context: TranscribeContext) -> TranscriptRef:
    share = 0.5 if wants_english(context.manifest, context.circle) else 1.0
    return _transcribe_once(
        context, context.language, english=False, report=lambda done, note: context.report(share * done, note)
    )


def _english_track(context: TranscribeContext, transcript: TranscriptRef) -> TranscriptRef | None:
    """The English track, if it is wanted and there is something to translate."""
    if not wants_english(context.manifest, context.circle) or transcript.language == ENGLISH:
        return None
    known = context.manifest.english
    if known is not None and not context.manifest.again and _is_stored(context, known):
        return known
    original = context.archive.transcript(transcript.key)
    if not original.segments:
        return None
    language = translated_from(original)
    return _transcribe_once(
        context,
        language,
        english=True,
        report=lambda done, note: context.report(0.5 + 0.5 * done, Sentence(INTO_ENGLISH, note=note)),
    )


def _transcribe_once(
    context: TranscribeContext, language: str | None, *, english: bool, report: Report
) -> TranscriptRef:
    """What the engine hears with this recording's glossary; the stored transcript, if it has heard it before."""
    engine, glossary = context.engine(), glossary_of(context.manifest, context.circle)
    name = engine.fingerprint(language, glossary, english=english, recipe=context.recipe)
    key = transcript_key(context.manifest.original.sha256, name)
    if not context.archive.store.exists(key):
        speech, started = context.speech(), time.monotonic()

        def progress(fraction: float) -> None:
            speed = fraction * context.duration / max(time.monotonic() - started, 0.001)
            report(fraction, Sentence(AT_SPEED, speed=f"{speed:.1f}"))

        _keep(
            context,
            engine.transcribe(
                speech,
                language=language,
                glossary=glossary,
                english=english,
                recipe=context.recipe,
                progress=progress,
            ),
        )
    return _reference(context, key)


def _is_stored(context: TranscribeContext, reference: TranscriptRef) -> bool:
    return context.archive.store.exists(reference.key)


def _keep(context: TranscribeContext, transcript: Transcript) -> None:
    context.archive.put_transcript(context.manifest.original.sha256, transcript)


def _reference(context: TranscribeContext, key: str) -> TranscriptRef:
    transcript, content = context.archive.transcript_as_stored(key)
    return TranscriptRef(
        key=key,
        fingerprint=transcript.fingerprint,
        engine=transcript.engine,
        model=transcript.model,
        language=transcript.language,
        missing=round(sum(hole.end - hole.start for hole in transcript.holes), 1),
        content=content,
    )
