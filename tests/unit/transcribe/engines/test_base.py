"""How many threads a recording gets."""

from __future__ import annotations

import pytest

from kring.settings import Settings, TranscribeSettings
from transcribe.engines.base import fair_threads


def test_threads_are_shared_among_the_workers_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert fair_threads(Settings()) == 4
    assert fair_threads(Settings(transcribe=TranscribeSettings(threads=3))) == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    assert fair_threads(Settings()) == 1
