"""`Retry-After` in both its forms, within bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.sources.http.asking_again import LONGEST, until
from kring.errors import Busy, Gone
from services.retry import may_pass

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("Thu, 12 Mar 2026 12:30:00 GMT", 1800),
        ("Thursday, 12-Mar-26 12:30:00 GMT", 1800),
        ("Thu Mar 12 12:30:00 2026", 1800),
        ("Thu, 12 Mar 2026 13:30:00 +0100", 1800),
        ("999999999", LONGEST.total_seconds()),
        ("9" * 5000, LONGEST.total_seconds()),
        ("Thu, 12 Mar 2099 12:30:00 GMT", LONGEST.total_seconds()),
    ],
)
def test_a_pause_is_kept_as_long_as_it_was_asked_for(said: str, seconds: float) -> None:
    assert until(said, NOON) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("said", ["", "0", "-5", "soon", "1.5", "Thu, 12 Mar 2026 11:59:59 GMT", "Mon, 99 Foo 2026"])
def test_what_names_no_pause_is_none(said: str) -> None:
    assert until(said, NOON) is None


def test_neither_is_tried_again_at_once() -> None:
    assert not may_pass(Busy("x", until=NOON))
    assert not may_pass(Gone("x"))
