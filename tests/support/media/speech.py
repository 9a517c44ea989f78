"""Speech whose words are known: the samples', which is always there, and that of real people, which is not part of this
repository. What needs the latter is skipped without it; what it proves is proved on the samples too, as far as their
voices allow: Whisper understands them in English only."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.repository import REPOSITORY

SAMPLES = REPOSITORY / "samples"
AUDIO = REPOSITORY.parent / "shared" / "audio"


@dataclass(frozen=True, eq=False)
class Spoken:
    """`said` is written plainly. `starts`: when the words after a silence are said, in seconds by the word's number,
    where the waveform's energy rises above a fiftieth of its peak. `seconds`: only its beginning."""

    path: Path
    language: str
    said: str = ""
    starts: dict[int, float] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def words(self) -> list[str]:
        return self.said.split()

    @property
    def name(self) -> str:
        return self.path.name

    def write(self, target: Path) -> Path:
        """As `transcribe.rendering.render` would prepare it: 16 kHz mono FLAC."""
        some = [] if self.seconds is None else ["-t", str(self.seconds)]
        sound = ["-vn", "-ac", "1", "-ar", "16000", "-sample_fmt", "s16"]
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", *some, "-i", str(self.path), *sound, str(target)], check=True
        )
        return target


JFK = Spoken(
    AUDIO / "jfk_en_11s.flac",
    "en",
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country",
    {0: 0.32, 5: 3.28, 6: 3.98, 7: 5.41, 14: 8.19},  # “And”, “ask”, “not”, “what”, the second “ask”
)
DANISH = (Spoken(AUDIO / "danish_read_u0042009.wav", "da"), Spoken(AUDIO / "danish_read_u0042011.wav", "da"))
MEETING = Spoken(AUDIO / "ami_meeting_dev00_30s.wav", "en")
RULES = Spoken(
    SAMPLES / "privacy-shared-services.m4a",
    "en",
    "this is a short session about privacy when several municipalities share one service the first rule is simple "
    "decide who is responsible before you move any personal data",
    {0: 0.50, 13: 5.49, 18: 7.19},  # “This”, “The”, “Decide”
    seconds=10.9,
)
VISIT = Spoken(
    SAMPLES / "document-service-three-regions.wav",
    "en",
    "good morning from your partners abroad and thank you for having us you asked how we built one document service "
    "for three regions in norway people often believe that it was a technical project",
    {0: 0.50, 6: 2.35, 12: 3.88, 25: 7.76},  # “Good”, “and”, “You”, “People”
    seconds=10.4,
)


def of(*spoken: Spoken | tuple[Any, ...]) -> list[Any]:
    """Parameters for a test, each skipped where its recording is not there; a tuple's, where one of its is not."""
    return [_parameter(one if isinstance(one, tuple) else (one,)) for one in spoken]


def _parameter(values: tuple[Any, ...]) -> Any:
    known = [value for value in values if isinstance(value, Spoken)]
    return pytest.param(*values, id=" ".join(one.name for one in known), marks=[needs(*known)])


def needs(*spoken: Spoken) -> pytest.MarkDecorator:
    gone = [one.name for one in spoken if not one.path.is_file()]
    return pytest.mark.skipif(bool(gone), reason=f"needs real speech, which is not here: {', '.join(gone)}")
