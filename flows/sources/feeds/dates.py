"""Parses the dates in a feed. The day is the one the publisher wrote, in their own time zone. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
"""In full or abbreviated; months in other languages are not recognised."""
EARLIEST = 1800
"""Programs that know no date write earlier years."""
_TIME = r"(?:[T\s,]*(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?\d{2}(?:[.,]\d+)?)?\s*(?P<zone>.*))?"
_FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",  # ISO 8601
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        # RFC 5322 and RFC 850: Wed, 04 Mar 2026, Wednesday, 04-Mar-26
        r"(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{1,2})(?:\s+|-)(?P<name>[a-z]+)\.?(?:\s+|-)(?P<year>\d{4}|\d{2})",
        r"(?:[^\W\d]+\.?,?\s+)?(?P<name>[a-z]+)\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})",  # March 4, 2026
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
    )
)
_ASCTIME = re.compile(r"\w+\s+([a-z]+)\s+(\d+)\s+(\d+:\d+(?::\d+)?)\s+(?:[a-z]+\s+)?(\d{4})", re.IGNORECASE)
_UTC = re.compile(r"(?:Z|UT|UTC|GMT|[+-]00:?00)(?![\w+-]).*", re.IGNORECASE)


def day_of(text: str, *, timezone: str | None = None, today: date | None = None) -> date | None:
    """The day as the publisher wrote it, in any zone; None if it cannot be parsed or cannot be a recording's.

    A time in UTC does not tell the publisher's zone, so it is converted to `timezone`, if given.
    """
    text = _ASCTIME.sub(r"\2 \1 \4 \3", " ".join(text.split()))
    match = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if match is None:
        return None
    parts = match.groupdict()
    month = _month(parts["name"]) if parts.get("name") else int(parts["month"])
    try:
        day = date(_year(parts["year"]), month, int(parts["day"]))
        if timezone and parts["zone"] and _UTC.fullmatch(parts["zone"]):
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
            moment += timedelta(hours=int(parts["hour"]), minutes=int(parts["minute"]))
            day = moment.astimezone(ZoneInfo(timezone)).date()
    except (ValueError, OverflowError):  # the 30th of February
        return None
    latest = (today or datetime.now(UTC).date()) + timedelta(days=366)
    return day if day.year >= EARLIEST and day != date(1970, 1, 1) and day <= latest else None


def _month(name: str) -> int:
    """1 to 12; 0 if it is not the name of a month."""
    name = name.lower()
    matches = (name == month[: len(name)] and len(name) in {3, len(month)} for month in MONTHS)
    return 9 if name == "sept" else next((number for number, matched in enumerate(matches, start=1) if matched), 0)


def _year(digits: str) -> int:
    """Years of two digits are read as RFC 5322, 4.3 says."""
    return int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 50 else 1900)
