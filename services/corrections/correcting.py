"""Storing a correction of a recording: whoever corrects the same one in this process takes turns."""

from __future__ import annotations

import threading

from kring.corrections.changes import Correction
from kring.errors import InputError
from storage.archive.archive import Archive
from storage.archive.corrections import Make

MOST_CORRECTIONS = 20_000
"""Of a recording: all of them are read for each that comes."""
_LOCKS = tuple(threading.Lock() for _ in range(64))
"""Instead of trying for one number again and again."""


def correct_in_turn(archive: Archive, recording_id: str, make: Make) -> Correction:
    """`Archive.correct`, for a recording that was not corrected too often. Raises InputError, and what that raises."""

    def bounded(stored: tuple[Correction, ...]) -> Correction:
        if len(stored) >= MOST_CORRECTIONS:
            raise InputError("This recording was corrected {most} times; more is not kept.", most=MOST_CORRECTIONS)
        return make(stored)

    with _LOCKS[int(recording_id, 16) % len(_LOCKS)]:
        return archive.correct(recording_id, bounded)
