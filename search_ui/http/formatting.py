"""How things are shown: times and lines of a transcript. Knows no HTML and no request."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from index.port import Fragment
from kring.model import Segment, Step
from search_ui.i18n.gettext import N_, _, format_number, ngettext

STEPS = {
    Step.RECEIVE: N_("Receiving the file"),
    Step.PROBE: N_("Checking what is in it"),
    Step.RENDER: N_("Preparing sound and picture"),
    Step.TRANSCRIBE: N_("Transcribing what is said"),
    Step.PUBLISH: N_("Publishing"),
    Step.INDEX: N_("Making it searchable"),
}

GROUP_SECONDS = 60.0
"""If no speaker is named, a paragraph of lines is at most about this long."""
PAUSE_SECONDS = 1.5
"""A silence of this length begins a new paragraph if no speaker is named."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)", re.ASCII)
_UNITS = re.compile(r"(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d+)?)s?)?", re.ASCII)
_WORD = re.compile(r"\w+")


def clock(seconds: float) -> str:
    """872.4 → `00:14:32`."""
    whole_seconds = int(seconds)
    return f"{whole_seconds // 3600:02d}:{whole_seconds // 60 % 60:02d}:{whole_seconds % 60:02d}"


def duration(seconds: float) -> str:
    """How long, for people: `58 s`, `43 min`, `1 h 12 min`."""
    if seconds < 59.5:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("{minutes} min").format(minutes=minutes)
    return (
        _("{hours} h {minutes} min").format(hours=hours, minutes=rest) if rest else _("{hours} h").format(hours=hours)
    )


def size(count: int) -> str:
    """Of a file, for people: `34 kB`, `2.3 MB`."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    return f"{format_number(round(count / 1_000_000, 1))} MB"


def missing(seconds: float) -> str:
    """How much speech a transcript lacks, for people: `About 40 seconds of speech are missing …`."""
    if seconds < 7.5:
        return _("A few seconds of speech are missing from this transcript.")
    if seconds < 55:
        count = max(round(seconds / 10) * 10, 10)
        return _("About {count} seconds of speech are missing from this transcript.").format(count=count)
    minutes = round(seconds / 60)
    return ngettext(
        "About a minute of speech is missing from this transcript.",
        "About {count} minutes of speech are missing from this transcript.",
        minutes,
    ).format(count=minutes)


def parse_time(text: str) -> float | None:
    """Seconds meant by `872`, `14:32`, `01:14:32`, `1h2m3s`; None if it is no time."""
    text = text.strip().lower()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    if match := _UNITS.fullmatch(text):
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
    return None


def time_parameter(seconds: float) -> str:
    """The value of `?t=` for a moment: tenths of seconds, rounded down so that the word's beginning is heard."""
    return f"{math.floor(seconds * 10) / 10:g}" if seconds < 100_000 else str(math.floor(seconds))


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One segment as it is shown. `number` counts from 1 through the whole transcript."""

    number: int
    start: float
    end: float
    fragments: tuple[Fragment, ...]
    language: str | None = None
    """If it differs from the transcript's."""


@dataclass(slots=True)
class Turn:
    """Consecutive lines of one speaker, or a paragraph if no speaker is named."""

    speaker: str | None
    lines: list[TranscriptLine] = field(default_factory=list)

    @property
    def start(self) -> float:
        return self.lines[0].start


def turns(segments: Sequence[Segment], words: frozenset[str] = frozenset()) -> list[Turn]:
    """Group a transcript for reading; `words` (casefolded) are marked as hits."""
    grouped: list[Turn] = []
    for number, segment in enumerate(segments, start=1):
        line = TranscriptLine(number, segment.start, segment.end, mark(segment.text.strip(), words), segment.language)
        if not grouped or _begins_turn(grouped[-1], segment):
            grouped.append(Turn(segment.speaker))
        grouped[-1].lines.append(line)
    return grouped


def _begins_turn(turn: Turn, segment: Segment) -> bool:
    if segment.speaker != turn.speaker:
        return True
    if segment.speaker is not None:
        return False
    last = turn.lines[-1]
    return segment.start - last.end >= PAUSE_SECONDS or segment.end - turn.start > GROUP_SECONDS


def mark(text: str, words: frozenset[str]) -> tuple[Fragment, ...]:
    """Cut `text` so that every word in `words` (casefolded) is a fragment that is a hit."""
    if not words:
        return (Fragment(text),)
    pieces: list[Fragment] = []
    done = 0
    for match in _WORD.finditer(text):
        if match.group().casefold() in words:
            if match.start() > done:
                pieces.append(Fragment(text[done : match.start()]))
            pieces.append(Fragment(match.group(), hit=True))
            done = match.end()
    if done < len(text):
        pieces.append(Fragment(text[done:]))
    return tuple(pieces)


def hit_words(fragments: Iterable[Fragment]) -> frozenset[str]:
    """The words, casefolded, that the search engine marked: so the transcript marks what the engine found."""
    return frozenset(word.casefold() for fragment in fragments if fragment.hit for word in _WORD.findall(fragment.text))


def plain(fragments: Iterable[Fragment]) -> str:
    return "".join(fragment.text for fragment in fragments)


def file_name(title: str, suffix: str) -> str:
    """An ASCII file name for a download, made from a title: `Personvern i skolen` → `personvern-i-skolen.vtt`."""
    words = re.findall(r"[a-z0-9]+", title.casefold().replace("æ", "ae").replace("ø", "o").replace("å", "a"))
    return ("-".join(words)[:80].strip("-") or "recording") + suffix


def bars(recording_id: str, count: int = 28) -> list[int]:
    """Heights (8 to 36) of the ornament that stands for a recording without picture: its own, always the same."""
    digits = int(recording_id, 16) if re.fullmatch(r"[0-9a-f]+", recording_id) else 0
    heights = []
    for place in range(count):
        digits = (digits * 6364136223846793005 + 1442695040888963407) % 2**64
        swell = math.sin(math.pi * (place + 0.5) / count)
        heights.append(8 + round(28 * swell * (0.35 + 0.65 * (digits >> 40) / 2**24)))
    return heights
