"""Passages that are taken out: with real files, real silence and a picture that is really black."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from kring.settings import MediaLimits
from tests.support.media.files import ffmpeg, make_video
from transcribe.media import ffmpeg as guarded
from transcribe.media.probe import probe
from transcribe.rendering.render import Rendered, render

pytestmark = pytest.mark.usefixtures("_each_ffmpeg")

LIMITS = MediaLimits(spare_disk_mb=0)
CUTS = ((1.03, 2.01), (3.2, 3.6))
SECONDS = 5.0
EDGE = 0.05
"""Seconds that AAC smears what stands beside a passage into it; the passage itself is silent before it is encoded."""


def tone(path: Path, *options: str) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}", *options, path)
    return path


def without(path: Path, dest: Path, cuts: tuple[tuple[float, float], ...] = CUTS) -> Rendered:
    return render(path, probe(path, LIMITS), dest, LIMITS, cuts=cuts)


def printed(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [guarded.binary(), "-nostdin", "-hide_banner", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True)


def loudest(path: Path, start: float, end: float) -> float:
    """The peak in decibels, as ffmpeg's volumedetect says."""
    cut = f"atrim=start={start}:end={end},volumedetect"
    said = printed("-i", path, "-vn", "-af", cut, "-f", "null", "-").stderr.decode()
    found = re.search(r"max_volume: (-?[0-9.]+|-inf) dB", said)
    assert found is not None, said
    return float(found[1])


def brightest(path: Path, at: float) -> int:
    read = [
        *(["-ss", str(at)] if at else []),
        "-i",
        path,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "pipe:1",
    ]
    return max(printed("-v", "error", *read).stdout)


def samples(path: Path) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(printed("-v", "error", "-i", path, "-f", "s16le", "pipe:1").stdout, dtype="<i2")


def assert_silenced(made: Rendered) -> None:
    heard = samples(made.speech)
    assert len(heard) / 16_000 == pytest.approx(SECONDS, abs=0.2)
    before = 0.0
    for start, end in CUTS:
        assert not heard[round(start * 16_000) : round(end * 16_000)].any()
        assert np.abs(heard[round((before + 0.1) * 16_000) : round((start - 0.1) * 16_000)]).max() > 1000
        assert loudest(made.speech, start, end) < -90
        assert loudest(made.playback, start + EDGE, end - EDGE) < -80
        assert loudest(made.playback, before + EDGE, start - EDGE) > -30
        before = end
    assert loudest(made.playback, before + EDGE, SECONDS - 0.3) > -30
    assert made.peaks is not None
    peaks = json.loads(made.peaks.read_text())
    per_second = peaks["sample_rate"] / peaks["samples_per_pixel"]
    for start, end in CUTS:
        inside = peaks["data"][2 * int(start * per_second + 1) : 2 * int(end * per_second)]
        assert inside
        assert set(inside) == {0}


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.flac"])
def test_sound_is_silent_during_a_passage(name: str, tmp_path: Path) -> None:
    made = without(tone(tmp_path / name, "-ac", "2"), tmp_path / "out")
    assert_silenced(made)
    assert made.playback_type == "audio/mp4"


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
def test_nothing_of_a_passage_is_heard_at_its_borders(rate: int, tmp_path: Path) -> None:
    """Sound that is there during the passages only."""
    during = "+".join(f"gte(t,{start})*lt(t,{end})" for start, end in CUTS)
    path = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='0.5*sin(900*t)*({during})':d={SECONDS}:s={rate}", path)
    assert loudest(path, 1.1, 1.9) > -10
    made = without(path, tmp_path / "out")
    assert loudest(made.playback, 0, SECONDS) < -80
    assert loudest(made.speech, 0, SECONDS) < -80


def test_sound_that_changes_its_form_is_silent_too(tmp_path: Path) -> None:
    parts = [tone(tmp_path / f"{n}.ts", "-t", "2.5", "-ac", str(n), "-c:a", "aac") for n in (1, 2)]
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"file '{one}'\n" for one in parts))
    whole = tmp_path / "whole.mkv"
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", whole)
    assert_silenced(without(whole, tmp_path / "out"))


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mp4", []), ("late.ts", ["-output_ts_offset", "100"]), ("a.webm", ["-c:v", "vp8", "-c:a", "libopus"])],
)
def test_a_picture_is_covered(name: str, options: list[str], tmp_path: Path) -> None:
    path = tmp_path / name
    drawn = ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={SECONDS}"]
    sine = ["-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}"]
    ffmpeg(*drawn, *sine, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-c:a", "aac", *options, path)
    made = without(path, tmp_path / "out")
    assert_silenced(made)
    for start, end in CUTS:
        for at in (start + 0.02, (start + end) / 2, end - 0.06):
            assert brightest(made.playback, at) <= 18, at
        assert brightest(made.playback, start - 0.1) > 100
        assert brightest(made.playback, end + 0.06) > 100
    assert made.poster is not None
    assert brightest(made.poster, 0) > 100
    again = probe(made.playback, LIMITS)
    assert again.duration == pytest.approx(SECONDS, abs=0.1)


def test_a_slide_does_not_stay_through_a_passage(tmp_path: Path) -> None:
    """A picture of a frame in four seconds."""
    path = tmp_path / "a.mkv"
    drawn = ["-f", "lavfi", "-i", "color=white:s=320x180:r=25:d=5", "-vf", "select='not(mod(n,100))'"]
    ffmpeg(*drawn[:4], "-f", "lavfi", "-i", "sine=d=5", *drawn[4:], "-fps_mode", "vfr", "-c:v", "libx264", path)
    made = without(path, tmp_path / "out")
    assert brightest(made.playback, 1.5) <= 18
    assert brightest(made.playback, 0.5) > 200
    assert brightest(made.playback, 2.5) > 200


@pytest.mark.parametrize("rate", [8, 25, 29.97, 47, 60])
def test_nothing_of_a_passage_flashes_at_its_borders(rate: float, tmp_path: Path) -> None:
    """A picture that is white during the passages, and black else."""
    path = tmp_path / "a.mp4"
    white = "+".join(f"gte(t,{start})*lt(t,{end})" for start, end in CUTS)
    drawn = f"color=black:s=160x90:r={rate}:d={SECONDS},drawbox=w=iw:h=ih:color=white:t=fill:enable='{white}'"
    ffmpeg("-f", "lavfi", "-i", drawn, "-f", "lavfi", "-i", f"sine=d={SECONDS}", "-pix_fmt", "yuv420p", path)
    assert brightest(path, 1.5) > 200
    made = without(path, tmp_path / "out")
    frames = printed("-v", "error", "-i", made.playback, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1").stdout
    assert len(frames) > 160 * 90 * 8 * 4
    assert max(frames) < 40


def test_a_whole_recording_may_be_silenced(tmp_path: Path) -> None:
    made = without(make_video(tmp_path / "a.mp4"), tmp_path / "out", ((0.0, 60.0),))
    assert not samples(made.speech).any()
    assert brightest(made.playback, 1.0) <= 18
