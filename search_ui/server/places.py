"""Places for what takes memory or disk while it arrives: so many for each person, and so many in all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from fastapi import HTTPException

from search_ui.i18n.gettext import _

PATIENCE = 60.0
"""Seconds that a request waits for a place."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many things arrive at a time, and how many bytes they have together."""

    number: int
    size: int


MIB = 1024 * 1024


class Places:
    """So many for each person, and so many in all: subclasses say how many."""

    EACH: ClassVar[Share]
    TOGETHER: ClassVar[Share]

    def __init__(self) -> None:
        self._number: Counter[str] = Counter()
        self._size: Counter[str] = Counter()
        self._freed = asyncio.Condition()

    @property
    def size(self) -> int:
        """Bytes for which there are places taken now."""
        return self._size.total()

    @asynccontextmanager
    async def taken(self, person: str, size: int) -> AsyncIterator[None]:
        """One place for `person`, for `size` bytes. Raises HTTPException (429) if there is none for long."""
        try:
            async with asyncio.timeout(PATIENCE), self._freed:
                await self._freed.wait_for(lambda: self._fits(person, size))
                self._count(person, 1, size)
        except TimeoutError:
            raise HTTPException(
                429,
                _("Too many files are arriving just now, yours among them; this one is sent again in a moment"),
                headers={"Retry-After": "5"},
            ) from None
        try:
            yield
        finally:
            self._count(person, -1, -size)
            async with self._freed:
                self._freed.notify_all()

    def _fits(self, person: str, size: int) -> bool:
        """Something by itself always does, however large it is."""
        own = within(self.EACH, self._number[person], self._size[person] + size)
        return own and within(self.TOGETHER, self._number.total(), self._size.total() + size)

    def _count(self, person: str, number: int, size: int) -> None:
        self._number[person] += number
        self._size[person] += size
        if not self._number[person]:
            del self._number[person], self._size[person]


def within(share: Share, number: int, size: int) -> bool:
    """Whether one more, after which there are `size` bytes, has a place beside `number` others."""
    return number == 0 or (number < share.number and size <= share.size)
