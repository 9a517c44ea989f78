"""Finds the date in a file's name, in the forms that people and programs use. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

_MONTHS = (
    "jan januar januari january", "feb februar februari february", "mar mrt mars marts maart march",
    "apr april", "mai maj mei may", "jun juni june", "jul juli july", "aug august augustus",
    "sep sept september", "okt oct oktober october", "nov november", "des dec desember december",
)  # fmt: skip
"""In Norwegian, Danish, Dutch and English, in full or abbreviated."""
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NAME = rf"(?P<name>{'|'.join(sorted(_NUMBER_OF, key=len, reverse=True))})\.?"
_YEAR, _BETWEEN = r"(?P<year>20\d\d)", r"[-_. ]"
_TIME = r"(?:[-_ T]+(?:kl\.? ?)?(?:[01]\d|2[0-3])(?:[.:h-][0-5]\d(?:[.:-][0-5]\d)?|[0-5]\d[0-5]\d)Z?(?!\d))?"
"""A time of day after the date: 14-00, 14.00.00, 140000."""
_NUMBER_FIRST = (
    rf"{_YEAR}{_BETWEEN}?(?P<month>0[1-9]|1[0-2]){_BETWEEN}?(?P<day>0[1-9]|[12]\d|3[01])",
    rf"{_YEAR}{_BETWEEN}(?P<month>\d{{1,2}}){_BETWEEN}(?P<day>\d{{1,2}})",
    rf"(?P<day>\d{{1,2}}){_BETWEEN}{{1,2}}(?P<month>\d{{1,2}}){_BETWEEN}{{1,2}}{_YEAR}",  # as written here
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?{_BETWEEN}*{_NAME}{_BETWEEN}*{_YEAR}",
    rf"{_YEAR}{_BETWEEN}*{_NAME}{_BETWEEN}*(?P<day>\d{{1,2}})",
    r"(?P<day>\d\d)(?P<month>\d\d)(?P<year>20\d\d)",
)
_MONTH_FIRST = rf"{_NAME}{_BETWEEN}*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-_., ]+{_YEAR}"
_FORMS = tuple(
    re.compile(rf"{before}{form}(?!\d){_TIME}", re.IGNORECASE)
    for before, form in (
        *((r"(?<!\d)(?<!\d[.,])", form) for form in _NUMBER_FIRST),
        (r"(?<![^\W\d_])", _MONTH_FIRST),
    )
)
_BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】"}
_DASHES = "-‐‑‒–—―"
_SETTING_APART = f" _,;|·•:/{_DASHES}"
"""Characters that separate the date from the rest of a name."""


class Dated(NamedTuple):
    day: date
    begin: int
    end: int
    """`begin` and `end`: the characters of the date, with the time of day after it."""


def dated(name: str) -> Dated | None:
    """The first date in a name, such as 2025-03-14, 20250314, 14.3.2025 or 14. mars 2025; None if it has none."""
    return min(_days(name), key=lambda day: day.begin, default=None)


def undated(name: str) -> str:
    """The name without its date and without what separated the date: brackets around it, a second comma."""
    day = dated(name)
    if day is None:
        return name
    before, behind = name[: day.begin], re.sub(r"^\.(?=\s)", "", name[day.end :])
    while True:
        left, right = before.rstrip(_SETTING_APART), behind.lstrip(_SETTING_APART)
        opened = left[-1:] in _BRACKETS
        if not (opened and right.startswith(_BRACKETS[left[-1]])):
            break
        before, behind = left[:-1], right[1:]
    if not left or not right or opened or right[0] in _BRACKETS.values():
        return left + right
    between = before[len(left) :] + behind[: len(behind) - len(right)]
    mark = between.strip(" _")[:1]
    return f"{left}{'' if mark in ',;:' else ' '}{mark} {right}"


def _days(name: str) -> Iterator[Dated]:
    for form in _FORMS:
        for match in form.finditer(name):
            parts = match.groupdict()
            month = _NUMBER_OF[parts["name"].lower()] if parts.get("name") else int(parts["month"])
            try:
                day = date(int(parts["year"]), month, int(parts["day"]))
            except ValueError:  # 2025-02-30
                continue
            yield Dated(day, *match.span())
            break
