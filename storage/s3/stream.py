"""An object as a file that is read from beginning to end."""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import IncompleteReadError

from storage.s3.damage import DamageDetector


class ObjectStream(io.RawIOBase):
    """The body of an answer as a plain stream whose errors are ours."""

    def __init__(self, body: Any, damage: DamageDetector, key: str, start: int, end: int) -> None:
        super().__init__()
        self._body, self._damage, self._key = body, damage, key
        self._at, self._end = start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._damage.reading(self._key, self._at, self._end):
            data = self._body.read(len(buffer))
            if not data and len(buffer) and self._at < self._end:
                raise IncompleteReadError(actual_bytes=self._at, expected_bytes=self._end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()
