"""What an engine has to do for the pipeline, and what it gives back: all else is done once, for all engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from transcribe.pipeline.vad import Samples


@dataclass(frozen=True, slots=True)
class RawWord:
    """A word as the engines give it: `text` begins with a space where a new word does; seconds within the window."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedWindow:
    """The text that an engine made of one window, and how sure it is of it."""

    text: str
    words: tuple[RawWord, ...]
    log_probability: float
    """Mean natural logarithm of the tokens' probabilities."""
    no_speech: float
    """Probability, 0 to 1, that there is no speech in it."""


class Decoder(Protocol):
    """What differs between engines. Called from `workers` threads at once."""

    @property
    def engine(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def workers(self) -> int:
        """How many windows it decodes at once."""
        ...

    def supports(self, language: str) -> bool:
        """Whether these weights can transcribe `language`, in Kring's code."""
        ...

    def encode(self, samples: Samples) -> Any:
        """The encoder's output for a window of up to 30 s (16 kHz, -1 to 1); kept until the window is decoded."""
        ...

    def languages(self, encoded: Any, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        """Probability of each language in pieces of the window (seconds within it)."""
        ...

    def decode(self, encoded: Any, language: str, glossary: Sequence[str], *, english: bool) -> DecodedWindow:
        """The text of an encoded window in `language`, or its translation if `english`."""
        ...
