"""A good file is not taken for one that was cut off; one that was cut off is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from kring.errors import NotMedia
from kring.settings import MediaLimits
from tests.support.media.files import cut, make_audio, make_video
from tests.support.media.timed_speech import PART, ffmpeg, part
from transcribe.media.probe import probe
from transcribe.rendering.render import render

LIMITS = MediaLimits(spare_disk_mb=0)
SECONDS = 4.0


def promising_more(path: Path) -> Path:
    """Its header made to promise far more than there is."""
    data = bytearray(path.read_bytes())
    if path.suffix == ".mkv":
        struct.pack_into(">d", data, data.index(b"\x44\x89\x88") + 3, 100_000.0)
    elif path.suffix == ".flv":
        struct.pack_into(">d", data, data.index(b"duration\x00") + 9, 100.0)
    elif path.suffix == ".mp3":
        frames_and_bytes = data.index(b"Info") + 8
        struct.pack_into(">II", data, frames_and_bytes, 10_000, 10_000_000)
    else:
        for box, duration in ((b"mvhd", 20), (b"tkhd", 24), (b"elst", 12)):
            struct.pack_into(">I", data, data.index(box) + duration, 100_000)
    path.write_bytes(data)
    return path


def with_subtitles(to: Path, suffix: str) -> Path:
    (to / "x.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:01:20,000 --> 00:01:40,000\nEnd\n")
    sound = make_audio(to / "sound.m4a", seconds=SECONDS)
    ffmpeg(
        "-i",
        sound,
        "-i",
        to / "x.srt",
        "-c:a",
        "copy",
        "-c:s",
        "srt" if suffix == "mkv" else "mov_text",
        to / f"x.{suffix}",
    )
    return to / f"x.{suffix}"


def with_longer_sound(to: Path, suffix: str) -> Path:
    """Words for `PART` seconds, and another sound in which nothing is heard for thirty."""
    inputs = ["-i", part(to / "1.m4a"), "-f", "lavfi", "-i", "anullsrc=d=30"]
    ffmpeg(*inputs, "-map", "0", "-map", "1", "-c:a", "aac", "-disposition:a:0", "default", to / f"x.{suffix}")
    return to / f"x.{suffix}"


def with_chapters(to: Path, suffix: str) -> Path:
    (to / "x.txt").write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=100\ntitle=All\n")
    sound = make_audio(to / "sound.m4a", seconds=SECONDS)
    ffmpeg("-i", sound, "-i", to / "x.txt", "-map_chapters", "1", "-c", "copy", to / f"x.{suffix}")
    return to / f"x.{suffix}"


def with_time_code(to: Path, suffix: str) -> Path:
    return make_video(to / f"x.{suffix}", seconds=SECONDS, options=("-timecode", "10:00:00:00"))


def late(to: Path, suffix: str) -> Path:
    sound = make_audio(to / "sound.m4a", seconds=SECONDS)
    ffmpeg("-itsoffset", "100", "-i", sound, "-c", "copy", to / f"x.{suffix}")
    return to / f"x.{suffix}"


WHOLE: dict[str, Callable[[Path, str], Path]] = {
    "wrong duration": lambda to, suffix: promising_more(make_audio(to / f"x.{suffix}", seconds=SECONDS)),
    "begins late": late,
    "chapters": with_chapters,
    "time code": with_time_code,
    "subtitles": with_subtitles,
}


@pytest.mark.parametrize(
    "name",
    [
        *("wrong duration.mp3", "wrong duration.mkv", "wrong duration.m4a", "wrong duration.flv"),
        *("begins late.mkv", "begins late.m4a", "begins late.mov", "begins late.ts", "begins late.flv"),
        *("subtitles.mkv", "subtitles.mp4", "chapters.m4a", "time code.mov"),
    ],
)
def test_a_whole_file_is_taken_for_as_long_as_its_sound(name: str, tmp_path: Path) -> None:
    what, _, suffix = name.partition(".")
    assert probe(WHOLE[what](tmp_path, suffix), LIMITS).duration == pytest.approx(SECONDS, abs=0.15)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts", "asf"])
def test_another_sound_that_goes_on_longer_makes_no_file_cut_off(suffix: str, tmp_path: Path) -> None:
    """Nor what is made of the words longer than they are."""
    whole = with_longer_sound(tmp_path, suffix)
    made = render(whole, probe(whole, LIMITS), tmp_path / "out", LIMITS)
    assert made.seconds == pytest.approx(PART, abs=0.15)


def test_what_was_cut_off_is_refused_all_the_same(tmp_path: Path) -> None:
    flash = make_audio(tmp_path / "x.flv", seconds=SECONDS)
    for whole in (flash, with_subtitles(tmp_path, "mkv"), with_longer_sound(tmp_path, "mkv")):
        with pytest.raises(NotMedia, match="ends too early"):
            probe(cut(whole, tmp_path / "cut", 0.6), LIMITS)


def test_a_header_cannot_make_a_recording_too_long(tmp_path: Path) -> None:
    long = promising_more(make_audio(tmp_path / "x.mkv", seconds=SECONDS))
    assert probe(long, MediaLimits(max_hours=0.01)).duration == pytest.approx(SECONDS, abs=0.15)
