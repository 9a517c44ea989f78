"""WebVTT captions, read and written. Pure.

Read as the WebVTT standard says (W3C, section 6), except that what a browser would pass over in silence (a bad time, a
cue that ends before it starts, a file that is something else) is an error with its line: a facilitator who hands in a
meeting platform's transcript is told, and no cue is lost unseen.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kring.errors import BadTranscript
from kring.model import Dropped, Segment, Transcript

MAX_BYTES = 20_000_000
"""A day of dense captions is about 5 MB."""
ENGINE = "platform"
PARSER = 1
"""Part of the fingerprint; grows when the same file would give another transcript."""
CROWDED = 0.2
"""Seconds: cues that begin closer together than this share their time instead of one hiding the other."""

_ARROW = "-->"
_TIME = re.compile(r"(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})")
_SRT_TIME = re.compile(r"\d+:\d\d:\d\d,\d{1,3}\s*-->")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]+([^<>]*))?>")
_VOICE_END = re.compile(r"</v\s*>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|</>")
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])
"""Marks that could make a line read otherwise than it is written."""


@dataclass(frozen=True, slots=True)
class _Cue:
    line: int
    start: float
    end: float
    payload: str


def parse_vtt(text: str) -> list[Segment]:
    """The cues of a WebVTT file as segments, in order of time and without overlaps, speakers from `<v Name>`.

    A cue with several voices becomes a segment for each, its time parted by the length of their texts. Markup is
    removed; cues without text are left out. Raises BadTranscript with the line number.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    segments = [segment for cue in _cues(lines) for segment in _voices(cue)]
    if not segments:
        raise BadTranscript("The transcript has no captions with text in it; export it again with captions.")
    return _one_after_another(segments)


def transcript_from_vtt(data: bytes, *, language: str, duration: float) -> Transcript:
    """A meeting platform's transcript of a recording of `duration` seconds, `language` a Whisper code.

    Captions that begin after the end are kept out (in `dropped`). Raises BadTranscript, also where all of them do.
    """
    if len(data) > MAX_BYTES:
        raise BadTranscript(f"The transcript is larger than {MAX_BYTES // 1_000_000} MB; that is no captions file.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadTranscript(
            f"Line {line} of the transcript is not UTF-8 text; save it as UTF-8 and try again."
        ) from None
    kept: list[Segment] = []
    dropped: list[Dropped] = []
    for segment in parse_vtt(text):
        if segment.start >= duration:
            dropped.append(Dropped(segment=segment, reason="begins after the end of the recording"))
        else:
            kept.append(segment.model_copy(update={"end": min(segment.end, duration)}))
    if not kept:
        raise BadTranscript(
            "Every caption begins after the recording's end; the transcript belongs to another recording."
        )
    facts = f"{PARSER}\n{language}\n{duration:.3f}\n".encode() + data
    return Transcript(
        fingerprint=f"{ENGINE}-{hashlib.sha256(facts).hexdigest()[:12]}",
        engine=ENGINE,
        model="vtt",
        language=language,
        duration=duration,
        segments=tuple(kept),
        dropped=tuple(dropped),
    )


def write_vtt(segments: Iterable[Segment]) -> str:
    """Segments as a WebVTT file: a cue for each that has text, `<v Name>` where the speaker is known."""
    cues = ["WEBVTT\n"]
    for segment in segments:
        text = html.escape(clean(segment.text), quote=False)
        if not text:
            continue
        speaker = html.escape(clean(segment.speaker or ""), quote=False)
        start = round(segment.start * 1000)
        end = max(round(segment.end * 1000), start + 1)
        voice = f"<v {speaker}>" if speaker else ""
        cues.append(f"{timestamp(start)} {_ARROW} {timestamp(end)}\n{voice}{text}\n")
    return "\n".join(cues)


def timestamp(milliseconds: int) -> str:
    """`HH:MM:SS.mmm`, with more digits for the hours where they are needed."""
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def clean(text: str) -> str:
    """One line of text: NFC, single spaces, without control characters and direction marks."""
    visible = "".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in text)
    return " ".join(unicodedata.normalize("NFC", visible.translate(_BIDI)).split())


def _cues(lines: list[str]) -> Iterator[_Cue]:
    """Every cue with its line number; NOTE, STYLE and REGION blocks, identifiers and cue settings are passed over."""
    at = _after_header(lines)
    while at < len(lines):
        if _ARROW not in lines[at]:
            if re.fullmatch(r"NOTE(?:[ \t].*)?|(?:STYLE|REGION)[ \t]*", lines[at]):
                at = _end_of_block(lines, at)
            at += 1
            continue
        first = at + 1
        at = first
        while at < len(lines) and lines[at] and _ARROW not in lines[at]:
            at += 1
        start, end = _times(lines[first - 1], first)
        yield _Cue(first, start, end, "\n".join(lines[first:at]))


def _after_header(lines: list[str]) -> int:
    """Where the first block begins. Raises BadTranscript where this is no WebVTT, saying what it seems to be."""
    at = next((number for number, line in enumerate(lines) if line.strip()), None)
    if at is None:
        raise BadTranscript("The transcript is empty.")
    if re.match(r"WEBVTT(?:[ \t]|$)", lines[at]):
        return at + 1
    first = lines[at].strip()
    if any(_SRT_TIME.match(line.strip()) for line in lines[at : at + 3]):
        what = "looks like SubRip (.srt); save or convert it as WebVTT (.vtt)"
    elif first.startswith("<"):
        what = "looks like a web page or XML; download the transcript itself, as WebVTT (.vtt)"
    else:
        what = "is not WebVTT, which begins with the word WEBVTT; export the transcript as .vtt"
    raise BadTranscript(f"Line {at + 1}: the transcript {what}.")


def _end_of_block(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at]:
        at += 1
    return at


def _times(line: str, number: int) -> tuple[float, float]:
    """Start and end in seconds from a cue's timing line; its settings are ignored."""
    left, right = line.split(_ARROW, 1)
    start, end = (_seconds(text, number) for text in (left.strip(), (right.split() or [""])[0]))
    if end < start:
        raise BadTranscript(f"Line {number}: the caption ends ({right.split()[0]}) before it starts ({left.strip()}).")
    return start, end


def _seconds(text: str, number: int) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        hint = "with a point, not a comma, before the milliseconds" if "," in text else "such as 00:01:02.500"
        raise BadTranscript(f"Line {number}: “{clean(text)[:40]}” is not a WebVTT time; write it {hint}.")
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
    return (hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + milliseconds) / 1000


def _voices(cue: _Cue) -> list[Segment]:
    """What each voice of a cue says, the cue's time parted by the length of the texts."""
    spoken: list[tuple[str | None, str]] = []
    speaker: str | None = None
    at = 0
    for mark in sorted([*_VOICE.finditer(cue.payload), *_VOICE_END.finditer(cue.payload)], key=lambda m: m.start()):
        spoken.append((speaker, cue.payload[at : mark.start()]))
        name = mark.group(1) if mark.re is _VOICE else None
        speaker = clean(html.unescape(name))[:300] or None if name else None
        at = mark.end()
    spoken.append((speaker, cue.payload[at:]))
    texts = [(who, plain) for who, payload in spoken if (plain := clean(html.unescape(_TAG.sub("", payload))))]
    whole = sum(len(text) for _, text in texts)
    segments = []
    said = 0
    for who, text in texts:
        start, said = cue.start + (cue.end - cue.start) * said / whole, said + len(text)
        end = cue.start + (cue.end - cue.start) * said / whole
        segments.append(Segment(start=round(start, 3), end=round(end, 3), text=text, speaker=who))
    return segments


def _one_after_another(segments: list[Segment]) -> list[Segment]:
    """In order of time; an earlier segment ends where the next begins. No text is lost."""
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.end))
    placed: list[Segment] = []
    clock = 0.0
    for number, segment in enumerate(ordered):
        start = max(segment.start, clock)
        clock = max(segment.end, start)
        if number + 1 < len(ordered):
            following = ordered[number + 1]
            if following.start >= start + CROWDED:
                clock = min(clock, following.start)
            elif following.start < clock:  # said at once: each gets half
                clock = round((start + max(min(clock, following.end), start)) / 2, 3)
        placed.append(segment.model_copy(update={"start": start, "end": clock}))
    return placed
