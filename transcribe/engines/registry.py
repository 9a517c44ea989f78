"""The engines there are; a new one is a file that keeps the promise of `transcribe.port` and a line here."""

from __future__ import annotations

from collections.abc import Callable

from kring.errors import SetupError
from kring.languages import check_language
from kring.settings import Settings
from transcribe.engines.faster_whisper import FasterWhisper
from transcribe.engines.openai_whisper import OpenAIWhisper
from transcribe.port import Transcriber

__all__ = ["ENGINES", "check_language", "open_transcriber"]

ENGINES: dict[str, Callable[[Settings], Transcriber]] = {
    "faster-whisper": FasterWhisper,
    "openai-whisper": OpenAIWhisper,
}


def open_transcriber(settings: Settings) -> Transcriber:
    """The engine the settings name; it loads its weights when it first listens.

    Raises SetupError, listing what there is, for an engine or a model that does not exist.
    """
    engine = ENGINES.get(settings.transcribe.engine)
    if engine is None:
        raise SetupError(
            f"There is no engine “{settings.transcribe.engine}” (transcribe.engine); there are: {', '.join(ENGINES)}."
        )
    return engine(settings)
