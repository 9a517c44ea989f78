"""Sentences made for readers who were not known then (errors, why a recording stopped, what is being done), in the
language of the reader. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from kring.errors import KringError
from kring.sentence import Sentence
from search_ui.i18n.gettext import SOURCE, Language, _, current_language, format_number

NUMBERS = {"size", "most", "needed", "free", "speed"}
"""Values that are amounts, to be written with the reader's decimal sign; others may be numbers of lines or statuses."""


class Localised(NamedTuple):
    """Plain text, and the language it is in after all: English if the catalogue of the reader's does not have it."""

    text: str
    language: Language


def localise(sentence: str) -> Localised:
    """In the reader's language; what is no `Sentence` is looked up as it stands."""
    language = current_language()
    template = sentence.template if isinstance(sentence, Sentence) else sentence
    translated = _(template) if template else template
    if translated == template:
        return Localised(str(sentence), SOURCE)
    if not isinstance(sentence, Sentence) or not sentence.values:
        return Localised(translated, language)
    values = {name: _value(name, value) for name, value in sentence.values.items()}
    return Localised(translated.format(**values), language)


def message_of(error: KringError) -> str:
    """What an error says, in the reader's language."""
    return localise(error.sentence).text


def _value(name: str, value: str | int | float) -> str:
    if isinstance(value, Sentence):
        return localise(value).text
    if name in NUMBERS and re.fullmatch(r"\d+(\.\d+)?", str(value), re.ASCII):
        return format_number(float(value))
    return str(value)
