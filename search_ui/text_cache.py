"""Texts that take a while to write, the last few kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 32
"""Texts; the captions of four hours are 400 KB."""


class Remembered:
    """Safe to share between threads; two that ask for the same at once may both write it."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, write: Callable[[], str]) -> str:
        with self._lock:
            text = self._texts.get(key)
        text = write() if text is None else text
        with self._lock:
            self._texts[key] = text
            self._texts.move_to_end(key)
            while len(self._texts) > self._most:
                self._texts.popitem(last=False)
        return text

    def forget(self) -> None:
        """Everything."""
        with self._lock:
            self._texts.clear()
