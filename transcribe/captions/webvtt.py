"""WebVTT, read and written. Pure.

Read as the WebVTT standard says (W3C, section 6), except that what a browser would pass over in silence (a bad time, a
cue that ends before it starts, text after an empty line, a file that is something else) is read where its meaning is
plain, and is an error with its line where not: a facilitator who hands in a meeting platform's transcript is told, and
no cue is lost unseen.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.captions.cues import cues
from transcribe.captions.parsing.cleaning import check_count, clean, lines_of, timestamp
from transcribe.captions.parsing.hls import on_one_clock
from transcribe.captions.parsing.markup import without_tags
from transcribe.captions.parsing.rolling import rolled
from transcribe.captions.parsing.timed_text import Clock, Utterance, clock_of, has_times, read_timed, segments_of
from transcribe.captions.parsing.voices import voices

_ARROW = "-->"
_HEADER = re.compile(r"WEBVTT(?:[ \t]|$)")
_METADATA = re.compile(r"X-TIMESTAMP-MAP=.*|(?:Kind|Language):.*")
"""Belongs into the header; some programs leave an empty line above it."""
_ASIDE = re.compile(r"(?:NOTE|WEBVTT)(?:[ \t].*)?|(?:STYLE|REGION)[ \t]*|X-TIMESTAMP-MAP=.*")
"""The first line of a block that is not spoken: comments, styles, and the header, which stands between the
cues too if the segments of a stream were put together."""
_LANGUAGE = re.compile(r"(?:NOTE\s+)?language\s*[:=]\s*\"?([a-z]{2,3})\b.*", re.IGNORECASE)
NO_TIME = "Line {line}: “{text}” is not a WebVTT time; write it such as 00:01:02.500."
COMMA = "Line {line}: “{text}” is not a WebVTT time; write it with a point, not a comma, before the milliseconds."


def parse_vtt(text: str) -> list[Segment]:
    """The cues of a WebVTT file as segments, in order of time.

    Speakers come from `<v Name>`, from Webex' names of cues, or from `Name:` if that is the file's habit. A cue with
    several voices becomes a segment for each, its time parted by the length of their texts. Markup is removed; cues
    without text are left out. Raises BadTranscript with the line number.
    """
    return segments_of(read_vtt(text))


def read_vtt(text: str) -> list[Utterance]:
    """What is said in the cues of a WebVTT file, in its order. Raises BadTranscript with the line number."""
    lines = lines_of(text)
    timed = read_timed(lines, _after_header(lines), _clock, is_aside=_is_aside, with_names=True)
    utterances: list[Utterance] = []
    for count, cue in enumerate(rolled(on_one_clock(timed.cues, lines), without_tags), start=1):
        check_count(max(count, len(utterances)), cue.line)
        utterances += voices(cue, without_tags)
    return utterances


def language_of(text: str) -> str | None:
    """The code of the language that a WebVTT file says it is in, as YouTube's and Stream's do before the first cue."""
    for line in lines_of(text):
        if has_times(line):
            return None
        if match := _LANGUAGE.fullmatch(line.strip()):
            return match.group(1).lower()
    return None


def is_vtt(line: str) -> bool:
    """Whether a file whose first line this is says that it is WebVTT."""
    return _HEADER.match(line) is not None


def write_vtt(segments: Iterable[Segment]) -> str:
    """Segments as a WebVTT file of captions that fit the screen: `<v Name>` if the speaker is known, `<lang xx>`
    if the language is another than the transcript's."""
    written = ["WEBVTT\n"]
    for cue in cues(segments):
        text = html.escape("\n".join(cue.lines), quote=False)
        if cue.language:
            text = f"<lang {html.escape(cue.language)}>{text}</lang>"
        voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        written.append(f"{timestamp(cue.start)} {_ARROW} {timestamp(cue.end)}\n{voice}{text}\n")
    return "\n".join(written)


def _after_header(lines: list[str]) -> int:
    """The line after the header. Raises BadTranscript if this is no WebVTT."""
    at = _next_text(lines, 0)
    if at == len(lines):
        raise BadTranscript("The transcript is empty.")
    if not is_vtt(lines[at]):
        raise BadTranscript(
            "Line {line}: WebVTT begins with the word WEBVTT; export the transcript as .vtt.", line=at + 1
        )
    while True:
        at = next((end for end in range(at + 1, len(lines)) if _ends_block(lines[end])), len(lines))
        following = _next_text(lines, at)
        if following == len(lines) or not _METADATA.fullmatch(lines[following]):
            return at
        at = following


def _next_text(lines: list[str], at: int) -> int:
    return next((number for number in range(at, len(lines)) if lines[number].strip()), len(lines))


def _ends_block(line: str) -> bool:
    return not line.strip() or has_times(line)


def _is_aside(line: str) -> bool:
    return _ASIDE.fullmatch(line) is not None


def _clock(text: str, line: str, number: int) -> Clock:  # noqa: ARG001  other formats show the line
    clock = clock_of(text)
    if clock is None or clock.point == "," or int(clock.minutes) > 59 or int(clock.seconds) > 59:
        raise BadTranscript(COMMA if "," in text else NO_TIME, line=number, text=clean(text)[:40])
    return clock
