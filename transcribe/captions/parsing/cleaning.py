"""Caption texts and times on their way between files and segments. Pure."""

from __future__ import annotations

import html
import re
import unicodedata

from kring.errors import BadTranscript
from kring.text import normalized

MAX_CUES = 250_000
"""A day of speech is about so many words, and files that hold single words are the longest."""
MAX_SECONDS = 36_000_000.0
"""WebVTT's own limit: four digits of hours."""
MAX_CHARACTERS = 20_000
"""Of one caption: twenty minutes of speech, and as much as a correction of it may hold."""
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])
"""Marks that could make a line read otherwise than it is written."""


_TOO_HIGH = re.compile(r"&#(?:[xX][0-9a-fA-F]{9,}|[0-9]{9,});?")
"""References to characters of nine digits and more: there are none so high, and Python counts to no more than 4,300
digits (`sys.int_info.default_max_str_digits`)."""


def unescaped(text: str) -> str:
    """`&amp;` as `&`, `&#229;` as `å`; what refers to no character is U+FFFD, as in HTML."""
    return html.unescape(_TOO_HIGH.sub("\ufffd", text))


def clean(text: str) -> str:
    """One line of text: NFC, single spaces, without control characters and direction marks."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in text.translate(_BIDI))
    return " ".join(normalized("NFC", text).split())


def clean_name(text: str | None) -> str | None:
    """A speaker's name; None if nothing is left of it."""
    return clean(text or "")[:300].strip() or None


def lines_of(text: str) -> list[str]:
    """Without marks of direction and of byte order, wherever they are: they would hide a number or a time. Word has
    sign 11 where a line ends within its paragraph."""
    return re.sub("\r\n?|\v", "\n", text.translate(_BIDI)).split("\n")


def seconds_of(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    """Of the digits of a time; the fraction is that of a second, of any length."""
    whole_seconds = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole_seconds * 1000 + int(fraction[:3].ljust(3, "0"))) / 1000


def timestamp(milliseconds: int, point: str = ".") -> str:
    """`HH:MM:SS.mmm`, with more digits for the hours if they are needed."""
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{milliseconds:03d}"


def check_count(count: int, line: int) -> None:
    """Raises BadTranscript: so many captions are an attack or a mistake."""
    if count > MAX_CUES:
        raise BadTranscript(
            "Line {line}: the transcript has more than {most} captions; split the recording.", line=line, most=MAX_CUES
        )


def check_length(text: str, line: int) -> str:
    """The text of one caption. Raises BadTranscript if people could not read it as one."""
    if len(text) > MAX_CHARACTERS:
        raise BadTranscript(
            "Line {line}: the caption has more than {most} characters; export the transcript in shorter captions.",
            line=line,
            most=MAX_CHARACTERS,
        )
    return text
