"""Text parted by lines that say when: what WebVTT, SubRip and the text of Teams have in common. Pure.

Everything between two such lines belongs to the first, empty lines or not, unless it names or numbers the next cue, or
is a comment. What belongs nowhere is an error with its line: nothing is dropped unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from kring.errors import BadTranscript
from kring.model import Segment
from transcribe.captions.parsing.cleaning import check_count, clean, seconds_of
from transcribe.captions.parsing.cue_labels import labels_of
from transcribe.captions.parsing.speakers import with_speakers

_ARROW = re.compile(r"-{1,3}>|[–—]>|→")
_CLOCK = re.compile(r"([-−–]?)(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})([.,])([0-9]{1,6})")
_NUMBERS = r"[-−–]? ?[0-9]+(?: ?[:.,;] ?[0-9]+)"
_LIKE_START = re.compile(rf"\[? ?(?:[0-9]+ )?{_NUMBERS}+")
_LIKE_END = re.compile(rf"{_NUMBERS}{{2}}")
_LIKE_RANGE = re.compile(rf"{_NUMBERS}{{2,}} ?[-–—,] ?{_NUMBERS}{{2,}}")
_SETTINGS = re.compile(
    r"(?:(?:vertical|line|position|size|align|region|[ADLST]|[XY][12]) ?: ?\S+(?: |$))*", re.IGNORECASE
)
"""Of WebVTT, its early drafts, and the coordinates of SubRip."""
RANGE = 100
"""Characters of a line that says from when to when."""


class Clock(NamedTuple):
    """A time as its digits."""

    minus: str
    hours: str | None
    minutes: str
    seconds: str
    point: str
    fraction: str

    @property
    def bare(self) -> bool:
        """Whether zeros in front were left out. Then the fraction, too, lacks them: it counts milliseconds, as Teams
        writes them (`0:0:6.90` comes before `0:0:6.500`)."""
        return self.hours is not None and min(len(self.minutes), len(self.seconds)) == 1

    def at(self, *, bare: bool) -> float:
        """Seconds from the start, less than 0 before it; `bare` if the times of the file are."""
        fraction = self.fraction.zfill(3) if bare else self.fraction
        seconds = seconds_of(self.hours, self.minutes, self.seconds, fraction)
        return -seconds if self.minus and seconds else seconds


@dataclass(frozen=True, slots=True)
class Cue:
    """What a file has between two lines that say when. Seconds may be less than 0."""

    line: int
    start: float
    end: float
    lines: tuple[str, ...]
    """As they stand; empty ones too, if the file has some among the others."""
    label: str = ""
    """What the file calls it."""


class TimedText(NamedTuple):
    cues: list[Cue]
    bare: bool
    """Whether the times are written as Teams does."""


class Utterance(NamedTuple):
    """What one voice says in a cue."""

    start: float
    end: float
    text: str
    speaker: str | None = None

    @property
    def is_early(self) -> bool:
        """Over before the recording begins: a platform may listen before it records."""
        return self.start < 0 and self.end <= 0


def segments_of(utterances: Iterable[Utterance]) -> list[Segment]:
    """In order of time, else of the file, each with its own length, whatever else is said meanwhile; without what is
    early.

    Raises BadTranscript if there is none.
    """
    segments = [
        Segment(
            start=max(utterance.start, 0.0), end=max(utterance.end, 0.0), text=utterance.text, speaker=utterance.speaker
        )
        for utterance in utterances
        if not utterance.is_early
    ]
    if not segments:
        raise BadTranscript("The transcript has no captions with text in it; export it again with captions.")
    return with_speakers(sorted(segments, key=lambda segment: segment.start))


def clock_of(text: str) -> Clock | None:
    match = _CLOCK.fullmatch(text)
    return Clock(*match.groups()) if match else None


def has_times(line: str) -> bool:
    """Whether a line is meant to say when, well or badly; `a --> b` in what a speaker says is not."""
    arrow = _ARROW.search(line)
    if arrow is None:
        return line[:1].isdecimal() and len(line) < RANGE and _LIKE_RANGE.fullmatch(_single_spaced(line)) is not None
    starts = _LIKE_START.fullmatch(_single_spaced(line[: arrow.start()])) is not None
    ends = _LIKE_END.match(_single_spaced(line[arrow.end() :])) is not None
    return (starts or ends) if arrow.group() == "-->" else (starts and ends)


def read_timed(
    lines: Sequence[str],
    begin: int,
    clock: Callable[[str, str, int], Clock],
    *,
    is_aside: Callable[[str], bool] = lambda line: False,
    with_names: bool = False,
) -> TimedText:
    """The cues from line `begin` on (counted from 0), in the order of the file.

    `clock` reads a time, given with its line and the number of that, and raises BadTranscript. `is_aside` says of the
    first line of a block whether it is a comment. With `with_names` a line above the times may name a cue, not only
    number it. Raises BadTranscript with the line number.
    """
    begins = [at for at in range(begin, len(lines)) if has_times(lines[at])]
    if not begins:
        return TimedText([], bare=False)
    for count, at in enumerate(begins, start=1):
        check_count(count, at + 1)
    labels = labels_of(lines, begin, begins, is_aside, with_names=with_names)
    _spoken(lines, begin, begins[0], labels, is_aside, of_a_cue=False)
    times = [_times(lines[at], at + 1, clock) for at in begins]
    bare = any(cue_times.start.bare or cue_times.end.bare for cue_times in times)
    cues = []
    for (at, following), when in zip(pairwise([*begins, len(lines)]), times, strict=True):
        start, end = when.start.at(bare=bare), when.end.at(bare=bare)
        if end < start:
            raise BadTranscript(
                "Line {line}: the caption ends ({end}) before it starts ({start}).",
                line=at + 1,
                end=when.ends,
                start=when.starts,
            )
        spoken = _spoken(lines, at + 1, following, labels, is_aside)
        label = lines[at - 1].strip() if at - 1 in labels else ""
        cues.append(Cue(at + 1, start, end, (*when.said, *spoken), label))
    return TimedText(cues, bare)


class _Times(NamedTuple):
    """A line that says when, read."""

    start: Clock
    end: Clock
    starts: str
    ends: str
    """Both as they stand."""
    said: tuple[str, ...]
    """What is said on the same line: `[00:00.000 --> 00:05.000] God morgen`, as Whisper prints it."""


def _times(line: str, number: int, clock: Callable[[str, str, int], Clock]) -> _Times:
    arrow = _ARROW.search(line)
    starts, behind = (line[: arrow.start()], line[arrow.end() :].strip()) if arrow else (line, "")
    starts = starts.strip()
    bracketed = starts.startswith("[")
    if bracketed:
        starts, (ends, _, more) = starts[1:].strip(), behind.partition("]")
    else:
        ends, _, more = _single_spaced(behind).partition(" ")
    start, end = (clock(side, line, number) for side in (starts, ends))
    if not bracketed and not _SETTINGS.fullmatch(more):
        raise BadTranscript(
            "Line {line}: “{text}” stands behind the times; put what is said on the lines below them.",
            line=number,
            text=clean(more)[:40],
        )
    return _Times(start, end, starts, ends, (more,) if bracketed and more.strip() else ())


def _spoken(
    lines: Sequence[str],
    first: int,
    stop: int,
    labels: Container[int],
    is_aside: Callable[[str], bool],
    *,
    of_a_cue: bool = True,
) -> list[str]:
    """The lines from `first` to before `stop` without names of cues and comments.

    Raises BadTranscript for what follows a comment, or for anything that is not `of_a_cue`: it is not spoken.
    """
    spoken: list[str] = []
    aside, apart = False, not of_a_cue
    for at in range(first, stop):
        line = lines[at]
        if at in labels:
            continue
        if not line.strip():
            aside, apart = False, True
            spoken.append("")
        elif aside:
            continue
        elif apart and is_aside(line):
            aside, of_a_cue = True, False
        elif of_a_cue:
            apart = False
            spoken.append(line)
        else:
            raise BadTranscript(
                "Line {line}: “{text}” belongs to no caption; put it below the times of one, or take it out.",
                line=at + 1,
                text=clean(line)[:40],
            )
    while spoken and not spoken[-1]:
        spoken.pop()
    return spoken


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
