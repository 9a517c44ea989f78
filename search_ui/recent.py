"""What was found out a few seconds ago, so that not every request asks the bucket or the index."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import ClassVar, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Recent(Generic[K, T]):
    """Answers by what was asked. Safe to share between threads."""

    SECONDS: ClassVar[float] = 5.0
    """How long an answer counts: so long somebody who was signed out elsewhere, or has another role, goes on."""
    MOST: ClassVar[int] = 10_000
    """Answers that are remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[K, tuple[float, T]] = OrderedDict()

    def get(self, asked: K, look: Callable[[K], T]) -> T:
        """What `look` says of it, or has said a moment ago."""
        with self._lock:
            known = self._known.get(asked)
        if known is not None and monotonic() - known[0] < self.SECONDS:
            return known[1]
        found = look(asked)
        with self._lock:
            self._known[asked] = (monotonic(), found)
            self._known.move_to_end(asked)
            while len(self._known) > self.MOST:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Look everything up anew."""
        with self._lock:
            self._known.clear()
