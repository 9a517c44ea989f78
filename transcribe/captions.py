"""Transcripts that people bring: whatever a meeting platform, an editor or a podcast made, as Kring's own. Pure.

What a file is, its content says, not its name. Each format is a module of its own, with its reader and its writer.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from kring.errors import BadTranscript
from kring.model import Dropped, Segment, Transcript
from kring.text import coding_of
from transcribe.podcasting import is_json, parse_json
from transcribe.subrip import is_srt, parse_srt
from transcribe.webvtt import is_vtt, parse_vtt

MAX_BYTES = 20_000_000
"""A day of dense captions is about 5 MB."""
ENGINE = "platform"
PARSER = 2
"""Part of the fingerprint; grows when the same file would give another transcript."""

_WESTERN = re.compile(r"[ÆØÅæøåÄÖÜäöüßÉÈÊËéèêëÁÀÂáàâÍÎÏíìîïÓÒÔóòôÚÙÛúùûÇçÑñ]")
_SIGNS = re.compile(r"(?<!\w)[‘“„]|[’”«»–—…§°€\xa0]")


class Read(NamedTuple):
    """What a file says, and in which format: `vtt`, `srt` or `json`."""

    format: str
    segments: list[Segment]


def read_captions(data: bytes) -> Read:
    """A transcript's segments, in order of time and without overlaps. Raises BadTranscript, naming the line."""
    if len(data) > MAX_BYTES:
        raise BadTranscript(
            "The transcript is larger than {most} MB; that is no captions file.", most=MAX_BYTES // 1_000_000
        )
    text = _decoded(data)
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:10]
    if not lines:
        raise BadTranscript("The transcript is empty.")
    if is_vtt(lines[0]):
        return Read("vtt", parse_vtt(text))
    if is_json(text):
        return Read("json", parse_json(text))
    if is_srt(lines):
        return Read("srt", parse_srt(text))
    at = text[: text.index(lines[0])].count("\n") + 1
    if lines[0].lstrip().startswith("<"):
        raise BadTranscript(
            "Line {line}: this looks like a web page or XML; download the transcript itself, as WebVTT (.vtt).",
            line=at,
        )
    raise BadTranscript(
        "Line {line}: this is neither WebVTT (.vtt, it begins with WEBVTT), SubRip (.srt) nor a podcast's transcript "
        "(.json); export the transcript as one of them.",
        line=at,
    )


def transcript_from_file(data: bytes, *, language: str, duration: float) -> Transcript:
    """The transcript that came with a recording of `duration` seconds; `language` is a code of Kring's.

    Captions that begin after the end are kept out (in `dropped`). Raises BadTranscript, also where all of them do.
    """
    read = read_captions(data)
    kept: list[Segment] = []
    dropped: list[Dropped] = []
    for segment in read.segments:
        if segment.start >= duration:
            dropped.append(Dropped(segment=segment, reason="begins after the end of the recording"))
        else:
            kept.append(segment if segment.end <= duration else _shortened(segment, duration))
    if not kept:
        raise BadTranscript(
            "Every caption begins after the recording's end; the transcript belongs to another recording."
        )
    facts = f"{PARSER}\n{language}\n{duration:.3f}\n".encode() + data
    return Transcript(
        fingerprint=f"{ENGINE}-{hashlib.sha256(facts).hexdigest()[:12]}",
        engine=ENGINE,
        model=read.format,
        language=language,
        duration=duration,
        segments=tuple(kept),
        dropped=tuple(dropped),
    )


def _shortened(segment: Segment, duration: float) -> Segment:
    words = tuple(word._replace(end=min(word.end, duration)) for word in segment.words if word.start < duration)
    return segment.model_copy(update={"end": duration, "words": words if len(words) == len(segment.words) else ()})


def _decoded(data: bytes) -> str:
    """As UTF-8, or as its first bytes say; older SubRip as Windows-1252, where that is beyond doubt."""
    coding = coding_of(data)
    try:
        return data.decode(coding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if coding == "utf-8" and (text := _western(data)) is not None:
            return text
        line = data.count(b"\n", 0, error.start) + 1
        raise BadTranscript(
            "Line {line} of the transcript is not UTF-8 text; open it in an editor, save it with the encoding UTF-8 "
            "and try again.",
            line=line,
        ) from None


def _western(data: bytes) -> str | None:
    """SubRip as Windows-1252; None where it may as well be something else.

    Other codings of the same bytes give signs that stand in no text of western Europe, or its letters in heaps.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    lines = text[:20_000].splitlines()
    if not is_srt(lines) or any(is_vtt(line) for line in lines[:1]):
        return None
    known = _SIGNS.sub("", _WESTERN.sub("", text))
    heaps = re.search(rf"{_WESTERN.pattern}{{3}}", text)
    return text if known.isascii() and not heaps else None
