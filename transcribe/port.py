"""The transcriber as Kring sees it; each engine is one file that keeps this promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from kring.model import Transcript
from transcribe.recipe import RECIPE

ReportFraction = Callable[[float], None]
"""Called with the fraction done, 0 to 1, never falling."""


class Transcriber(Protocol):
    def fingerprint(
        self, language: str | None, glossary: Sequence[str] = (), *, english: bool = False, recipe: str = RECIPE
    ) -> str:
        """Names this engine, its weights, its options, the recipe of the audio and these inputs.

        Lower-case letters, digits and hyphens; the same inputs give the same name in every process, and
        anything that could change a transcript changes it. Costs no model load.
        """
        ...

    def load(self) -> None:
        """Load the weights, fetching or converting them first if that has not been done. Raises SetupError."""
        ...

    def transcribe(
        self,
        audio: Path,
        *,
        language: str | None = None,
        glossary: Sequence[str] = (),
        english: bool = False,
        recipe: str = RECIPE,
        progress: ReportFraction | None = None,
    ) -> Transcript:
        """Listen to `audio` (16 kHz mono FLAC or WAV made by `transcribe.rendering.render`) to its end.

        `language`: a Whisper code to obey; None: detect from speech, and follow it when it changes. `glossary`: names
        and terms to expect, spelled as they should be. `english`: translate what is said into English instead.
        `recipe`: names how `audio` was rendered.
        Raises UnknownLanguage for a code Whisper does not know, SetupError if weights are missing.
        Errors of the engine surface here, not later.
        """
        ...
