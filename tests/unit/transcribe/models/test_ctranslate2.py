"""Weights of CTranslate2 that cannot be read, or not be converted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kring.errors import SetupError
from transcribe.models.ctranslate2 import openai_checkpoint, read_variables


@pytest.mark.parametrize(
    "data", [b"", b"\x06\x00\x00\x00\xff\xff", b"\x05\x00\x00\x00\x0c\x00WhisperSpec\x00\x03\x00\x00\x00"]
)
def test_weights_that_are_none_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(SetupError, match=r"model\.bin"):
        read_variables(path)


def test_quantised_weights_cannot_become_a_checkpoint() -> None:
    with pytest.raises(SetupError, match="quantised"):
        openai_checkpoint({"encoder/conv1/weight": np.zeros((2, 2), dtype=np.int8)})
