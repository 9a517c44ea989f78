"""The filters of the query language: `circle:`, `speaker:`, `after:` and their like."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import date

from rapidfuzz.distance import OSA

from index.port import Filters
from index.text.analysis import tokens
from kring.errors import BadQuery

QUOTATION_MARKS = '"“„«»”'
"""Signs that stand around quotations."""
MAY_BECOME_A_DAY = re.compile(r"\d{0,4}|\d{4}-\d{0,2}|\d{4}-\d{2}-\d{0,2}")
"""What may have been typed so far."""
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_FILTERS = {
    "circle": "personvern",
    "network": "digi-fjordane",
    "topic": "personvern",
    "organisation": "Fjordane",
    "language": "nb",
    "speaker": "Kari",
    "year": "2025",
    "after": "2025-01",
    "before": "2025-06-30",
}
_OTHER_SPELLINGS = {"organization": "organisation"}
"""Other spellings of their names."""
_LANGUAGES = {
    **{"no": "nb", "norwegian": "nb", "norsk": "nb", "bokmål": "nb", "nynorsk": "nn"},
    **{"danish": "da", "dansk": "da", "dutch": "nl", "nederlands": "nl", "english": "en"},
}
"""Names that people write for the codes."""


def filter_name(name: str | None, value: str) -> str:
    """The filter of this name; empty if it is a word like others. Raises BadQuery for a misspelt one."""
    name = (name or "").lower()
    name = _OTHER_SPELLINGS.get(name, name)
    if name in _FILTERS:
        return name
    for known in _FILTERS:
        if len(name) >= 4 and not value.startswith("//") and OSA.distance(name, known) == 1:
            raise BadQuery("There is no “{name}:”; did you mean “{known}:”?", name=name, known=known)
    return ""


def with_filter(filters: Filters, name: str, value: str, *, minus: bool) -> Filters:
    value = " ".join(value.strip(QUOTATION_MARKS).split())
    if minus:
        raise BadQuery("“-{name}:” cannot be used: a minus leaves out words, as in -skole.", name=name)
    if not value:
        raise BadQuery("“{name}:” needs something after it, as in {name}:{value}.", name=name, value=_FILTERS[name])
    match name:
        case "circle" | "network" | "topic" | "organisation" | "language":
            return _with_value(filters, name, value)
        case "speaker":
            words = frozenset(token.forms.folded for token in tokens(value, ""))
            if not words:
                raise BadQuery("“speaker:{value}” is not a name; write one, as in speaker:Kari.", value=value)
            return replace(filters, speakers=filters.speakers | words)
        case _:
            first, last = _days(name, value)
            after = max(filter(None, (filters.after, first if name != "before" else None)), default=None)
            before = min(filter(None, (filters.before, last if name != "after" else None)), default=None)
            if after and before and after > before:
                raise BadQuery(
                    "“{name}:{value}” and the other dates leave no day: {after} is after {before}.",
                    name=name, value=value, after=after, before=before,
                )  # fmt: skip
            return replace(filters, after=after, before=before)


def _with_value(filters: Filters, name: str, value: str) -> Filters:
    """With one more value of this kind."""
    match name:
        case "circle":
            return replace(filters, circles=filters.circles | {value.lower()})
        case "network":
            return replace(filters, networks=filters.networks | {value.lower()})
        case "topic":
            return replace(filters, topics=filters.topics | {value})
        case "organisation":
            return replace(filters, organisations=filters.organisations | {value})
    return replace(filters, languages=filters.languages | {_LANGUAGES.get(value.lower(), value.lower())})


def _days(name: str, value: str) -> tuple[date, date]:
    """The first and the last day of a day, a month or a year."""
    written = _DAY.fullmatch(value)
    try:
        if not written:
            raise ValueError
        year, month, day = written.groups()
        first = date(int(year), int(month or 1), int(day or 1))
        last_month = int(month or 12)
        return first, date(first.year, last_month, int(day or calendar.monthrange(first.year, last_month)[1]))
    except ValueError:
        raise BadQuery(
            "“{name}:{value}” is not a date; write a year, a month or a day: {name}:2025, {name}:2025-01, "
            "{name}:2025-01-31.",
            name=name,
            value=value,
        ) from None
