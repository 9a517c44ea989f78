"""Who says what in one cue. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from transcribe.captions.parsing.cleaning import check_length, clean_name, unescaped
from transcribe.captions.parsing.timed_text import Cue, Utterance

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>|</v\s*>")
_WEBEX = re.compile(r'[0-9]+ "([^"]*)"(?: \([0-9]+\))?')
"""Webex names each cue by who speaks in it."""


def voices(cue: Cue, plain: Callable[[str], str]) -> list[Utterance]:
    """What each voice of a cue says, the cue's time parted by the length of the texts; `plain` gives a text without
    its markup."""
    payload = "\n".join(cue.lines)
    check_length(payload, cue.line)
    spoken: list[tuple[str | None, str]] = []
    webex = _WEBEX.fullmatch(cue.label)
    speaker = clean_name(webex.group(1)) if webex else None
    at = 0
    for mark in _VOICE.finditer(payload):
        spoken.append((speaker, payload[at : mark.start()]))
        speaker = clean_name(unescaped(mark.group(1) or ""))
        at = mark.end()
    spoken.append((speaker, payload[at:]))
    texts = [(name, text) for name, part in spoken if (text := plain(part))]
    letters = sum(len(text) for _, text in texts)
    utterances = []
    done = 0
    for name, text in texts:
        start, done = cue.start + (cue.end - cue.start) * done / letters, done + len(text)
        end = cue.start + (cue.end - cue.start) * done / letters
        utterances.append(Utterance(round(start, 3), round(end, 3), text, name))
    return utterances
