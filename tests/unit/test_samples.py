"""The sample recordings are what samples/README.md and the demo say they are."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from kring.model import Circle, Details, Segment
from tests.support.repository import REPOSITORY
from transcribe.captions.webvtt import parse_vtt

SAMPLES = REPOSITORY / "samples"
TEXTS = sorted((SAMPLES / "texts").glob("*.toml"))


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def recording(text: Path) -> Path:
    return SAMPLES / f"{text.stem}.{toml(text)['format']}"


def details(stem: str) -> Details:
    return Details(**toml(SAMPLES / f"{stem}.toml"))


def cues(stem: str) -> list[Segment]:
    return parse_vtt((SAMPLES / f"{stem}.vtt").read_text("utf-8"))


def duration(path: Path) -> float:
    """Seconds of sound that can really be decoded."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", "8000", "-f", "s16le", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True)
    assert decoded.stderr == b""
    return len(decoded.stdout) / 2 / 8000


def circles() -> dict[str, Circle]:
    return {entry["slug"]: Circle(**entry) for entry in toml(SAMPLES / "circles.toml")["circle"]}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_a_sample_is_made_from_its_text(text: Path) -> None:
    said = toml(text)
    told = details(text.stem)
    assert (told.title, told.circle, told.date, told.language) == (
        said["title"],
        said["circle"],
        said["date"],
        said["language"],
    )
    assert told.presenters == tuple(said["voices"])
    assert (list(told.topics), list(told.organisations)) == (said["topics"], said["organisations"])
    assert told.topics
    assert told.organisations
    assert {block["who"] for block in said["say"]} == set(said["voices"])
    assert told.circle in circles()
    seconds = duration(recording(text))
    assert 30 <= seconds <= 120
    if told.language == "en":  # these are for Whisper
        assert not (SAMPLES / f"{text.stem}.vtt").exists()
        return
    heard = cues(text.stem)
    assert {cue.speaker for cue in heard} == set(said["voices"])
    assert " ".join(cue.text for cue in heard) == " ".join(" ".join(block["text"] for block in said["say"]).split())
    times = [moment for cue in heard for moment in (cue.start, cue.end)]
    assert times == sorted(times)
    assert times[-1] <= seconds


def test_together_they_are_a_small_varied_archive() -> None:
    files = [recording(text) for text in TEXTS]
    told = [details(text.stem) for text in TEXTS]
    assert len(files) >= 8
    assert sum(file.stat().st_size for file in files) <= 12_000_000
    assert {one.language for one in told} == {"nb", "nn", "da", "nl", "en"}
    assert sum(one.language == "en" for one in told) >= 3
    used = {one.circle for one in told}
    assert used == set(circles())
    assert len(used) == 5
    assert len({circles()[slug].network for slug in used}) == 3
    assert sum("slide" in toml(text) for text in TEXTS) >= 2
    assert {one.date.year for one in told} == {2024, 2025, 2026}


def test_no_file_lies_there_without_its_text() -> None:
    media = {".mp3", ".mp4", ".m4a", ".opus", ".webm", ".wav", ".flac", ".vtt"}
    stems = {path.stem for path in SAMPLES.iterdir() if path.suffix in media}
    assert stems == {text.stem for text in TEXTS}


def test_queries_point_at_words_that_are_spoken_there() -> None:
    queries = toml(SAMPLES / "queries.toml")["query"]
    assert {query["language"] for query in queries} == {"nb", "nn", "da", "nl", "en"}
    for query in queries:
        stem = query["recording"]
        assert details(stem).language == query["language"]
        said = " ".join(" ".join(block["text"] for block in toml(SAMPLES / "texts" / f"{stem}.toml")["say"]).split())
        assert query["words"] in said
        if query["language"] != "en":
            there = [cue.text for cue in cues(stem) if cue.start <= query["at"] <= cue.end]
            assert query["words"] in " ".join(there)
