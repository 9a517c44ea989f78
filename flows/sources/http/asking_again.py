"""Keeps from asking a server again too early: `Retry-After`, and 410 Gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from kring.errors import Busy, Gone
from kring.model import now

LONGEST = timedelta(days=1)
"""The longest pause that is honoured, whatever a server asks for."""


def until(retry_after: str, moment: datetime) -> datetime | None:
    """When a `Retry-After` (RFC 9110, 10.2.3) ends that arrived at `moment`; None if it is invalid or in the past."""
    value = retry_after.strip()
    try:
        if value.isascii() and value.isdigit():
            pause = timedelta(seconds=min(int(value[:18]), LONGEST.total_seconds()))
        else:
            end = parsedate_to_datetime(value)
            pause = (end if end.tzinfo else end.replace(tzinfo=UTC)) - moment
    except (ValueError, OverflowError):
        return None
    return moment + min(pause, LONGEST) if pause > timedelta() else None


class Pauses:
    """The addresses that this process does not request for now, each with the error its server gave."""

    def __init__(self) -> None:
        self._errors: dict[str, Busy | Gone] = {}
        self._lock = threading.Lock()

    @contextmanager
    def kept(self, url: str) -> Iterator[None]:
        """Wraps a request. While a pause lasts, raises the server's earlier Busy or Gone without a request."""
        with self._lock:
            earlier = self._errors.pop(url, None)
            if isinstance(earlier, Gone) or (earlier and earlier.until is not None and now() < earlier.until):
                self._errors[url] = earlier
                raise earlier.with_traceback(None)
        try:
            yield
        except (Busy, Gone) as error:
            with self._lock:
                self._errors[url] = error
            raise
