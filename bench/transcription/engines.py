"""Who listens, each in a process of its own, and what that process cost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.transcription.run_engine import ENGINES
from kring.errors import SetupError
from kring.settings import Settings
from transcribe.models.weights import checkpoint, folder

OURS = "kring"
REPOSITORY = Path(__file__).parents[2]
_SAID = 2_000
"""Characters of what a failed process said that are shown."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one whole process, its children included."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system."""
    rss: int
    """Bytes, at its peak."""


@dataclass(frozen=True, slots=True)
class Transcription:
    cost: Cost
    text: str
    seconds: float | None = None
    """Of listening alone; None where the program does not say."""
    transcript: dict[str, Any] | None = None
    """Kring's."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`name` of a row; `tool`: what it is a variant of."""

    name: str
    tool: str
    transcribe: Callable[[Path], Transcription]


def engines(settings: Settings) -> list[Engine]:
    """Kring first. All have the same weights: those of the settings."""
    plain = [Engine(name, name.removesuffix(" int8"), _engine(name)) for name in ENGINES]
    command = "whisper-ctranslate2"
    return [
        *plain,
        Engine(command, command, _whisper_ctranslate2(settings)),
        Engine(f"{command} int8", command, _whisper_ctranslate2(settings, "--compute_type", "int8")),
        Engine("openai-whisper", "openai-whisper", _whisper(settings)),
    ]


def _engine(name: str) -> Callable[[Path], Transcription]:
    def transcribe(audio: Path) -> Transcription:
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "output.json"
            cost = measured([sys.executable, "-m", "bench.transcription.run_engine", name, str(audio), str(out)])
            return Transcription(cost, **json.loads(out.read_text("utf-8")))

    return transcribe


def _whisper(settings: Settings) -> Callable[[Path], Transcription]:
    return lambda audio: _command_line("whisper", audio, "--model", str(checkpoint(settings)))


def _whisper_ctranslate2(settings: Settings, *options: str) -> Callable[[Path], Transcription]:
    return lambda audio: _command_line(
        "whisper-ctranslate2", audio, "--model_directory", str(folder(settings)), *options
    )


def _command_line(program: str, audio: Path, *options: str) -> Transcription:
    """With its defaults; of the files it writes, the plain text is read."""
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.is_file() else shutil.which(program)
    if found is None:
        raise SetupError(f"{program} is not installed here; install Kring with its `bench` extra.")
    with tempfile.TemporaryDirectory() as scratch:
        cost = measured([found, str(audio), *options, "--output_dir", scratch])
        text = Path(scratch) / f"{audio.stem}.txt"
        if not text.is_file():  # both command lines end with status 0 where they could not read a file
            raise SetupError(f"{program} wrote no text for {audio}.")
        return Transcription(cost, text.read_text("utf-8"))


def measured(command: Sequence[str]) -> Cost:
    """Run it to its end. Raises SetupError with what it said last where it fails."""
    # OpenMP's own default is four threads in CTranslate2, however many cores there are.
    environment = os.environ | {"OMP_NUM_THREADS": str(os.cpu_count() or 1), "PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(max(0, said.tell() - _SAID))
            raise SetupError(f"{command[0]} failed: {said.read().decode(errors='replace').strip()}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak)
