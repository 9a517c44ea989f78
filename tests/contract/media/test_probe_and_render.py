"""Probe and render on real files, with the system's ffmpeg and with the packed one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kring.errors import EmptyFile, InputError, NoSound, NotMedia, TooLong
from kring.settings import MediaLimits
from tests.support.media.files import cut, external_reference, ffmpeg, make_set, make_video, opened_in
from transcribe.media import ffmpeg as guarded
from transcribe.media.probe import probe
from transcribe.rendering.render import Rendered, render

LIMITS = MediaLimits(spare_disk_mb=0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("made"))


def rendered(path: Path, dest: Path, seen: list[float] | None = None) -> Rendered:
    return render(path, probe(path, LIMITS), dest, LIMITS, None if seen is None else seen.append)


def samples(path: Path) -> bytes:
    """The sound of a file of ours as 16-bit samples."""
    command = [guarded.binary(), "-v", "error", "-nostdin", "-i", str(path), "-f", "s16le", "pipe:1"]
    return subprocess.run(command, check=True, capture_output=True).stdout


# --- no file but the one given is ever opened ---

HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{secret}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
 mediaPresentationDuration="PT6S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet
 mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{secret}</BaseURL></Representation>
 </AdaptationSet></Period></MPD>"""
PAYLOADS: dict[str, tuple[str, str | bytes]] = {
    "hls": ("x.mp4", HLS),
    "hls-by-its-name": ("x.m3u8", HLS),
    "hls-marked": ("x.mp4", "\ufeff" + HLS),
    "hls-behind-a-tag": ("x.mp3", b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10 + HLS.encode()),
    "hls-behind-a-header": ("x.wav", b"RIFF\0\0\0\0WAVE\n" + HLS.encode()),
    "hls-behind-two-tags": ("x.mp3", 2 * (b"ID3\x04\0\x10\0\0\0\x0a" + b"\0" * 20) + HLS.encode()),
    "hls-behind-an-ape-tag": ("x.mp3", b"APETAGEX\xd0\x07\0\0\x20" + b"\0" * 51 + HLS.encode()),
    "hls-behind-zeros": ("x.m2ts", b"\0" * 5000 + HLS.encode()),
    "hls-behind-junk": ("x.mp3", bytes(range(1, 256)) * 20 + b"\n" + HLS.encode()),
    "hls-behind-a-frame": ("x.mp3", b"\xff\xfb\x90\x64" + b"\0" * 413 + b"\n" + HLS.encode()),
    "hls-behind-a-camera": ("x.m2ts", 4 * (b"\0\0\0\0\x47" + b"\0" * 187) + b"\n" + HLS.encode()),
    "hls-behind-flash": ("x.flv", b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + HLS.encode()),
    "hls-behind-windows": ("x.asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + HLS.encode()),
    "hls-behind-core-audio": ("x.caf", b"caff\0\x01\0\0" + HLS.encode()),
    "hls-behind-a-dictation": ("x.amr", b"#!AMR\n" + HLS.encode()),
    "hls-behind-ogg": ("x.ogv", b"OggS\0\x02" + b"\0" * 22 + HLS.encode()),
    "hls-behind-a-disc": ("x.vob", b"\0\0\x01\xba\x44" + HLS.encode()),
    "hls-behind-a-movie": ("x.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + HLS.encode()),
    "hls-behind-a-phone": ("x.3gp", b"\0\0\0\x10ftyp3gp4\0\0\0\0" + HLS.encode()),
    "ffconcat-behind-a-tag": ("x.mka", b"ID3\x03\0\0\0\0\0\0ffconcat version 1.0\nfile '{secret}'\n"),
    "ffconcat-behind-junk": ("x.m4b", bytes(range(256)) * 9 + b"ffconcat version 1.0\nfile '{secret}'\n"),
    "dash-behind-zeros": ("x.f4v", b"\0" * 999 + DASH.encode()),
    "ffconcat": ("x.mp4", "ffconcat version 1.0\nfile '{secret}'\n"),
    "concat-list": ("x.txt", "file '{secret}'\n"),
    "dash": ("x.mp4", DASH),
    "m3u": ("x.mp3", "{secret}\n"),
    "pls": ("x.mp3", "[playlist]\nFile1={secret}\nNumberOfEntries=1\n"),
    "sdp": ("x.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"),
    "protocol": ("x.mp4", "concat:{secret}|{secret}"),
    "subfile": ("x.mp4", "subfile,,start,0,end,9000,,:{secret}"),
    "vector-image": ("x.mp4", '<svg xmlns="http://www.w3.org/2000/svg"><image href="{secret}"/></svg>'),
}


@pytest.fixture
def secret(tmp_path: Path, made: Path) -> Path:
    """A real video in a folder that is watched; opening it is the crime."""
    folder = tmp_path / "secret"
    folder.mkdir()
    return Path(shutil.copy(made / "front.mp4", folder / "secret0.mp4"))


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_playlist_in_disguise_opens_nothing(name: str, secret: Path, tmp_path: Path) -> None:
    file_name, content = PAYLOADS[name]
    raw = content if isinstance(content, bytes) else content.encode()
    payload = tmp_path / file_name
    payload.write_bytes(raw.replace(b"{secret}", os.fsencode(secret)))
    with opened_in(secret.parent) as opened, pytest.raises(NotMedia):
        rendered(payload, tmp_path / "out")
    assert opened == set()


@pytest.mark.usefixtures("_each_ffmpeg")
def test_a_playlist_in_the_junk_before_sound_opens_nothing(secret: Path, made: Path, tmp_path: Path) -> None:
    playlist = HLS.replace("{secret}", str(secret)).encode()
    ffmpeg("-i", made / "sound.wav", tmp_path / "sound.mp3")
    payload = tmp_path / "x.mp3"
    payload.write_bytes(b"\x01\x02\n" + playlist + b"\0" + (tmp_path / "sound.mp3").read_bytes())
    with opened_in(secret.parent) as opened:
        assert rendered(payload, tmp_path / "out").playback_type == "audio/mp4"
    assert opened == set()


@pytest.mark.usefixtures("_each_ffmpeg")
def test_a_movie_that_points_elsewhere_opens_nothing(secret: Path, made: Path, tmp_path: Path) -> None:
    payload = external_reference(made / "end.mp4", tmp_path / "x.mov", secret)
    with opened_in(secret.parent) as opened, pytest.raises(NotMedia, match="another file"):
        probe(payload, LIMITS)
    assert opened == set()


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize(
    "name", ["secret%d.mp4", "concat:secret0.mp4|secret0.mp4", "-i", "a\nb: 'c'.mp4", "file:secret0.mp4", "æ ø.mp4"]
)
def test_a_name_means_nothing(
    name: str, secret: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(secret.parent)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = Path(shutil.copy(made / "sound.wav", elsewhere / name))
    with opened_in(secret.parent) as opened:
        assert probe(named, LIMITS).audio_codec == "pcm_s16le"
    assert opened == set()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="tries the payloads on the system's ffmpeg")
@pytest.mark.parametrize("name", ["hls-by-its-name", "ffconcat", "reference"])
def test_the_watch_sees_what_an_unguarded_ffmpeg_does(name: str, secret: Path, made: Path, tmp_path: Path) -> None:
    """The tests above could pass because the payloads are harmless or the watch is blind; they are not, it is not."""
    if name == "reference":
        payload = external_reference(made / "end.mp4", tmp_path / "x.mov", secret)
    else:
        file_name, content = PAYLOADS[name]
        payload = tmp_path / file_name
        payload.write_text(str(content).format(secret=secret))
    options = {
        "reference": ["-enable_drefs", "1", "-use_absolute_path", "1"],
        "ffconcat": ["-safe", "0"],
    }.get(name, ["-allowed_extensions", "ALL"])
    with opened_in(secret.parent) as opened:
        command = ["ffmpeg", "-nostdin", "-v", "error", *options, "-i", str(payload), "-f", "null", "-"]
        subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert opened == {secret.name}


# --- probe ---


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "avi", "ts", "flv"])
def test_videos_are_probed(suffix: str, made: Path, tmp_path: Path) -> None:
    video = tmp_path / f"x.{suffix}"
    if suffix == "webm":
        make_video(video, seconds=2, size="320x180", options=("-c:v", "libvpx", "-c:a", "libopus"))
    else:
        ffmpeg("-i", made / "front.mp4", "-t", "2", "-c", "copy", video)
    media = probe(video, LIMITS)
    assert media.duration == pytest.approx(2, abs=0.25)
    assert media.has_video
    assert media.height in {180, 360}


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        *[("mp3", "mp3"), ("m4a", "aac"), ("aac", "aac"), ("flac", "flac"), ("ogg", "vorbis")],
        *[("opus", "opus"), ("wav", "pcm_s16le"), ("aiff", "pcm_s16be"), ("caf", "pcm_s16be")],
    ],
)
def test_sounds_are_probed(suffix: str, codec: str, made: Path, tmp_path: Path) -> None:
    sound = tmp_path / f"x.{suffix}"
    options = {"ogg": ("-c:a", "libvorbis"), "opus": ("-c:a", "libopus")}.get(suffix, ())
    ffmpeg("-i", made / "sound.wav", *options, sound)
    media = probe(sound, LIMITS)
    assert (media.audio_codec, media.has_video) == (codec, False)
    assert media.duration == pytest.approx(6, abs=0.1)


def test_a_browsers_recording_without_a_duration_is_measured(made: Path, tmp_path: Path) -> None:
    command = [guarded.binary(), "-v", "error", "-nostdin", "-i", str(made / "sound.wav"), "-c:a", "libopus"]
    streamed = subprocess.run([*command, "-f", "webm", "pipe:1"], check=True, capture_output=True).stdout
    (tmp_path / "x.webm").write_bytes(streamed)
    assert probe(tmp_path / "x.webm", LIMITS).duration == pytest.approx(6, abs=0.1)


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("kind", ["end.mp4", "front.mp4", "x.mkv", "x.mp3", "x.flac", "x.wav", "x.avi"])
def test_a_file_that_was_cut_off_is_refused(kind: str, made: Path, tmp_path: Path) -> None:
    whole = made / kind
    if not whole.exists():
        source = made / ("sound.wav" if kind in {"x.mp3", "x.flac", "x.wav"} else "front.mp4")
        ffmpeg("-i", source, whole)
    assert probe(whole, LIMITS).duration == pytest.approx(6, abs=0.2)
    with pytest.raises(NotMedia, match="ends too early"):
        probe(cut(whole, tmp_path / "cut.mp4", 0.6), LIMITS)


def test_sound_may_end_before_the_picture(made: Path, tmp_path: Path) -> None:
    video = tmp_path / "x.mp4"
    ffmpeg("-i", made / "front.mp4", "-t", "2", "-i", made / "sound.wav", "-map", "0:v", "-map", "1:a", "-c:v", "copy",
           "-af", "atrim=0:2", video)  # fmt: skip
    assert rendered(video, tmp_path / "out").playback.name == "web.mp4"


def test_bad_files_say_what_is_wrong(made: Path, tmp_path: Path) -> None:
    def said(data: bytes) -> InputError:
        (tmp_path / "x.mp4").write_bytes(data)
        with pytest.raises(InputError) as raised:
            probe(tmp_path / "x.mp4", LIMITS)
        return raised.value

    assert isinstance(said(b""), EmptyFile)
    assert "text" in str(said(b"Referat fra webinaret\n" * 90))
    assert "cannot be read" in str(said(b"\x1aE\xdf\xa3" + b"\x93\x42\x82\x88matroska" * 9))
    make_video(tmp_path / "silent.mp4", sound=False)
    with pytest.raises(NoSound, match="no sound track"):
        probe(tmp_path / "silent.mp4", LIMITS)
    with pytest.raises(TooLong, match=r"longer than 0\.001 hours"):
        probe(made / "sound.wav", MediaLimits(max_hours=0.001))
    with pytest.raises(TooLong, match="GB"):
        probe(made / "sound.wav", MediaLimits(max_gb=1e-6))
    ffmpeg("-i", made / "sound.wav", "-c:a", "adpcm_swf", tmp_path / "odd.flv")
    with pytest.raises(NotMedia, match="adpcm_swf"):
        probe(tmp_path / "odd.flv", LIMITS)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.mp4")
    with pytest.raises(NotMedia, match="pipe"):
        probe(tmp_path / "x.mp4", LIMITS)


# --- render ---


@pytest.mark.usefixtures("_each_ffmpeg")
@pytest.mark.parametrize("copied", [True, False], ids=["copied", "encoded"])
def test_a_video_becomes_what_players_and_engines_need(copied: bool, made: Path, tmp_path: Path) -> None:
    video = made / "front.mp4"
    if not copied:
        video = make_video(tmp_path / "x.mp4", seconds=6, size="1290x726", options=("-pix_fmt", "yuv444p", "-ac", "6"))
    seen: list[float] = []
    files = rendered(video, tmp_path / "out", seen)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "peaks.json", "poster.jpg", "speech.flac", "web.mp4"]  # fmt: skip
    assert files.playback_type == "video/mp4"
    assert seen == sorted(seen)
    assert seen[-1] == 1
    web = probe(files.playback, LIMITS)
    assert (web.video_codec, web.audio_codec) == ("h264", "aac")
    assert (web.width, web.height) == ((640, 360) if copied else (1280, 720))
    assert web.duration == pytest.approx(6, abs=0.15)
    head = files.playback.read_bytes()[:4096]
    assert head.index(b"moov") < 64  # plays before it is loaded
    assert probe(files.speech, LIMITS).duration == pytest.approx(6, abs=0.1)
    assert len(samples(files.speech)) == pytest.approx(6 * 16_000 * 2, rel=0.02)  # 16 kHz, mono
    assert files.poster is not None
    assert files.poster.read_bytes()[:3] == b"\xff\xd8\xff"
    assert files.peaks is not None
    drawn = json.loads(files.peaks.read_text())
    assert drawn["length"] * drawn["samples_per_pixel"] / drawn["sample_rate"] == pytest.approx(6, abs=0.15)
    assert max(drawn["data"]) > 20


@pytest.mark.usefixtures("_each_ffmpeg")
def test_sound_alone(made: Path, tmp_path: Path) -> None:
    files = rendered(made / "sound.wav", tmp_path / "out")
    assert (files.playback.name, files.playback_type, files.poster) == ("audio.m4a", "audio/mp4", None)
    assert probe(files.playback, LIMITS).audio_codec == "aac"


@pytest.mark.parametrize("decibels", [-30, 0])
def test_speech_comes_out_equally_loud(decibels: int, made: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "x.wav"
    ffmpeg("-i", made / "sound.wav", "-af", f"volume={decibels}dB", quiet)
    heard = samples(rendered(quiet, tmp_path / "out").speech)
    highest = max(abs(int.from_bytes(heard[at : at + 2], "little", signed=True)) for at in range(0, len(heard), 2))
    assert highest == pytest.approx(5600, rel=0.25)


def test_titles_subtitles_and_other_tracks_stay_behind(made: Path, tmp_path: Path) -> None:
    (tmp_path / "x.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nsecret words\n")
    (tmp_path / "x.txt").write_text("secret words")
    video = tmp_path / "x.mkv"
    ffmpeg("-i", made / "front.mp4", "-i", tmp_path / "x.srt", "-map", "0", "-map", "1", "-map", "0:a", "-c", "copy",
           "-c:s", "srt", "-metadata", "title=secret words", "-attach", tmp_path / "x.txt",
           "-metadata:s:t", "mimetype=text/plain", video)  # fmt: skip
    files = rendered(video, tmp_path / "out")
    for path in (files.playback, files.speech):
        assert b"secret words" not in path.read_bytes()
    assert files.playback.read_bytes().count(b"trak") == 2


def test_the_sound_marked_as_default_is_taken(made: Path, tmp_path: Path) -> None:
    video = tmp_path / "x.mkv"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=d=6", "-i", made / "sound.wav", "-t", "6", "-map", "0", "-map", "1", "-c:a",
           "flac", "-disposition:a:0", "0", "-disposition:a:1", "default", video)  # fmt: skip
    assert any(samples(rendered(video, tmp_path / "out").speech))


def test_late_sound_keeps_its_time(made: Path, tmp_path: Path) -> None:
    video = tmp_path / "x.mkv"
    ffmpeg("-i", made / "front.mp4", "-itsoffset", "2", "-i", made / "sound.wav", "-map", "0:v", "-map", "1:a", "-c:v",
           "copy", "-c:a", "flac", video)  # fmt: skip
    files = rendered(video, tmp_path / "out")
    heard = samples(files.speech)
    second = 16_000 * 2
    assert not any(heard[: int(1.9 * second)])
    assert any(heard[2 * second : 3 * second])
    assert len(heard) / second == pytest.approx(8, abs=0.1)


@pytest.mark.usefixtures("_each_ffmpeg")
def test_phone_odd_short_and_uneven_videos(tmp_path: Path) -> None:
    odd = ("-vf", "scale=321:181,setsar=4/3", "-pix_fmt", "yuv444p")
    make_video(tmp_path / "odd.mkv", seconds=0.4, options=odd)
    media = probe(rendered(tmp_path / "odd.mkv", tmp_path / "1").playback, LIMITS)
    assert (media.width, media.height) == (428, 180)

    make_video(tmp_path / "lying.mp4", seconds=1, size="320x180")
    matrix = b"\0\1\0\0" + b"\0" * 12 + b"\0\1\0\0" + b"\0" * 12 + b"\x40\0\0\0"
    turned = b"\0" * 4 + b"\0\1\0\0" + b"\0" * 4 + b"\xff\xff\0\0" + b"\0" * 16 + b"\x40\0\0\0"
    data = (tmp_path / "lying.mp4").read_bytes()
    at = data.index(matrix, data.index(b"tkhd"))
    (tmp_path / "lying.mp4").write_bytes(data[:at] + turned + data[at + len(matrix) :])
    phone = probe(tmp_path / "lying.mp4", LIMITS)
    assert (phone.width, phone.height) == (180, 320)
    web = probe(rendered(tmp_path / "lying.mp4", tmp_path / "2").playback, LIMITS)
    assert (web.width, web.height) == (180, 320)

    uneven = ("-vf", "select='not(mod(n,7))+not(mod(n,3))'", "-c:v", "libvpx", "-c:a", "libopus")
    make_video(tmp_path / "uneven.webm", seconds=3, options=uneven)
    assert probe(rendered(tmp_path / "uneven.webm", tmp_path / "3").playback, LIMITS).duration == pytest.approx(
        3, abs=0.2
    )


def test_the_poster_is_not_black(tmp_path: Path) -> None:
    make_video(tmp_path / "x.mp4", seconds=6, options=("-vf", "drawbox=t=fill:c=black:enable='lt(t,4)+gt(t,5.5)'"))
    poster = rendered(tmp_path / "x.mp4", tmp_path / "out").poster
    assert poster is not None
    command = [guarded.binary(), "-v", "error", "-nostdin", "-i", str(poster), "-f", "rawvideo", "-pix_fmt", "gray"]
    grey = subprocess.run([*command, "pipe:1"], check=True, capture_output=True).stdout
    assert sum(grey) / len(grey) > 50
