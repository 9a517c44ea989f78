"""What is heard is heard when the original says so: in what engines listen to, and in what browsers play."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from kring.errors import NotMedia
from kring.settings import MediaLimits
from tests.support.media.files import grown
from tests.support.media.timed_speech import PART, WORDS, appended, ffmpeg, heard, joined, part, retimed
from transcribe.media import ffmpeg as guarded
from transcribe.media.packet_times import times_of
from transcribe.media.probe import probe
from transcribe.media.streams import contents_of
from transcribe.rendering.render import Rendered, render

LIMITS = MediaLimits(spare_disk_mb=0)
TWICE = [WORDS, PART + WORDS]
AAC, VORBIS, OPUS = ("-c:a", "aac"), ("-c:a", "libvorbis"), ("-c:a", "libopus")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *AAC)


def in_time(path: Path, words: list[float], seconds: float, dest: Path) -> Rendered:
    """Render `path`, and find its words where they are said."""
    media = probe(path, LIMITS)
    assert media.duration == pytest.approx(seconds, abs=0.15)
    made = render(path, media, dest, LIMITS)
    for file in (made.speech, made.playback):
        found, length = heard(file)
        assert found == pytest.approx(words, abs=0.12), file.name
        assert length == pytest.approx(seconds, abs=0.2), file.name
    contents = contents_of(made.playback, LIMITS)
    assert contents.audio is not None
    sound = times_of(made.playback, contents, LIMITS, at_most=1e5, streams=[contents.audio])
    assert sound[0].unbroken
    return made


# --- what changes in the middle ---

CHANGES: dict[str, Callable[[Path], Path]] = {
    "stereo then mono.mp3": lambda to: joined(to / "x.mp3", part(to / "1.mp3"), part(to / "2.mp3", channels=1)),
    "44 then 22 kHz.mp3": lambda to: joined(
        to / "x.mp3", part(to / "1.mp3", rate=44_100), part(to / "2.mp3", rate=22_050, channels=1)
    ),
    "48 then 44 kHz.mp3": lambda to: joined(to / "x.mp3", part(to / "1.mp3"), part(to / "2.mp3", rate=44_100)),
    "stereo then mono.aac": lambda to: joined(to / "x.aac", part(to / "1.aac"), part(to / "2.aac", channels=1)),
    "48 then 22 kHz.aac": lambda to: joined(to / "x.aac", part(to / "1.aac"), part(to / "2.aac", rate=22_050)),
    "transport stream": lambda to: joined(
        to / "x.ts", part(to / "1.ts", *AAC), part(to / "2.ts", *AAC, "-output_ts_offset", "3", channels=1)
    ),
    "transport stream in another rate": lambda to: joined(
        to / "x.ts", part(to / "1.ts", *AAC), part(to / "2.ts", *AAC, "-output_ts_offset", "3", rate=22_050)
    ),
    "transport stream, times begin anew": lambda to: joined(
        to / "x.ts", part(to / "1.ts", *AAC), part(to / "2.ts", *AAC, channels=1)
    ),
    "transport stream, times jump": lambda to: joined(
        to / "x.ts", part(to / "1.ts", *AAC), part(to / "2.ts", *AAC, "-output_ts_offset", "4000", channels=1)
    ),
    "chained Vorbis": lambda to: joined(to / "x.ogg", part(to / "1.ogg", *VORBIS), part(to / "2.ogg", *VORBIS)),
    "chained Opus": lambda to: joined(to / "x.opus", part(to / "1.opus", *OPUS), part(to / "2.opus", *OPUS)),
    "WebM behind WebM": lambda to: joined(to / "x.webm", part(to / "1.webm", *OPUS), part(to / "2.webm", *OPUS)),
    "FLAC behind FLAC": lambda to: joined(to / "x.flac", part(to / "1.flac"), part(to / "2.flac", channels=1)),
    "MP3 in Matroska": lambda to: appended(to / "x.mkv", part(to / "1.mp3"), part(to / "2.mp3", channels=1)),
    "PCM in AVI": lambda to: appended(to / "x.avi", part(to / "1.mp3"), part(to / "2.mp3", channels=1)),
}


@pytest.mark.usefixtures("_each_ffmpeg")
def test_a_chain_whose_channels_change_is_heard_whole_or_refused(tmp_path: Path) -> None:
    """From version 8 on, ffmpeg stops at the change and calls it the end."""
    chained = joined(
        tmp_path / "x.opus", part(tmp_path / "1.opus", *OPUS), part(tmp_path / "2.opus", *OPUS, channels=1)
    )
    if "imageio" in guarded.binary():
        with pytest.raises(NotMedia, match="unusual"):
            probe(chained, LIMITS)
    else:
        in_time(chained, TWICE, 2 * PART, tmp_path / "out")


def tag() -> bytes:
    """An ID3v2 tag with a picture, 500 kB in which frames of MP3 seem to begin."""
    picture = b"APIC" + (500_000).to_bytes(4) + b"\0\0" + b"\0image/png\0\3\0"
    body = picture + random.Random(7).randbytes(500_010 - len(picture))
    return b"ID3\3\0\0" + bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0)) + body


@pytest.mark.parametrize("suffix", ["mp3", "aac"])
def test_tags_amid_the_sound_are_no_sound(suffix: str, tmp_path: Path) -> None:
    """As they stand where files that have some were put one behind the other."""
    first, second = part(tmp_path / f"1.{suffix}"), part(tmp_path / f"2.{suffix}", channels=1)
    original = tmp_path / f"x.{suffix}"
    original.write_bytes(tag() + first.read_bytes() + tag() + tag() + second.read_bytes())
    in_time(original, TWICE, 2 * PART, tmp_path / "out")


# --- gaps, jumps and late beginnings ---

_PRIMING = 1024  # samples an encoder puts first


def edited(source: Path, *edits: tuple[float, float]) -> Path:
    """An MP4 of sound alone that plays only these stretches of it (seconds)."""
    data = source.read_bytes()
    movie, sound = (int.from_bytes(data[at : at + 4]) for at in (data.index(box) + 16 for box in (b"mvhd", b"mdhd")))
    entries = [
        struct.pack(">IiI", round((end - begin) * movie), round(begin * sound) + _PRIMING, 1 << 16)
        for begin, end in edits
    ]
    box = b"elst" + struct.pack(">II", 0, len(entries)) + b"".join(entries)
    at = data.index(b"elst") - 4
    old = data[at : at + int.from_bytes(data[at : at + 4])]
    source.write_bytes(grown(data, old, struct.pack(">I", len(box) + 4) + box))
    return source


def late_sound(to: Path, suffix: str) -> Path:
    film = twice(to, "mp4", *H264, picture="160x90")
    ffmpeg("-i", film, "-itsoffset", "2", "-i", film, "-map", "0:v", "-map", "1:a", "-c", "copy", to / f"x.{suffix}")
    return to / f"x.{suffix}"


def trimmed(to: Path) -> Path:
    film = twice(to, "mp4", *H264, picture="160x90")
    ffmpeg("-ss", "2.5", "-i", film, "-c", "copy", to / "x.mp4")
    return to / "x.mp4"


def wrapped(to: Path) -> Path:
    """Whose 33 bits of time stamps run over in its fourth second."""
    ffmpeg("-i", twice(to, "m4a", *AAC), "-c", "copy", "-output_ts_offset", str(2**33 / 90_000 - 3.5), to / "x.ts")
    return to / "x.ts"


def twice(to: Path, suffix: str, *options: str, picture: str | None = None) -> Path:
    return appended(to / f"twice.{suffix}", *(part(to / f"{n}.{suffix}", *options, picture=picture) for n in (1, 2)))


GAP, OVERLAP = "TS+gte(TS*TB,3)*4/TB", "TS-gte(TS*TB,3)*0.4/TB"

TIMES: dict[str, tuple[Callable[[Path], Path], list[float], float]] = {
    "gap in AAC.m4a": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.m4a", GAP), [0.5, 7.5], 10),
    "gap in AAC.mkv": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.mkv", GAP), [0.5, 7.5], 10),
    "gap in AAC.mp4": (
        lambda to: retimed(twice(to, "mp4", *H264, picture="160x90"), to / "x.mp4", GAP),
        [0.5, 7.5],
        10,
    ),
    "gap in AAC.ts": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.ts", GAP), [0.5, 7.5], 10),
    "gap in AAC.flv": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.flv", GAP), [0.5, 7.5], 10),
    "gap in Opus.webm": (lambda to: retimed(twice(to, "webm", *OPUS), to / "x.webm", GAP), [0.5, 7.5], 10),
    "overlap.mkv": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.mkv", OVERLAP), [0.5, 3.1], 5.6),
    "slower than it sounds.mkv": (
        lambda to: retimed(twice(to, "m4a", *AAC), to / "x.mkv", "TS*1.1"),
        [0.55, 3.85],
        6.6,
    ),
    "begins at 100 s.mkv": (lambda to: retimed(twice(to, "webm", *OPUS), to / "x.mkv", "TS+100/TB"), TWICE, 6),
    "begins at 26 h.mkv": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.mkv", "TS+94000/TB"), TWICE, 6),
    "sound begins late.mkv": (lambda to: late_sound(to, "mkv"), [2.5, 5.5], 8),
    "sound begins late.mp4": (lambda to: late_sound(to, "mp4"), [2.5, 5.5], 8),
    "trimmed.mp4": (trimmed, [1.0], 3.5),
    "edited.m4a": (lambda to: edited(twice(to, "m4a", *AAC), (0, 2.2), (3, 6)), [0.5, 2.7], 5.2),
    "times run over.ts": (wrapped, TWICE, 6),
    "begins at 100 s.m4a": (lambda to: retimed(twice(to, "m4a", *AAC), to / "x.m4a", "TS+100/TB"), TWICE, 6),
}


@pytest.fixture
def _packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the ffmpeg of imageio-ffmpeg is to be found."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing-here"))


@pytest.mark.parametrize("name", CHANGES)
def test_sound_that_changes_keeps_its_time(name: str, tmp_path: Path) -> None:
    in_time(CHANGES[name](tmp_path), TWICE, 2 * PART, tmp_path / "out")


@pytest.mark.parametrize("name", TIMES)
def test_sound_is_heard_when_it_is_due(name: str, tmp_path: Path) -> None:
    make, words, seconds = TIMES[name]
    in_time(make(tmp_path), words, seconds, tmp_path / "out")


@pytest.mark.usefixtures("_packed")
def test_another_ffmpeg_keeps_time_too(tmp_path: Path) -> None:
    for name in ("stereo then mono.mp3", "transport stream, times begin anew", "chained Opus", "WebM behind WebM"):
        (tmp_path / name).mkdir()
        in_time(CHANGES[name](tmp_path / name), TWICE, 2 * PART, tmp_path / name / "out")
    for name in ("gap in AAC.mp4", "begins at 100 s.mkv"):
        (tmp_path / name).mkdir()
        make, words, seconds = TIMES[name]
        in_time(make(tmp_path / name), words, seconds, tmp_path / name / "out")


# --- pictures ---


def brightness(path: Path) -> list[float]:
    """Of the frames that a browser would show, one for each half second: white is 255."""
    raw = ffmpeg("-i", path, "-vf", "fps=2,scale=1:1,format=gray", "-f", "rawvideo", "-")
    return [float(level) for level in raw]


@pytest.mark.parametrize(("first", "second"), [("320x180", "640x360"), ("640x360", "320x180"), ("320x180", "180x320")])
def test_a_picture_that_changes_its_size_stays_in_time_and_whole(first: str, second: str, tmp_path: Path) -> None:
    shots = []
    for size, colour in ((first, "black"), (second, "white")):
        shot = tmp_path / f"{colour}.webm"
        part(shot, "-c:v", "libvpx", *OPUS, picture=size, drawn=f"color={colour}")
        shots.append(shot)
    made = in_time(appended(tmp_path / "x.webm", *shots), TWICE, 2 * PART, tmp_path / "out")
    media = probe(made.playback, LIMITS)
    widest = max(first, second, key=lambda size: int(size.partition("x")[0]) * int(size.partition("x")[2]))
    assert f"{media.width}x{media.height}" == widest
    seen = brightness(made.playback)
    assert max(seen[:5]) < 40
    assert min(seen[7:11]) > 60


def test_a_sparse_picture_is_shown_when_it_is_due(tmp_path: Path) -> None:
    """As of slides that are shared: a frame at 0 s, the next at 4 s, white."""
    film = tmp_path / "x.mkv"
    pictures = "color=black:s=160x90:r=1:d=6,drawbox=t=fill:c=white:enable='gte(t,4)',select='not(mod(n,4))'"
    sound = twice(tmp_path, "m4a", *AAC)
    ffmpeg("-f", "lavfi", "-i", pictures, "-i", sound, "-fps_mode", "vfr", "-c:v", "libvpx", "-c:a", "copy", film)
    made = in_time(film, TWICE, 2 * PART, tmp_path / "out")
    seen = brightness(made.playback)
    assert max(seen[:7]) < 40
    assert min(seen[9:] or [255]) > 200
