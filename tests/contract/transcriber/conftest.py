"""Every engine, and the sounds and speech that they are given."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kring.model import Transcript
from kring.settings import Settings, TranscribeSettings
from tests.support.media.speech import DANISH, JFK, MEETING, RULES, VISIT, Spoken
from tests.support.media.synthetic_sounds import Sound, silence, write
from transcribe.engines.memory import FakeSentence, FakeTranscriber
from transcribe.engines.registry import ENGINES, open_transcriber
from transcribe.pipeline.vad import read_blocks
from transcribe.port import Transcriber


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache of weights for both engines, filled from the weights package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield tmp_path_factory.mktemp("transcriber")


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Spoken | str], Path]:
    """Speech, or what a filter of ffmpeg makes, as `transcribe.rendering.render` would prepare it: 16 kHz mono FLAC."""
    folder = tmp_path_factory.mktemp("speech")

    def prepared(what: Spoken | str) -> Path:
        target = (
            folder / f"{re.sub(r'[^a-z0-9]+', '-', str(what if isinstance(what, str) else what.name).lower())}.flac"
        )
        if target.exists():
            return target
        if isinstance(what, Spoken):
            return what.write(target)
        command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", what, "-sample_fmt", "s16", str(target)]
        subprocess.run(command, check=True)
        return target

    return prepared


@pytest.fixture(scope="session", params=[pytest.param("fake", marks=pytest.mark.quick), *ENGINES])
def transcriber(request: pytest.FixtureRequest, data_dir: Path, speech: Callable[[Spoken | str], Path]) -> Transcriber:
    if request.param != "fake":
        return open_transcriber(
            Settings(data_dir=data_dir, transcribe=TranscribeSettings(engine=request.param, threads=2))
        )
    fake = FakeTranscriber()
    told: dict[Spoken, tuple[FakeSentence, ...]] = {
        JFK: (FakeSentence(0.3, 3.0, " ".join(JFK.words[:5])), FakeSentence(3.3, 10.6, " ".join(JFK.words[5:]))),
        MEETING: (FakeSentence(1.8, 3.9, "We are ready to begin"), FakeSentence(20.5, 23.6, "Go for it")),
        RULES: (
            FakeSentence(0.5, 4.9, " ".join(RULES.words[:13])),
            FakeSentence(5.5, 10.6, " ".join(RULES.words[13:])),
        ),
        VISIT: (
            FakeSentence(0.5, 3.5, " ".join(VISIT.words[:12])),
            FakeSentence(3.9, 10.1, " ".join(VISIT.words[12:])),
        ),
    }
    told |= dict.fromkeys(DANISH, (FakeSentence(0.4, 4.6, "Han løb en tur"),))
    for spoken, said in told.items():
        if spoken.path.is_file():
            fake.tell(speech(spoken), spoken.language, *said)
    return fake


@pytest.fixture(scope="session")
def progress() -> dict[tuple[int, Spoken | str], list[float]]:
    """What was told while listening, by engine and recording."""
    return {}


@pytest.fixture(scope="session")
def transcript(
    transcriber: Transcriber,
    speech: Callable[[Spoken | str], Path],
    progress: dict[tuple[int, Spoken | str], list[float]],
) -> Callable[[Spoken | str], Transcript]:
    """What the engine hears by itself, heard once a session."""
    heard: dict[Spoken | str, Transcript] = {}

    def of_it(what: Spoken | str) -> Transcript:
        audio = speech(what)
        if what not in heard:
            told = progress.setdefault((id(transcriber), what), [])
            heard[what] = transcriber.transcribe(audio, progress=told.append)
        return heard[what]

    return of_it


@pytest.fixture(scope="session")
def joined(tmp_path_factory: pytest.TempPathFactory, speech: Callable[[Spoken | str], Path]) -> Callable[..., Path]:
    """Recordings and sounds one after another, half a second between them."""
    folder = tmp_path_factory.mktemp("joined")

    def in_a_row(name: str, *parts: Spoken | Sound) -> Path:
        target = folder / f"{name}.wav"
        if not target.exists():
            sounds = [part if isinstance(part, np.ndarray) else samples(speech(part)) for part in parts]
            write(target, *(piece for sound in sounds for piece in (sound, silence(0.5))))
        return target

    return in_a_row


def samples(path: Path) -> Sound:
    return np.concatenate(list(read_blocks(path))).astype(np.float64)


@pytest.fixture
def real(transcriber: Transcriber) -> Transcriber:
    """An engine that listens."""
    if isinstance(transcriber, FakeTranscriber):
        pytest.skip("the fake hears what it was told")
    return transcriber
