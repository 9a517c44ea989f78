"""Transcripts with people's corrections, the last few remembered: applying hundreds of corrections takes a while, one
more to what is known takes none."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kring.corrections.apply import active, corrected
from kring.corrections.changes import Correction
from kring.model import Content, Transcript

REMEMBERED = 8
"""Recordings whose transcript is kept in memory, those asked for last; an hour of speech takes about 3 MB."""


@dataclass(frozen=True, slots=True)
class _Known:
    heard: Transcript
    applied: tuple[int, ...]
    """Numbers of the corrections that count, in order …"""
    transcript: Transcript
    """… and what they make of what was heard."""


class CorrectedTranscripts:
    """Safe to share between threads. `read` fetches what was heard by its key."""

    def __init__(self, read: Callable[[str], tuple[Transcript, Content]]) -> None:
        self._read = read
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, corrections: Iterable[Correction], content: Content | None = None) -> Transcript:
        """Raises NotFound. `content`: what the transcript's bytes are; one that has been altered is not remembered."""
        counting = active(corrections)
        if not counting:
            return self._heard(key) or self._read(key)[0]
        name = (key, counting[0].recording_id)
        numbers = tuple(correction.number for correction in counting)
        with self._lock:
            known = self._known.get(name)
        heard = known.heard if known else self._heard(key)
        if heard is None:
            heard, is_now = self._read(key)
            if content is not None and is_now != content:
                return corrected(heard, counting)
        if known and known.applied == numbers[: len(known.applied)]:
            made = corrected(known.transcript, counting[len(known.applied) :])
        else:
            made = corrected(heard, counting)
        with self._lock:
            self._known[name] = _Known(heard, numbers, made)
            self._known.move_to_end(name)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return made

    def forget(self) -> None:
        """Everything."""
        with self._lock:
            self._known.clear()

    def _heard(self, key: str) -> Transcript | None:
        with self._lock:
            return next((known.heard for (of, _), known in self._known.items() if of == key), None)
