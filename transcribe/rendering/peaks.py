"""The shape of a sound for drawing it: version 2 of audiowaveform's JSON, 8 bits, one channel.

`data` alternates the lowest and the highest sample (−128 to 127) of each stretch of `samples_per_pixel` samples.
"""

from __future__ import annotations

import json
import math
from typing import Final

import numpy as np

POINTS: Final = 2000  # twice the pixels of a wide player
_FEWEST_SAMPLES: Final = 64
_STEPS_PER_BIT_8: Final = 8  # 16-bit samples lose this many bits


class PeakMeter:
    """Takes 16-bit mono samples (little endian) in pieces of any size; memory does not grow with the sound."""

    def __init__(self, *, sample_rate: int, expected_seconds: float) -> None:
        self.sample_rate = sample_rate
        self.samples = 0
        """How many came so far."""
        self.stretch = max(_FEWEST_SAMPLES, math.ceil(expected_seconds * sample_rate / POINTS))
        self._rest = b""
        self._data: list[int] = []

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate

    def feed(self, piece: bytes) -> None:
        self.samples += (len(self._rest) % 2 + len(piece)) // 2
        self._rest += piece
        full = len(self._rest) // (2 * self.stretch)
        if full:
            used = full * 2 * self.stretch
            self._measure(np.frombuffer(self._rest[:used], dtype="<i2").reshape(full, self.stretch))
            self._rest = self._rest[used:]

    def _measure(self, stretches: np.ndarray[tuple[int, int], np.dtype[np.int16]]) -> None:
        ends = np.stack([stretches.min(axis=1), stretches.max(axis=1)], axis=1) >> _STEPS_PER_BIT_8
        self._data.extend(ends.ravel().tolist())

    def json(self) -> str:
        """The document; what came after the last whole stretch makes a point of its own."""
        rest = np.frombuffer(self._rest[: len(self._rest) // 2 * 2], dtype="<i2")
        if rest.size:
            self._measure(rest.reshape(1, rest.size))
            self._rest = b""
        return json.dumps(
            {
                "version": 2,
                "channels": 1,
                "sample_rate": self.sample_rate,
                "samples_per_pixel": self.stretch,
                "bits": 8,
                "length": len(self._data) // 2,
                "data": self._data,
            },
            separators=(",", ":"),
        )
