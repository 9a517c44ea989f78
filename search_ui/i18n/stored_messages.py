"""Sentences that are kept in English with a recording (why it stopped, what is being done), said in the language of who
reads them.

Runs write them down for readers they do not know. The catalogues mark the templates such sentences are made from, with
`{values}` in them; here a sentence is recognised by its template, and said again with the values found in it. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import NamedTuple

from babel.messages.pofile import read_po

from kring.errors import KringError
from search_ui.i18n.gettext import (
    SOURCE,
    STORED,
    Language,
    _,
    catalogue_path,
    current_language,
    format_number,
    sentence,
)

LONGEST = 1000
"""Characters; what is longer is none of ours, and need not be searched for values."""
TELLING = {"problem", "what", "note"}
"""Values that are sentences or parts of one themselves."""
NUMBERS = {"size", "most", "needed", "free", "speed"}


class Said(NamedTuple):
    """Plain text, and the language it is in after all."""

    text: str
    language: Language


class Template(NamedTuple):
    source: str
    pattern: re.Pattern[str]


def said(kept: str) -> Said:
    """In the language of who reads it; as it is kept where it is no sentence of ours."""
    language = current_language()
    found = None if language == SOURCE else _again(kept, templates(language))
    return Said(kept, SOURCE) if found is None else Said(found, language)


def said_of(error: KringError) -> str:
    """What an error says, also one that was made of a sentence that is kept."""
    return sentence(error) if error.values else said(_(error.template)).text


@cache
def templates(language: Language) -> tuple[Template, ...]:
    """Of the sentences that are kept, the most specific first."""
    with catalogue_path(language).open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if STORED in message.auto_comments]
    sources = [message.id for message in messages if isinstance(message.id, str)]
    return tuple(Template(source, pattern_of(source)) for source in sorted(sources, key=_fixed, reverse=True))


def pattern_of(source: str) -> re.Pattern[str]:
    """What all sentences of a template match; a value that is named twice is the same in both places."""
    parts: list[str] = []
    seen: set[str] = set()
    for fixed, name, _spec, _conversion in Formatter().parse(source):
        parts.append(re.escape(fixed))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def _fixed(source: str) -> int:
    """Characters that are the same in every sentence of a template."""
    return sum(len(fixed) for fixed, *_rest in Formatter().parse(source))


def _again(kept: str, known: tuple[Template, ...]) -> str | None:
    if len(kept) > LONGEST:
        return None
    for template in known:
        if match := template.pattern.fullmatch(kept):
            values = {name: _value(name, value, known) for name, value in match.groupdict().items()}
            return _(template.source).format(**values) if values else _(template.source)
    return None


def _value(name: str, value: str, known: tuple[Template, ...]) -> str:
    if name in TELLING:
        return _again(value, known) or value
    if name in NUMBERS and re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return format_number(float(value))
    return value
