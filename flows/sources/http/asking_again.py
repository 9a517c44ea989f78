"""When a server is asked again that has said so itself: `Retry-After`, and 410 Gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from kring.errors import Busy, Gone
from kring.model import now

LONGEST = timedelta(days=1)
"""No server keeps Kring away for longer, whatever it says."""


def until(retry_after: str, moment: datetime) -> datetime | None:
    """The moment that a `Retry-After` names in seconds or as a date (RFC 9110, 10.2.3); None: none, or a past one."""
    said = retry_after.strip()
    try:
        if said.isascii() and said.isdigit():
            pause = timedelta(seconds=min(int(said[:18]), LONGEST.total_seconds()))
        else:
            named = parsedate_to_datetime(said)
            pause = (named if named.tzinfo else named.replace(tzinfo=UTC)) - moment
    except (ValueError, OverflowError):
        return None
    return moment + min(pause, LONGEST) if pause > timedelta() else None


class Pauses:
    """The addresses that one process does not ask for now, and why."""

    def __init__(self) -> None:
        self._known: dict[str, Busy | Gone] = {}
        self._lock = threading.Lock()

    @contextmanager
    def kept(self, url: str) -> Iterator[None]:
        """Around asking for an address. Raises, without asking, what its server said, as long as that counts."""
        with self._lock:
            known = self._known.pop(url, None)
            if isinstance(known, Gone) or (known is not None and known.until is not None and now() < known.until):
                self._known[url] = known
                raise known.with_traceback(None)
        try:
            yield
        except (Busy, Gone) as error:
            with self._lock:
                self._known[url] = error
            raise
