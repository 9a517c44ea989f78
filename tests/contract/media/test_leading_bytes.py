"""Recordings with tags, padding, junk or half a frame in front, as every player takes them."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from kring.errors import NotMedia
from kring.settings import MediaLimits
from tests.support.media.files import ffmpeg, make_audio
from tests.support.media.leading_bytes import BEGINNINGS, WORDS, id3
from transcribe.containers.detect import Container, container_of
from transcribe.media import ffmpeg as guarded
from transcribe.media.probe import probe
from transcribe.rendering.render import render

LIMITS = MediaLimits(spare_disk_mb=0)
SECONDS = 3.0
STREAMS = {
    "mp3": (),
    "mp2": (),
    "aac": ("-f", "adts"),
    "flac": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": ("-c:a", "libopus"),
    "ts": (),
    "m2ts": ("-mpegts_m2ts_mode", "1"),
    "mpg": ("-f", "mpeg"),
}
"""What can be taken up anywhere, and how it is made."""
WHOLE = {"wav": (), "mka": ("-c:a", "flac"), "wma": (), "flv": (), "caf": (), "aiff": ()}
"""What has to begin right behind tags and zeros."""
NO_JUNK = [name for name in BEGINNINGS if "junk" not in name and "size" not in name and "server" not in name]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    sound = make_audio(folder / "sound.wav", seconds=SECONDS)
    for suffix, options in (STREAMS | WHOLE).items():
        tags = ("-id3v2_version", "0", "-write_xing", "0") if suffix == "mp3" else ()
        ffmpeg("-i", sound, *options, *tags, folder / f"plain.{suffix}")
    return folder


def found_in(path: Path) -> Container:
    with path.open("rb") as file:
        found = container_of(file)
        assert file.tell() == 0
    return found


def behind(beginning: bytes, plain: Path, folder: Path) -> Path:
    path = folder / f"x{plain.suffix}"
    path.write_bytes(beginning + plain.read_bytes())
    return path


def samples(path: Path) -> bytes:
    command = [guarded.binary(), "-v", "error", "-nostdin", "-i", str(path), "-f", "s16le", "pipe:1"]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize("suffix", STREAMS)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_the_stream_is_found_behind(beginning: str, suffix: str, made: Path, tmp_path: Path) -> None:
    plain = made / f"plain.{suffix}"
    found = found_in(behind(BEGINNINGS[beginning], plain, tmp_path))
    assert found.demuxer == found_in(plain).demuxer
    assert len(BEGINNINGS[beginning]) <= found.begins <= len(BEGINNINGS[beginning]) + 4  # cameras' stamp


@pytest.mark.parametrize("suffix", WHOLE)
@pytest.mark.parametrize("beginning", NO_JUNK)
def test_the_file_is_found_behind_tags_and_zeros(beginning: str, suffix: str, made: Path, tmp_path: Path) -> None:
    plain = made / f"plain.{suffix}"
    found = found_in(behind(BEGINNINGS[beginning], plain, tmp_path))
    assert found == (found_in(plain).demuxer, len(BEGINNINGS[beginning]))


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("suffix", [*STREAMS, *WHOLE])
def test_it_is_read_from_there(suffix: str, made: Path, tmp_path: Path) -> None:
    plain = made / f"plain.{suffix}"
    tags = BEGINNINGS["tag, zeros, tag, zeros"] + BEGINNINGS["large ape"]
    beginning = tags + (BEGINNINGS["much junk"] if suffix in STREAMS else b"")
    media = probe(behind(beginning, plain, tmp_path), LIMITS)
    assert media == probe(plain, LIMITS).model_copy(update={"duration": media.duration})
    assert media.duration == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("beginning", ["two tags", "footer", "large ape", "junk"])
def test_the_sound_keeps_its_time(beginning: str, made: Path, tmp_path: Path) -> None:
    plain = made / "plain.mp3"
    tagged = behind(BEGINNINGS[beginning], plain, tmp_path)
    assert heard(tagged, tmp_path / "tagged") == heard(plain, tmp_path / "plain")


def heard(path: Path, dest: Path) -> bytes:
    return samples(render(path, probe(path, LIMITS), dest, LIMITS).speech)


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("suffix", ["mp3", "mp2", "aac", "ts", "m2ts", "mpg"])
def test_what_begins_in_the_middle(suffix: str, made: Path, tmp_path: Path) -> None:
    data = (made / f"plain.{suffix}").read_bytes()
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(data[len(data) // 3 + 1 :])
    media = probe(path, LIMITS)
    assert media.format == found_in(made / f"plain.{suffix}").demuxer
    assert media.duration == pytest.approx(SECONDS * 2 / 3, abs=0.4)
    assert render(path, media, tmp_path / "out", LIMITS).playback.exists()


@pytest.mark.usefixtures("_each_ffmpeg")
def test_mp3_in_riff(made: Path, tmp_path: Path) -> None:
    mp3 = (made / "plain.mp3").read_bytes()
    ffmpeg("-i", made / "plain.mp3", "-c", "copy", tmp_path / "wave.wav")
    data = b"RMP3data" + struct.pack("<I", len(mp3)) + mp3
    (tmp_path / "rmp3.wav").write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
    for name in ("wave.wav", "rmp3.wav"):
        media = probe(tmp_path / name, LIMITS)
        assert (media.audio_codec, media.duration) == ("mp3", pytest.approx(SECONDS, abs=0.1))


def test_what_was_cut_off_in_its_tag(tmp_path: Path) -> None:
    (tmp_path / "x.mp3").write_bytes(BEGINNINGS["large picture"][:90_000])
    with pytest.raises(NotMedia, match="ends too early"):
        probe(tmp_path / "x.mp3", LIMITS)


@pytest.mark.parametrize("suffix", ["mp4", "wav"])
def test_what_cannot_be_taken_up_behind_junk_is_refused(suffix: str, made: Path, tmp_path: Path) -> None:
    """A movie's index counts from its file's first byte, so behind anything else it would be noise."""
    plain = tmp_path / f"plain.{suffix}"
    ffmpeg("-i", made / "sound.wav", plain)
    for beginning in (BEGINNINGS["junk"], *([id3(WORDS)] if suffix == "mp4" else [])):
        with pytest.raises(NotMedia, match="form Kring knows"):
            probe(behind(beginning, plain, tmp_path), LIMITS)
