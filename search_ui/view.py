"""How things are shown: times, dates, languages, lines of a transcript. Pure; knows no HTML and no request."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from index.port import Fragment
from kring.model import Segment, Step

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

LANGUAGES = {
    "und": "Not known",
    "nb": "Norwegian Bokmål",
    "nn": "Norwegian Nynorsk",
    "da": "Danish",
    "nl": "Dutch",
    "en": "English",
    "sv": "Swedish",
    "fi": "Finnish",
    "is": "Icelandic",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "pl": "Polish",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "so": "Somali",
    "tr": "Turkish",
}

STEPS = {
    Step.RECEIVE: "Receiving the file",
    Step.PROBE: "Looking at what is in it",
    Step.RENDER: "Preparing sound and picture",
    Step.TRANSCRIBE: "Writing down what is said",
    Step.PUBLISH: "Publishing",
    Step.INDEX: "Making it searchable",
}

GROUP_SECONDS = 60.0
"""Where no speaker is named, a paragraph of lines is at most about this long."""
PAUSE_SECONDS = 1.5
"""A silence of this length begins a new paragraph where no speaker is named."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)", re.ASCII)
_UNITS = re.compile(r"(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d+)?)s?)?", re.ASCII)
_WORD = re.compile(r"\w+")


def clock(seconds: float) -> str:
    """872.4 → `00:14:32`."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def duration(seconds: float) -> str:
    """How long, for people: `58 s`, `43 min`, `1 h 12 min`."""
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def missing(seconds: float) -> str:
    """How much speech a transcript lacks, for people: `About 40 seconds of speech are missing …`."""
    if seconds < 55:
        count = max(round(seconds / 10) * 10, 10) if seconds >= 7.5 else 0
        much = f"About {count} seconds of speech are" if count else "A few seconds of speech are"
    else:
        minutes = round(seconds / 60)
        much = f"About {minutes} minutes of speech are" if minutes > 1 else "About a minute of speech is"
    return f"{much} missing from this transcript."


def readable_date(day: date) -> str:
    """`12 March 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def language_name(code: str) -> str:
    """`nl` → `Dutch`; a code without a name here is shown as it is."""
    return LANGUAGES.get(code, code)


def parse_time(text: str) -> float | None:
    """Seconds meant by `872`, `14:32`, `01:14:32`, `1h2m3s`; None where it is no time."""
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
class Line:
    """One segment as it is shown. `number` counts from 1 through the whole transcript."""

    number: int
    start: float
    end: float
    fragments: tuple[Fragment, ...]
    language: str | None = None
    """Where it is another than the transcript's."""


@dataclass(slots=True)
class Turn:
    """Consecutive lines of one speaker, or a paragraph where no speaker is named."""

    speaker: str | None
    lines: list[Line] = field(default_factory=list)

    @property
    def start(self) -> float:
        return self.lines[0].start


def turns(segments: Sequence[Segment], words: frozenset[str] = frozenset()) -> list[Turn]:
    """Group a transcript for reading; `words` (casefolded) are marked as hits."""
    grouped: list[Turn] = []
    for number, segment in enumerate(segments, start=1):
        line = Line(number, segment.start, segment.end, mark(segment.text.strip(), words), segment.language)
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
