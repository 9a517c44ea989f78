"""What the Whisper engines share: their name for a configuration, one recording at a time, a fair part of the cores."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kring.model import Transcript
from kring.settings import Settings
from transcribe.languages import check_language
from transcribe.listening import OPTIONS, RawSegment, listen
from transcribe.port import Progress
from transcribe.weights import identity, model_name

if TYPE_CHECKING:
    from transcribe.speech import Samples


class Whisper(ABC):
    """A Transcriber. Its weights are loaded when it first listens, and kept; threads wait for each other."""

    engine: ClassVar[str]
    precision: ClassVar[str]
    """What the arithmetic is done in."""
    beam: ClassVar[int]
    """Sentences followed at once."""
    stretch_seconds: ClassVar[float]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model = model_name(settings)
        self._lock = threading.Lock()

    @abstractmethod
    def knows(self, language: str) -> bool: ...

    @abstractmethod
    def languages(self, samples: Samples) -> dict[str, float]: ...

    @abstractmethod
    def hear(self, samples: Samples, language: str, prompt: str | None) -> Iterable[RawSegment]: ...

    def fingerprint(self, language: str | None, prompt: str | None) -> str:
        from transcribe.render import RECIPE

        code = None if language is None else check_language(language)
        inputs = [code, prompt or None, RECIPE, f"beam {self.beam}"]
        return fingerprint(self.engine, self.model, self.precision, identity(self.settings), inputs)

    def transcribe(
        self, audio: Path, *, language: str | None = None, prompt: str | None = None, progress: Progress | None = None
    ) -> Transcript:
        name = self.fingerprint(language, prompt)
        with self._lock:
            return listen(self, audio, fingerprint=name, language=language, prompt=prompt or None, progress=progress)


def fingerprint(engine: str, model: str, precision: str, weights: str, inputs: list[str | None]) -> str:
    """`<engine>-<model>-<precision>-<12 hex>`: the hash covers the weights' identity, the options and `inputs`.

    The version of the engine's library is left out on purpose: a patch release must not transcribe a whole archive
    again. Where a release brings results worth having, `OPTIONS["listening"]` is raised.
    """
    facts = json.dumps([engine, precision, weights, OPTIONS, inputs], sort_keys=True)
    digest = hashlib.sha256(facts.encode()).hexdigest()[:12]
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{engine}-{model}-{precision}-{digest}".lower())
    return "-".join(part for part in name.split("-") if part)


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fair_threads(settings: Settings) -> int:
    """`transcribe.threads`, or this machine's cores shared among the worker's recordings; at least 1."""
    if settings.transcribe.threads:
        return settings.transcribe.threads
    return max(1, cores() // settings.worker.limit)
