"""Transcripts as text, turn by turn, as Teams and Word write them. Pure.

    Teams, older                       Teams                      Word
    0:0:3.440 --> 0:0:6.120            Kari Nordli   0:03         00:00:03 Speaker 1
    Kari Nordli                        God morgen.                God morgen.
    God morgen.

Where a turn ends, the newer two do not say: with the next, but it lasts no longer than its words may take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from transcribe.captions.parsing.cleaning import check_count, check_length, clean, clean_name, lines_of, seconds_of
from transcribe.captions.parsing.timed_text import Cue, Utterance

_CLOCK = r"(?:(?P<h>[0-9]{1,3}):)?(?P<m>[0-9]{1,2}):(?P<s>[0-9]{2})"
_TEAMS = re.compile(rf"(?P<name>\S.{{0,99}}?)(?:\t\s?|\s{{2,20}}){_CLOCK}(?P<said>(?![0-9:.,]).*)?")
_WORD = re.compile(rf"\[?{_CLOCK}\]?(?:\s+(?P<name>[^\W\d_][^:]{{0,59}}))?(?::\s+(?P<said>\S.*))?")
_SWITCHED = re.compile(r"\btrans\S?[ck]ri", re.IGNORECASE)
"""“Kari Nordli started transcription”, in any of our languages."""
_SWITCH = 4
"""Words of it beside the name, at most."""
_INITIAL = re.compile(r"\s(?:\w|[JjSs]r)\.$")
MOST_WORDS = 8
"""Of a name above what a speaker says; Teams adds organisations."""
PREAMBLE = 8
"""Lines before the first turn, at most: the title, the date, how long it was, who began to write."""
SLOW = 5.0
"""Characters a second of one who speaks slowly …"""
AFTERWARDS = 2.0
"""… and seconds until another speaker is expected to."""


class _Head(NamedTuple):
    """The line a turn begins with."""

    at: int
    start: float
    name: str | None
    said: str
    """What stands behind it on the same line."""


def read_turns(text: str) -> list[Utterance] | None:
    """What is said in a transcript of Teams or Word that was saved as text; None if it is none.

    Raises BadTranscript, with the line number, for one that is too long.
    """
    lines = lines_of(text)
    for form in (_TEAMS, _WORD):
        heads = _heads(lines, form)
        written = [line for line in lines[: heads[0].at] if line.strip()] if heads else []
        if heads and len(written) <= PREAMBLE and (form is _TEAMS or _is_words(lines, heads)):
            return list(_turns(lines, heads, _people(heads, written)))
    return None


def below_names(cues: Iterable[Cue]) -> list[Utterance] | None:
    """What is said in cues that each begin with a line that says who speaks; None if they do not."""
    spoken_lines = []
    for cue in cues:
        name, *lines = [clean(line) for line in cue.lines if line.strip()] or [""]
        if not lines or not _could_be_name(name):
            return None
        spoken_lines.append(Utterance(cue.start, cue.end, check_length(" ".join(lines), cue.line), clean_name(name)))
    return spoken_lines


def _heads(lines: Sequence[str], form: re.Pattern[str]) -> list[_Head]:
    heads: list[_Head] = []
    hours = False
    for at, line in enumerate(lines):
        match = form.fullmatch(line.strip())
        name = clean_name(match["name"]) if match else None
        if match is None or (name and not _could_be_name(name)) or (hours and match["h"] is None):
            continue
        hours = hours or (not heads and match["h"] is not None)  # then all have them, and “10:30” is text
        heads.append(_Head(at, seconds_of(match["h"], match["m"], match["s"], "0"), name, match["said"] or ""))
        check_count(len(heads), at + 1)
    return heads


def _is_words(lines: Sequence[str], heads: Sequence[_Head]) -> bool:
    """Whether this is no agenda: something is said after each time, and none is before another."""
    return len(heads) > 1 and all(
        head.start <= next_head.start and (head.said or any(line.strip() for line in lines[head.at + 1 : next_head.at]))
        for head, next_head in pairwise(heads)
    )


def _turns(lines: Sequence[str], heads: Sequence[_Head], people: Mapping[str, int]) -> Iterator[Utterance]:
    later: float | None = None
    turns: list[Utterance] = []
    for head, after in reversed(list(pairwise([*heads, None]))):
        if head is None:
            continue
        if after is not None and after.start > head.start:
            later = after.start
        spoken = [line for line in lines[head.at + 1 : after.at if after else None] if not _is_switch(line, people)]
        text = check_length(clean(" ".join([head.said, *spoken])), head.at + 1)
        end = head.start + AFTERWARDS + len(text) / SLOW
        if text:
            turns.append(Utterance(head.start, round(end if later is None else min(end, later), 3), text, head.name))
    return reversed(turns)


def _people(heads: Iterable[_Head], written: Iterable[str]) -> dict[str, int]:
    """How a line begins that says that a participant switched the transcription on or off, and how many words it has at
    most: those who speak, and who is named above the first turn."""
    people = {f"{head.name} ": len(head.name.split()) + _SWITCH for head in heads if head.name}
    for line in written:
        if _SWITCHED.search(line):
            words = line.split()
            people[f"{' '.join(words[:2])} "] = len(words) + 1
    return people


def _is_switch(line: str, people: Mapping[str, int]) -> bool:
    if not _SWITCHED.search(line):
        return False
    text = " ".join(line.split())
    return text[-1].isalnum() and any(text.startswith(name) and len(text.split()) <= people[name] for name in people)


def _could_be_name(text: str) -> bool:
    return (
        0 < len(text.split()) <= MOST_WORDS
        and (text[0].isupper() or text[0].isdecimal() or text[0] in "+@(")
        and (text[-1] not in ".?!,;:…" or _INITIAL.search(text) is not None)
    )
