"""The codes of languages are those that Whisper knows."""

from __future__ import annotations

import pytest

from kring.languages import CODES
from transcribe.engines.whisper_codes import from_whisper, to_whisper


@pytest.mark.slow
def test_codes_are_whispers() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert {from_whisper(code) for code in _LANGUAGE_CODES} == CODES
    assert {to_whisper(code) for code in CODES} == set(_LANGUAGE_CODES)
