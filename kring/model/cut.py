"""A passage that is taken out of a recording."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import model_validator

from kring.model.values import Frozen, Line, Seconds


class Cut(Frozen):
    """From `start` to `end` nothing is heard, seen or read. What is made of the file is made without it; a cut is never
    taken back."""

    start: Seconds
    end: Seconds
    by: str
    """Id of the person, as in corrections."""
    by_name: Line | None = None
    at: datetime
    reason: Line
    replace: bool = False
    """Whether the file that came in is to be replaced by one without the passage …"""
    in_original: bool = True
    """… and whether it has the passage still."""
    done_at: datetime | None = None
    """None: what was made before may still lie in the bucket."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"the passage ends ({self.end}) before it begins ({self.start})")
        return self

    def touches(self, start: float, end: float) -> bool:
        """Whether what lasts from `start` to `end` (seconds), or stands at `start`, reaches into it."""
        return start < self.end and (end > self.start or start >= self.start)
