"""Sentences as version 2 stored them: as English text. Version 3 keeps the template and the values of each.

What they were made from is recognised here, once, by the templates that version 2 had (`sentences_2.txt`, which never
changes); a text that none of them makes stays a sentence without values. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from kring.sentence import Sentence, as_stored

LONGEST = 1000
"""Characters; what is longer is none of ours, and need not be searched for values."""
TELLING = {"problem", "what", "note"}
"""Values that are sentences or parts of one themselves."""


def stored_sentence(text: str) -> dict[str, Any]:
    """The JSON of a sentence, from its text."""
    return as_stored(recognised(text) or Sentence(text))


def recognised(text: str) -> Sentence | None:
    """The sentence that version 2 made this text from."""
    if len(text) > LONGEST:
        return None
    for template, pattern in _templates():
        if match := pattern.fullmatch(text):
            return Sentence(template, **{name: _value(name, value) for name, value in match.groupdict().items()})
    return None


def _value(name: str, value: str) -> str:
    return (recognised(value) or value) if name in TELLING else value


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The most specific first."""
    lines = files(__package__).joinpath("sentences_2.txt").read_text(encoding="utf-8").splitlines()
    return tuple((template, _pattern(template)) for template in sorted(lines, key=_fixed, reverse=True))


def _pattern(template: str) -> re.Pattern[str]:
    """What all texts of a template match; a value that is named twice is the same in both places."""
    parts: list[str] = []
    seen: set[str] = set()
    for fixed, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(fixed))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _fixed(template: str) -> int:
    """Characters that are the same in every text of a template."""
    return sum(len(fixed) for fixed, *_rest in Formatter().parse(template))
