"""Engines by name."""

from __future__ import annotations

import pytest

from kring.errors import SetupError
from kring.settings import Settings, TranscribeSettings
from transcribe.engines.registry import open_transcriber


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SetupError, match=r"“vosk”.*faster-whisper, openai-whisper"):
        open_transcriber(Settings(transcribe=TranscribeSettings(engine="vosk")))
