"""The same work on many things, several at once, with bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Argument = TypeVar("Argument")
Outcome = TypeVar("Outcome")


def side_by_side(
    pool: ThreadPoolExecutor, work: Callable[[Argument], Outcome], things: Iterable[Argument], ahead: int
) -> Iterator[Outcome]:
    """`work` done on all things, several at once and at most `ahead` beyond what was taken; results in order."""
    waiting: deque[Future[Outcome]] = deque()
    try:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
