"""Sentences for people that remember what they were made from, so that each reader gets them in their own language."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

Value = str | int | float
"""What stands for a `{name}` of a template; a value may be a `Sentence` itself."""


class Sentence(str):
    """The English text, with the template it was made from and the values in it.

    `Sentence("{name} is empty.", name="a.mp4")` is the string `a.mp4 is empty.`. Without values the template is taken
    as it is, braces and all.
    """

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: object) -> Sentence:
        """Raises LookupError if the template names a value that is missing."""
        plain_values = {name: _value(value) for name, value in values.items()}
        made = super().__new__(cls, template.format(**plain_values) if plain_values else template)
        made.template, made.values = str(template), plain_values
        return made


def _value(value: object) -> Value:
    sentence = getattr(value, "sentence", value)  # an error that tells of another one
    return sentence if isinstance(sentence, str | int | float) and not isinstance(sentence, bool) else str(sentence)


def as_stored(sentence: str) -> dict[str, Any]:
    """The JSON of a sentence: its template, and its values if it has any."""
    if not isinstance(sentence, Sentence):
        return {"template": sentence}
    values = {
        name: as_stored(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()
    }
    return {"template": sentence.template} | ({"values": values} if values else {})


def from_stored(stored: object) -> Sentence:
    """The sentence of its JSON; a plain string is a sentence without values. Raises ValueError."""
    if isinstance(stored, Sentence):
        return stored
    if isinstance(stored, str):
        return Sentence(stored)
    match stored:
        case {"template": str(template), "values": dict(values)}:
            made = {
                str(name): from_stored(value) if isinstance(value, dict) else value for name, value in values.items()
            }
        case {"template": str(template)}:
            made = {}
        case _:
            raise ValueError("a sentence is a text, or an object with a template and its values")
    if made:
        _check(template, made)
    return Sentence(template, **made)


def _check(template: str, values: Mapping[str, object]) -> None:
    """Raises ValueError for a template that does more than put these values in their places."""
    for _text, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in values or spec or conversion):
            raise ValueError("the template of a sentence names its values and nothing else")


_AS_TEXT = WithJsonSchema({"type": "string"})
StoredSentence = Annotated[
    Sentence, PlainValidator(from_stored), PlainSerializer(as_stored, when_used="json"), _AS_TEXT
]
"""A field of a stored document: template and values in its JSON."""
ShownSentence = Annotated[Sentence, PlainValidator(from_stored), PlainSerializer(str, when_used="json"), _AS_TEXT]
"""A field of an answer of the API: the English text in its JSON."""
