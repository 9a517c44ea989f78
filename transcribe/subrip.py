"""SubRip (.srt), read and written. Pure.

The format has no standard, so what is seen in the wild is read: commas or points in times, with counters or without,
markup, empty lines inside a caption. Written without markup, as the players that need it expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.cues import cues
from transcribe.plain import (
    check_count,
    check_length,
    clean,
    lines_of,
    one_after_another,
    seconds_of,
    timestamp,
    unescaped,
)
from transcribe.speakers import with_speakers

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,6})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_LIKE_TIMES = re.compile(r"\s*[\d:,.]+\s*-->", re.ASCII)
"""A line that is meant to say when, well or badly."""
_COUNTER = re.compile(r"\s*\d{1,9}\s*", re.ASCII)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}|\{/?[biuy](?::[^{}]*)?\}", re.IGNORECASE)
_LIKE_TAG = re.compile(r"<(?=[A-Za-z/])|\{(?=[\\/biuy])")


def parse_srt(text: str) -> list[Segment]:
    """The captions of a SubRip file as segments, in order of time and without overlaps.

    Speakers come from `Name:` or `[Name]` where that is the file's habit. Raises BadTranscript with the line number.
    """
    lines = lines_of(text)
    begins = [at for at, line in enumerate(lines) if _LIKE_TIMES.match(line)]
    numbered = bool(begins) and begins[0] > 0 and _COUNTER.fullmatch(lines[begins[0] - 1]) is not None
    segments: list[Segment] = []
    for count, (at, following) in enumerate(pairwise([*begins, len(lines)]), start=1):
        check_count(count, at + 1)
        start, end = _times(lines[at], at + 1)
        last = following < len(lines) and numbered and _COUNTER.fullmatch(lines[following - 1])
        payload = "\n".join(lines[at + 1 : following - 1 if last else following])
        if plain := check_length(clean(unescaped(_MARKUP.sub("", payload))), at + 1):
            segments.append(Segment(start=start, end=end, text=plain))
    if not segments:
        raise BadTranscript("The transcript has no captions with text in it; export it again with captions.")
    return one_after_another(with_speakers(segments))


def is_srt(lines: Iterable[str]) -> bool:
    """Whether a file that begins with these lines says when something is said as SubRip does."""
    return any(_LIKE_TIMES.match(line) for line in lines)


def write_srt(segments: Iterable[Segment]) -> str:
    """Segments as a SubRip file of captions that fit the screen, `Name:` where another speaker begins."""
    return "\n".join(
        f"{number}\n{timestamp(cue.start, ',')} --> {timestamp(cue.end, ',')}\n{_unmarked(cue.lines)}\n"
        for number, cue in enumerate(cues(_with_names(segments)), start=1)
    )


def _with_names(segments: Iterable[Segment]) -> Iterable[Segment]:
    """The format knows no speakers, so their names are part of the text where they change."""
    speaker: str | None = None
    for segment in segments:
        name = clean(segment.speaker or "")
        if name and name != speaker and clean(segment.text):
            words = segment.words
            if words:
                words = (words[0]._replace(text=f"{name}: {words[0].text.lstrip()}"), *words[1:])
            yield segment.model_copy(update={"text": f"{name}: {segment.text}", "words": words})
        else:
            yield segment
        speaker = name if clean(segment.text) else speaker


def _unmarked(lines: Iterable[str]) -> str:
    """Text that no player takes for markup or a time: the format knows no way to write such signs as text."""
    return _LIKE_TAG.sub(lambda match: f"{match.group()} ", "\n".join(lines)).replace("-->", "→")


def _times(line: str, number: int) -> tuple[float, float]:
    match = _TIMES.fullmatch(line)
    if match is None:
        raise BadTranscript(
            "Line {line}: “{text}” does not say when; write it as 00:01:02,500 --> 00:01:04,000.",
            line=number,
            text=clean(line)[:60],
        )
    start, end = seconds_of(*match.groups()[:4]), seconds_of(*match.groups()[4:])
    if end < start:
        ends, begins = (part.split()[0] for part in reversed(line.split("-->", 1)))
        raise BadTranscript(
            "Line {line}: the caption ends ({end}) before it starts ({start}).", line=number, end=ends, start=begins
        )
    return start, end
