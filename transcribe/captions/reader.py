"""Transcripts that people bring: whatever a meeting platform, an editor or a podcast made, as Kring's own. Pure.

What a file is, its content says, not its name. Each format is a module of its own.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from kring.errors import BadTranscript
from kring.languages import UNDETERMINED, known_language
from kring.model import Dropped, Segment, Transcript
from transcribe.captions.parsing.cleaning import lines_of
from transcribe.captions.parsing.decoding import decoded
from transcribe.captions.parsing.timed_text import Utterance, segments_of
from transcribe.captions.parsing.turns import read_turns
from transcribe.captions.parsing.word import is_word, word_text
from transcribe.captions.podcast_json import is_json, parse_json
from transcribe.captions.subrip import is_srt, read_srt
from transcribe.captions.webvtt import is_vtt, language_of, read_vtt

MAX_BYTES = 20_000_000
"""A day of dense captions is about 5 MB."""
ENGINE = "platform"
PARSER = 3
"""Part of the fingerprint; grows when the same file would give another transcript."""
BEFORE = "ends before the recording begins"
AFTER = "begins after the end of the recording"


class ParsedTranscript(NamedTuple):
    """What a file says, and in which format: `vtt`, `srt`, `json` or `txt` (also where Word keeps it)."""

    format: str
    segments: list[Segment]
    early: tuple[Utterance, ...] = ()
    """What was said before the recording began."""
    language: str | None = None
    """The code that the file itself gives."""


def read_captions(data: bytes) -> ParsedTranscript:
    """A transcript's segments, in order of time. Raises BadTranscript, naming the line."""
    if len(data) > MAX_BYTES:
        raise BadTranscript(
            "The transcript is larger than {most} MB; that is no captions file.", most=MAX_BYTES // 1_000_000
        )
    text = word_text(data) if is_word(data) else decoded(data)
    lines = [line for line in lines_of(text[:20_000]) if line.strip()][:10]
    if not lines:
        raise BadTranscript("The transcript is empty.")
    if is_vtt(lines[0]):
        return _read("vtt", read_vtt(text), language_of(text))
    if is_json(text):
        return ParsedTranscript("json", parse_json(text))
    if is_srt(lines):
        return _read("srt", read_srt(text))
    if (turns := read_turns(text)) is not None:
        return _read("txt", turns)
    if is_word(data):
        raise BadTranscript(
            "This Word document is no transcript with times and names, as Teams and Word make it; download the "
            "transcript itself from the meeting, as WebVTT (.vtt) or Word."
        )
    at = next(number for number, line in enumerate(lines_of(text), start=1) if line.strip())
    if lines[0].lstrip().startswith("<"):
        raise BadTranscript(
            "Line {line}: this looks like a web page or XML; download the transcript itself, as WebVTT (.vtt).",
            line=at,
        )
    raise BadTranscript(
        "Line {line}: this is neither WebVTT (.vtt, it begins with WEBVTT), SubRip (.srt), a podcast's transcript "
        "(.json) nor text with names and times as Teams and Word save it; export the transcript as one of them.",
        line=at,
    )


def _read(form: str, utterances: list[Utterance], language: str | None = None) -> ParsedTranscript:
    early = tuple(utterance for utterance in utterances if utterance.is_early)
    if early and len(early) == len(utterances):
        raise BadTranscript(
            "Every caption ends before the recording begins; the transcript belongs to another recording."
        )
    return ParsedTranscript(form, segments_of(utterances), early, language)


def transcript_from_file(data: bytes, *, language: str | None, duration: float) -> Transcript:
    """The transcript that came with a recording of `duration` seconds; `language` is a code of Kring's, None what the
    file itself says.

    Captions that end before the recording begins, or begin after its end, are kept out (in `dropped`). Raises
    BadTranscript, also if all of them do.
    """
    read = read_captions(data)
    segments_kept: list[Segment] = []
    dropped = [
        Dropped(segment=Segment(start=0, end=0, text=early.text, speaker=early.speaker), reason=BEFORE)
        for early in read.early
    ]
    for segment in read.segments:
        if segment.start >= duration:
            dropped.append(Dropped(segment=segment, reason=AFTER))
        else:
            segments_kept.append(segment if segment.end <= duration else _shortened(segment, duration))
    if not segments_kept:
        raise BadTranscript(
            "Every caption begins after the recording's end; the transcript belongs to another recording."
        )
    language = language or known_language(read.language or "") or UNDETERMINED
    facts = f"{PARSER}\n{language}\n{duration:.3f}\n".encode() + data
    return Transcript(
        fingerprint=f"{ENGINE}-{hashlib.sha256(facts).hexdigest()[:12]}",
        engine=ENGINE,
        model=read.format,
        language=language,
        duration=duration,
        segments=tuple(segments_kept),
        dropped=tuple(dropped),
    )


def _shortened(segment: Segment, duration: float) -> Segment:
    words = tuple(word._replace(end=min(word.end, duration)) for word in segment.words if word.start < duration)
    return segment.model_copy(update={"end": duration, "words": words if len(words) == len(segment.words) else ()})
