"""Speakers that captions name in their text: `Kari Nordli: God morgen.` or `[Kari Nordli] God morgen.` Pure.

Zoom writes the first into its WebVTT, and SubRip knows no other way. A colon alone makes no speaker, so names are taken
only where most captions begin with one and the names come back; “Note: …” stays text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kring.model import Segment
from transcribe.captions.parsing.cleaning import clean_name

MOST_WORDS = 6
"""Of a name; Zoom appends pronouns and organisations."""

_COLON = re.compile(r"([^\W_][^:<>\[\]?!]{0,59}?)\s?:\s+(?=\S)")
_BRACKETS = re.compile(r"\[([^\W\d_][^\[\]<>:?!]{0,59})\]:?\s*(?=\S)")
_LABELS = frozenset(
    {"note", "notat", "notis", "noot", "nb", "obs", "ps", "tip", "tips", "a", "q", "answer", "question"}
    | {"svar", "spørsmål", "spørgsmål", "antwoord", "vraag", "eksempel", "example", "voorbeeld", "merk", "let op"}
)
"""What stands before a colon and is not a speaker."""


def with_speakers(segments: Sequence[Segment]) -> list[Segment]:
    """The segments with the speakers their texts begin with; unchanged if there is no such habit.

    A caption without a name in between goes on with the last speaker's words. Names the file gives otherwise stand.
    """
    for form in (_COLON, _BRACKETS):
        named = [_named(form, segment) for segment in segments]
        names = Counter(name for name, _ in named if name)
        if names.total() * 2 > len(segments) and len(names) * 2 <= names.total():
            break
    else:
        return list(segments)
    spoken: list[Segment] = []
    speaker: str | None = None
    for segment, (name, text) in zip(segments, named, strict=True):
        speaker = name or speaker
        spoken.append(segment.model_copy(update={"speaker": segment.speaker or speaker, "text": text}))
    return spoken


def _named(form: re.Pattern[str], segment: Segment) -> tuple[str | None, str]:
    match = form.match(segment.text)
    if match is None or segment.speaker is not None:
        return None, segment.text
    name = clean_name(match.group(1))
    if name is None or name.casefold() in _LABELS or len(name.split()) > MOST_WORDS or name.isdecimal():
        return None, segment.text
    return name, segment.text[match.end() :]
