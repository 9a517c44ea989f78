"""What an engine has to do to be listened with, and what it says: everything else is done once, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from transcribe.pipeline.vad import Samples


@dataclass(frozen=True, slots=True)
class RawWord:
    """As the engines give them: `text` begins with a space where a new word does; seconds within the window."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Take:
    """What an engine heard in one window, and what it thinks of it."""

    text: str
    words: tuple[RawWord, ...]
    log_probability: float
    """Mean natural logarithm of the tokens' probabilities."""
    no_speech: float
    """Probability, 0 to 1, that nobody speaks."""


class Ear(Protocol):
    """What differs between engines. Called from `workers` threads at once."""

    @property
    def engine(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def workers(self) -> int:
        """Windows it hears side by side."""
        ...

    def knows(self, language: str) -> bool:
        """Whether these weights know a language."""
        ...

    def take_in(self, samples: Samples) -> Any:
        """What the engine makes of a window of up to 30 s before anything is decided; kept until it is heard."""
        ...

    def languages(self, taken: Any, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        """Probability of each language in pieces of the window (seconds within it)."""
        ...

    def hear(self, taken: Any, language: str, glossary: Sequence[str], *, english: bool) -> Take:
        """What is said in a window, in `language`; `english`: translated."""
        ...
