"""SubRip (.srt), read and written. Pure.

The format has no standard, so what is seen in the wild is read: commas or points in times, with counters or without,
markup, empty lines inside a caption. Written without markup, as the players that need it expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.captions.cues import cues
from transcribe.captions.parsing.cleaning import clean, lines_of, timestamp
from transcribe.captions.parsing.markup import without_tags
from transcribe.captions.parsing.rolling import rolled
from transcribe.captions.parsing.timed_text import Clock, Utterance, clock_of, has_times, read_timed, segments_of
from transcribe.captions.parsing.turns import below_names
from transcribe.captions.parsing.voices import voices

_STYLING = re.compile(r"\{\\[^{}]*\}|\{/?[biuy](?::[^{}]*)?\}", re.IGNORECASE)
"""Of SubStation and MicroDVD, which players of SubRip obey."""
_LIKE_TAG = re.compile(r"<(?=[A-Za-z/])|\{(?=[\\/biuy])")


def parse_srt(text: str) -> list[Segment]:
    """The captions of a SubRip file as segments, in order of time.

    Speakers come from `Name:` or `[Name]` if that is the file's habit, and from `<v Name>`, in WebVTT that lacks its
    header. Raises BadTranscript with the line number.
    """
    return segments_of(read_srt(text))


def read_srt(text: str) -> list[Utterance]:
    """What is said in the captions of a SubRip file, or of one that Teams has written as text, in its order.

    Raises BadTranscript with the line number.
    """
    timed = read_timed(lines_of(text), 0, _clock)
    captions = rolled(timed.cues, _plain)
    utterances = below_names(captions) if timed.bare else None
    return utterances or [utterance for caption in captions for utterance in voices(caption, _plain)]


def is_srt(lines: Iterable[str]) -> bool:
    """Whether a file that begins with these lines says when something is said as SubRip does."""
    return any(has_times(line) for line in lines)


def write_srt(segments: Iterable[Segment]) -> str:
    """Segments as a SubRip file of captions that fit the screen, `Name:` where another speaker begins."""
    return "\n".join(
        f"{number}\n{timestamp(cue.start, ',')} --> {timestamp(cue.end, ',')}\n{_unmarked(cue.lines)}\n"
        for number, cue in enumerate(cues(_with_names(segments)), start=1)
    )


def _with_names(segments: Iterable[Segment]) -> Iterable[Segment]:
    """The format knows no speakers, so their names are part of the text whenever they change."""
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


def _plain(text: str) -> str:
    return without_tags(_STYLING.sub("", text))


def _clock(text: str, line: str, number: int) -> Clock:
    clock = clock_of(text)
    if clock is None:
        raise BadTranscript(
            "Line {line}: “{text}” does not say when; write it as 00:01:02,500 --> 00:01:04,000.",
            line=number,
            text=clean(line)[:60],
        )
    return clock
