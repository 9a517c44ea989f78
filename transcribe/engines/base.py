"""What the Whisper engines share: their name for a configuration, one recording at a time, a fair part of the cores."""

from __future__ import annotations

import hashlib
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from kring.languages import check_language
from kring.model import Transcript
from kring.process import cores
from kring.settings import Settings
from transcribe.engines.device import device, precision
from transcribe.models.weights import identity, model_name
from transcribe.pipeline.decoder import DecodedWindow
from transcribe.pipeline.pipeline import OPTIONS, run_pipeline
from transcribe.pipeline.prompt import fitting_terms
from transcribe.port import ReportFraction
from transcribe.recipe import RECIPE

if TYPE_CHECKING:
    from transcribe.pipeline.vad import Samples


class Whisper(ABC):
    """A Transcriber. Its weights are loaded when it first listens, and kept; threads wait for each other."""

    engine: ClassVar[str]
    decoding: ClassVar[dict[str, Any]]
    """How it searches for the words, as far as it changes them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = model_name(settings)
        self._lock = threading.Lock()

    def load(self) -> None:
        self.supports("en")  # asks the model itself

    @property
    @abstractmethod
    def workers(self) -> int: ...

    @cached_property
    def device(self) -> str:
        """`cpu` or `cuda`."""
        return device(self.settings, self.engine)

    @cached_property
    def precision(self) -> str:
        """What the arithmetic is done in."""
        return precision(self.settings, self.engine)

    @abstractmethod
    def supports(self, language: str) -> bool: ...

    @abstractmethod
    def encode(self, samples: Samples) -> Any: ...

    @abstractmethod
    def languages(self, encoded: Any, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]: ...

    @abstractmethod
    def decode(self, encoded: Any, language: str, glossary: Sequence[str], *, english: bool) -> DecodedWindow: ...

    def fingerprint(
        self, language: str | None, glossary: Sequence[str] = (), *, english: bool = False, recipe: str = RECIPE
    ) -> str:
        code = None if language is None else check_language(language)
        inputs = {
            "language": code,
            "glossary": fitting_terms(glossary),
            "english": english,
            "audio": recipe,
            "decoding": self.decoding,
        }
        return fingerprint(self.engine, self.model, self.precision, identity(self.settings), inputs)

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
        terms = fitting_terms(glossary)
        name = self.fingerprint(language, terms, english=english, recipe=recipe)
        with self._lock:
            return run_pipeline(
                self, audio, fingerprint=name, language=language, glossary=terms, english=english, progress=progress
            )


def fingerprint(engine: str, model: str, precision: str, weights: str, inputs: dict[str, Any]) -> str:
    """`<engine>-<model>-<precision>-<12 hex>`: the hash covers the weights' identity, the options and `inputs`.

    The version of the engine's library is left out on purpose: a patch release must not transcribe a whole archive
    again. If a release brings results worth having, `OPTIONS["listening"]` is raised.
    """
    facts = json.dumps([engine, precision, weights, OPTIONS, inputs], sort_keys=True)
    digest = hashlib.sha256(facts.encode()).hexdigest()[:12]
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{engine}-{model}-{precision}-{digest}".lower())
    return "-".join(part for part in name.split("-") if part)


def fair_threads(settings: Settings) -> int:
    """`transcribe.threads`, or this machine's cores shared among the worker's recordings; at least 1."""
    if settings.transcribe.threads:
        return settings.transcribe.threads
    return max(1, cores() // settings.worker.limit)
