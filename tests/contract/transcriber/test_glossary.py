"""What a circle's glossary is for: names come out right that come out wrong without it.

With the default engine, on the weights that come as a package.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from kring.settings import Settings
from tests.support.media.speech import MEETING, needs
from tests.support.repository import REPOSITORY
from transcribe.engines.registry import open_transcriber
from transcribe.pipeline.hallucinations import plain
from transcribe.port import Transcriber

SAMPLES = REPOSITORY / "samples"
TOUR, ELSEWHERE = "tour-for-visitors", "privacy-shared-services"
"""The sample in which names are spoken, and one in which none of them is."""
MEETING_GLOSSARY = ["Adam Duguid", "Real Reaction", "Ebenezer Ademesoye"]
MEETING_NAMES = {"Duguid", "Real Reaction", "Ademesoye"}
FEWEST = 3
"""Terms that have to be wrong without a glossary, for it to have something to mend."""

Hear = Callable[[Path, Sequence[str]], str]


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def recording(stem: str) -> Path:
    return SAMPLES / f"{stem}.{toml(SAMPLES / 'texts' / f'{stem}.toml')['format']}"


def said(stem: str) -> str:
    """What the recording was made from."""
    return " ".join(" ".join(block["text"] for block in toml(SAMPLES / "texts" / f"{stem}.toml")["say"]).split())


def glossary_of(stem: str) -> list[str]:
    """That of the recording's circle."""
    slug = toml(SAMPLES / f"{stem}.toml")["circle"]
    circles: list[dict[str, Any]] = toml(SAMPLES / "circles.toml")["circle"]
    return next(list(circle["glossary"]) for circle in circles if circle["slug"] == slug)


def written(terms: set[str], text: str) -> set[str]:
    """The terms that stand in the text letter for letter: a name without its capitals is not one."""
    return {term for term in terms if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text)}


def heard_in(terms: set[str], text: str) -> set[str]:
    """The terms whose words stand in the text, whatever the capitals and hyphens."""
    return {term for term in terms if f" {plain(term)} " in f" {plain(text)} "}


def words_wrong(expected: list[str], heard: list[str]) -> int:
    """Levenshtein's distance in words."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, start=1):
        before, row = row, [number]
        for at, other in enumerate(heard, start=1):
            row.append(min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (word != other)))
    return row[-1]


def others(text: str, terms: Sequence[str]) -> list[str]:
    """The words that belong to no term."""
    ours = {word for term in terms for word in plain(term).split()}
    return [word for word in plain(text).split() if word not in ours]


@pytest.fixture(scope="module")
def transcriber(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcriber]:
    """The default engine on the weights that come as a package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield open_transcriber(Settings(data_dir=tmp_path_factory.mktemp("glossary")))


@pytest.fixture(scope="module")
def hear(transcriber: Transcriber, tmp_path_factory: pytest.TempPathFactory) -> Hear:
    folder = tmp_path_factory.mktemp("speech")

    def heard(audio: Path, glossary: Sequence[str]) -> str:
        speech = folder / f"{audio.stem}.flac"
        if not speech.exists():
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(audio), "-ac", "1"]
            subprocess.run([*command, "-ar", "16000", "-sample_fmt", "s16", str(speech)], check=True)
        segments = transcriber.transcribe(speech, language="en", glossary=glossary).segments
        return " ".join(segment.text for segment in segments)

    return heard


def test_the_names_of_the_tour_come_out_right(hear: Hear) -> None:
    glossary = glossary_of(TOUR)
    spoken = written(set(glossary), said(TOUR))
    unspoken = set(glossary) - spoken
    assert spoken
    assert unspoken  # as in life: not every term of a circle is spoken every time
    without, mended = hear(recording(TOUR), ()), hear(recording(TOUR), glossary)

    assert len(spoken - heard_in(spoken, without)) >= FEWEST
    assert written(spoken, mended) == spoken
    assert heard_in(unspoken, mended) == set()

    expected = others(said(TOUR), glossary)
    assert words_wrong(expected, others(mended, glossary)) <= words_wrong(expected, others(without, glossary))
    everything = plain(said(TOUR)).split()
    assert words_wrong(everything, plain(mended).split()) <= 0.05 * len(everything)


def test_the_names_do_not_appear_in_another_recording(hear: Hear) -> None:
    glossary = glossary_of(TOUR)
    expected = plain(said(ELSEWHERE)).split()
    without, told = hear(recording(ELSEWHERE), ()), hear(recording(ELSEWHERE), glossary)
    assert heard_in(set(glossary), told) == set()
    assert words_wrong(expected, plain(told).split()) <= words_wrong(expected, plain(without).split()) + 1


@needs(MEETING)
def test_the_names_of_a_real_meeting_come_out_right(hear: Hear) -> None:
    """Of “Real Reaction” it is the capitals that are mended: without the glossary it is a thing, not a name."""
    assert written(MEETING_NAMES, hear(MEETING.path, ())) == set()
    assert written(MEETING_NAMES, hear(MEETING.path, MEETING_GLOSSARY)) == MEETING_NAMES
