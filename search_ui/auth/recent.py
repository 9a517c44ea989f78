"""What was found out a few seconds ago, so that not every request asks the bucket."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

RECENT_SECONDS = 5.0
"""How long somebody who was signed out elsewhere, or has another role, may go on as before."""
REMEMBERED = 10_000

T = TypeVar("T")


class Recent(Generic[T]):
    """By the hash of a secret. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, name: str, look: Callable[[str], T]) -> T:
        """What `look` says of it, or has said within `RECENT_SECONDS`."""
        with self._lock:
            known = self._known.get(name)
        if known is not None and monotonic() - known[0] < RECENT_SECONDS:
            return known[1]
        found = look(name)
        with self._lock:
            self._known[name] = (monotonic(), found)
            self._known.move_to_end(name)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Look everything up anew."""
        with self._lock:
            self._known.clear()
