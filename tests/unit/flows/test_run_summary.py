"""What a run says of itself: errors in Kring's own words, and text from outside only as text."""

from __future__ import annotations

import errno

import httpx
import pytest

from flows.errors import as_kring_error
from flows.run_summary import clock, escape_markdown
from kring.errors import DiskFull, KringError, NotMedia, OrchestratorDown


@pytest.mark.parametrize(
    ("error", "kind", "transient"),
    [
        (NotMedia("no"), NotMedia, False),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull, True),
        (httpx.ConnectError("refused"), OrchestratorDown, True),
        (ZeroDivisionError("oops"), KringError, False),
    ],
)
def test_every_error_becomes_a_sentence(error: Exception, kind: type[KringError], transient: bool) -> None:
    known = as_kring_error(error)
    assert type(known) is kind
    assert known.transient is transient
    assert "oops" not in str(known)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "a | b", "`code`"])
def test_markup_is_only_text(text: str) -> None:
    escaped = escape_markdown(text)
    assert "<" not in escaped
    for sign in "[]()|`#":
        assert escaped.count(sign) == escaped.count(f"\\{sign}")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (3599.6, "1:00:00"), (3723, "1:02:03")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
