"""What people write of a circle, checked wherever it comes in: a form, a command line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kring.circles.glossary import changed, read_terms
from kring.errors import BadMetadata, KringError
from kring.languages import check_language
from kring.model import MOST_MONTHS, MOST_TERMS, Circle, Line, Slug, Visibility

HEARD = "heard"
"""Written for a language to say: as it is heard in each recording. So is nothing."""
NEVER = "never"
"""Written for months to say: recordings are kept until a person erases them. So is nothing."""
MOST_LETTERS = 300
NO_NAME = "A name is needed, of at most 300 characters."
BAD_SLUG = "Write it with a-z, 0-9 and hyphens in between, of at most 64 characters."
TOO_LONG = "At most {most} characters are kept; shorten it."
NO_VISIBILITY = "Choose who may see its recordings."
NO_MONTHS = "Write a whole number of months, from 1 to {most}."
TOO_MANY_TERMS = "The glossary has too many terms: at most {most} are kept."

_LINE: TypeAdapter[str] = TypeAdapter(Line)
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


class BadCircle(BadMetadata):
    """What was written of a circle cannot be used. `problems`: why not, by the name of the field."""

    def __init__(self, problems: Mapping[str, KringError]) -> None:
        field, problem = next(iter(problems.items()))
        super().__init__("{field}: {reason}", field=field.replace("_", " "), reason=problem.sentence)
        self.problems = problems


def circle_of(old: Mapping[str, Any], written: Mapping[str, Any]) -> Circle:
    """The circle of the values `old` with what people `written` of some of its fields over them.

    A field is written as text, or with a value of its own type. Raises BadCircle, which says what is wrong with each.
    """
    values, problems = dict(old), {}
    for field, text in written.items():
        try:
            values[field] = _READERS[field](text) if isinstance(text, str) else text
        except KringError as problem:
            problems[field] = problem
    if len(values.get("glossary", ())) > MOST_TERMS:
        problems["glossary"] = BadMetadata(TOO_MANY_TERMS, most=MOST_TERMS)
    if problems:
        raise BadCircle(problems)
    return Circle.model_validate(values)


def network_name(circles: Iterable[Circle], network: str) -> str:
    """What a network is called whose name was not written: as its other circles call it, else by its slug."""
    return next((circle.network_name for circle in circles if circle.network == network), network)


def differing(one: Circle, other: Circle) -> list[str]:
    """The names of the fields in which they differ."""
    return [field for field in Circle.model_fields if getattr(one, field) != getattr(other, field)]


def _name(text: str) -> str:
    line = _line(text)
    if line is None:
        raise BadMetadata(NO_NAME)
    return line


def _line(text: str) -> str | None:
    """None if nothing is written."""
    try:
        return _LINE.validate_python(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"].endswith("too_short"):
            return None
        raise BadMetadata(TOO_LONG, most=MOST_LETTERS) from None


def _slug(text: str) -> str:
    try:
        return _SLUG.validate_python(text.strip())
    except ValidationError:
        raise BadMetadata(BAD_SLUG) from None


def _language(text: str) -> str | None:
    return None if text.strip() in {"", HEARD} else check_language(text)


def _visibility(text: str) -> Visibility:
    try:
        return Visibility(text)
    except ValueError:
        raise BadMetadata(NO_VISIBILITY) from None


def _months(text: str) -> int | None:
    if text.strip() in {"", NEVER}:
        return None
    number = text.strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 6 and 1 <= int(number) <= MOST_MONTHS):
        raise BadMetadata(NO_MONTHS, most=MOST_MONTHS)
    return int(number)


def _glossary(text: str) -> tuple[str, ...]:
    return changed((), add=read_terms(text))


_READERS: Mapping[str, Callable[[str], Any]] = {
    "slug": _slug,
    "name": _name,
    "network": _slug,
    "network_name": _name,
    "language": _language,
    "glossary": _glossary,
    "visibility": _visibility,
    "purpose": _line,
    "contact": _line,
    "retention_months": _months,
}
"""How the text of each field is read; whether there is an English track, or a preview, is never written as one."""
