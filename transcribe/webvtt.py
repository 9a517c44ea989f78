"""WebVTT, read and written. Pure.

Read as the WebVTT standard says (W3C, section 6), except that what a browser would pass over in silence (a bad time, a
cue that ends before it starts, a file that is something else) is an error with its line: a facilitator who hands in a
meeting platform's transcript is told, and no cue is lost unseen.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.cues import cues
from transcribe.plain import (
    Cue,
    check_count,
    check_length,
    clean,
    clean_name,
    lines_of,
    one_after_another,
    seconds_of,
    timestamp,
    unescaped,
)
from transcribe.speakers import with_speakers

_ARROW = "-->"
_TIME = re.compile(r"(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})", re.ASCII)
_HEADER = re.compile(r"WEBVTT(?:[ \t]|$)")
_PASSED = re.compile(r"NOTE(?:[ \t].*)?|(?:STYLE|REGION)[ \t]*")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>|</v\s*>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|</>")
NO_TIME = "Line {line}: “{text}” is not a WebVTT time; write it such as 00:01:02.500."
COMMA = "Line {line}: “{text}” is not a WebVTT time; write it with a point, not a comma, before the milliseconds."


def parse_vtt(text: str) -> list[Segment]:
    """The cues of a WebVTT file as segments, in order of time and without overlaps.

    Speakers come from `<v Name>`, or from `Name:` where that is the file's habit. A cue with several voices becomes a
    segment for each, its time parted by the length of their texts. Markup is removed; cues without text are left out.
    Raises BadTranscript with the line number.
    """
    segments: list[Segment] = []
    for count, cue in enumerate(_cues(lines_of(text)), start=1):
        check_count(max(count, len(segments)), cue.line)
        segments += _voices(cue)
    if not segments:
        raise BadTranscript("The transcript has no captions with text in it; export it again with captions.")
    return one_after_another(with_speakers(segments))


def is_vtt(line: str) -> bool:
    """Whether a file whose first line this is says that it is WebVTT."""
    return _HEADER.match(line) is not None


def write_vtt(segments: Iterable[Segment]) -> str:
    """Segments as a WebVTT file of captions that fit the screen: `<v Name>` where the speaker is known, `<lang xx>`
    where the language is another than the transcript's."""
    written = ["WEBVTT\n"]
    for cue in cues(segments):
        text = html.escape("\n".join(cue.lines), quote=False)
        if cue.language:
            text = f"<lang {html.escape(cue.language)}>{text}</lang>"
        voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        written.append(f"{timestamp(cue.start)} {_ARROW} {timestamp(cue.end)}\n{voice}{text}\n")
    return "\n".join(written)


def _cues(lines: list[str]) -> Iterator[Cue]:
    """Every cue with its line number; NOTE, STYLE and REGION blocks, identifiers and cue settings are passed over."""
    at = _after_header(lines)
    while at < len(lines):
        if _ARROW not in lines[at]:
            if _PASSED.fullmatch(lines[at]):
                at = _end_of_block(lines, at)
            at += 1
            continue
        first = at + 1
        at = first
        while at < len(lines) and lines[at] and _ARROW not in lines[at]:
            at += 1
        start, end = _times(lines[first - 1], first)
        yield Cue(first, start, end, "\n".join(lines[first:at]))


def _after_header(lines: list[str]) -> int:
    """Where the first block begins. Raises BadTranscript where this is no WebVTT."""
    for at, line in enumerate(lines):
        if line.strip():
            if is_vtt(line):
                return at + 1
            raise BadTranscript(
                "Line {line}: WebVTT begins with the word WEBVTT; export the transcript as .vtt.", line=at + 1
            )
    raise BadTranscript("The transcript is empty.")


def _end_of_block(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at]:
        at += 1
    return at


def _times(line: str, number: int) -> tuple[float, float]:
    """Start and end in seconds from a cue's timing line; its settings are ignored."""
    left, right = line.split(_ARROW, 1)
    start, end = (_seconds(text, number) for text in (left.strip(), (right.split() or [""])[0]))
    if end < start:
        raise BadTranscript(
            "Line {line}: the caption ends ({end}) before it starts ({start}).",
            line=number,
            end=right.split()[0],
            start=left.strip(),
        )
    return start, end


def _seconds(text: str, number: int) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadTranscript(COMMA if "," in text else NO_TIME, line=number, text=clean(text)[:40])
    return seconds_of(*match.groups())


def _voices(cue: Cue) -> list[Segment]:
    """What each voice of a cue says, the cue's time parted by the length of the texts."""
    spoken: list[tuple[str | None, str]] = []
    speaker: str | None = None
    at = 0
    for mark in _VOICE.finditer(cue.payload):
        spoken.append((speaker, cue.payload[at : mark.start()]))
        speaker = clean_name(unescaped(mark.group(1) or ""))
        at = mark.end()
    spoken.append((speaker, cue.payload[at:]))
    check_length(cue.payload, cue.line)
    texts = [(who, plain) for who, payload in spoken if (plain := clean(unescaped(_TAG.sub("", payload))))]
    whole = sum(len(text) for _, text in texts)
    segments = []
    said = 0
    for who, text in texts:
        start, said = cue.start + (cue.end - cue.start) * said / whole, said + len(text)
        end = cue.start + (cue.end - cue.start) * said / whole
        segments.append(Segment(start=round(start, 3), end=round(end, 3), text=text, speaker=who))
    return segments
