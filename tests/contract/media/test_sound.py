"""What is played and what engines hear are the same sound of the original: the one in which people speak."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kring.errors import InputError
from kring.settings import MediaLimits
from tests.support.media.files import ffmpeg
from tests.support.media.sound_tracks import SECONDS, loud, make_tracks, rules, visit
from tests.support.media.synthetic_sounds import Sound, plucked, tone
from transcribe.media import ffmpeg as guarded
from transcribe.media.probe import probe
from transcribe.pipeline.vad import RATE, detect_voice
from transcribe.rendering.render import Rendered, render

LIMITS = MediaLimits(spare_disk_mb=0)
SILENCE = np.zeros(SECONDS * RATE)
TURN = np.arange(SECONDS * RATE) // (5 * RATE) % 2


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sound, Sound]:
    folder = tmp_path_factory.mktemp("voices")
    return rules(folder), visit(folder)


def made(path: Path, chosen: str | None = None) -> Rendered:
    return render(path, probe(path, LIMITS), path.with_suffix(f".{chosen}"), LIMITS, sound_track=chosen)


def heard(path: Path) -> Sound:
    """The sound of a file, as one channel."""
    command = [guarded.binary(), "-v", "error", "-nostdin", "-i", str(path), "-ac", "1", "-ar", str(RATE)]
    done = subprocess.run([*command, "-f", "s16le", "pipe:1"], check=True, capture_output=True)
    return np.frombuffer(done.stdout, "<i2") / 32768


def alike(one: Sound, other: Sound) -> float:
    """How far two sounds grow louder and softer together, -1 to 1; one may be up to 0.2 s late."""
    count = min(len(one), len(other)) // 800 * 800
    courses = [np.log10(np.square(sound[:count].reshape(-1, 800)).mean(axis=1) + 1e-6) for sound in (one, other)]
    return max(float(np.corrcoef(np.roll(courses[0], lag), courses[1])[0, 1]) for lag in range(-4, 5))


CASES: dict[str, tuple[str, str]] = {
    "opposite phase": ("track1.1", ".flac"),
    "opposite phase, in a video": ("track1.1", ".mp4"),
    "the first track silent": ("track2", ".m4a"),
    "the first track silent, with a cover": ("track2", ".m4a"),
    "the first track short": ("track2", ".mkv"),
    "speech on the right, hum on the left": ("track1.2", ".wav"),
    "music around, speech in the centre": ("track1.3", ".mka"),
    "a microphone each": ("track1-2", ".mkv"),
}


@pytest.mark.parametrize("case", CASES)
def test_speech_and_playback_are_of_the_sound_that_carries_speech(
    case: str, voices: tuple[Sound, Sound], tmp_path: Path
) -> None:
    one, other = voices
    name, suffix = CASES[case]
    music = loud(plucked(SECONDS), -20)
    mine, theirs = one * TURN, other * (1 - TURN)
    tracks: dict[str, list[Sequence[Sound]]] = {
        "opposite": [[one, -one]],
        "the first track silent": [[SILENCE], [one]],
        "the first track short": [[other[: len(other) // 4]], [one]],
        "speech": [[loud(tone(SECONDS), -20), one]],
        "music": [[music, np.roll(music, 999), one, SILENCE, music * 0.3, music * 0.3]],
        "a microphone each": [[mine], [theirs]],
    }
    [sounds] = [tracks[begin] for begin in tracks if case.startswith(begin)]
    file = make_tracks(tmp_path / f"x{suffix}", *sounds, options=options_for(case, suffix))
    if "cover" in case:
        file = with_cover(file)
    if suffix == ".mp4":
        file = with_picture(file)
    rendered = made(file)
    assert rendered.sound_tracks.taken.name == name
    said = mine + theirs if case == "a microphone each" else one
    for path in (rendered.speech, rendered.playback):
        assert alike(heard(path), said) > 0.9, path.name
        assert len(heard(path)) / RATE == pytest.approx(SECONDS, abs=0.2)


def options_for(case: str, suffix: str) -> list[str]:
    if suffix in {".m4a", ".mp4"}:
        return ["-c:a", "aac", "-b:a", "96k", "-ar", "48000"]
    return ["-c:a", "flac"] if suffix in {".mka", ".mkv", ".flac"} else []


def with_cover(sound: Path) -> Path:
    picture, covered = sound.with_name("cover.png"), sound.with_name(f"covered{sound.suffix}")
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64", "-frames:v", "1", picture)
    ffmpeg(
        "-i", picture, "-i", sound, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic", covered
    )
    return covered


def with_picture(sound: Path) -> Path:
    shown = sound.with_name(f"shown{sound.suffix}")
    ffmpeg("-f", "lavfi", "-i", f"testsrc=s=320x180:r=5:d={SECONDS}", "-i", sound, "-map", "0", "-map", "1", "-c:v",
           "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "copy", shown)  # fmt: skip
    return shown


def test_the_sound_that_a_person_has_chosen_is_played_and_heard(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    file = make_tracks(tmp_path / "x.mkv", [voices[0]], [voices[1]], options=["-c:a", "flac"])
    first, second, both = (made(file, name) for name in (None, "track2", "track1-2"))
    assert (first.sound_tracks.taken.name, first.sound_tracks.doubtful) == ("track1", True)
    assert (second.sound_tracks.taken.name, second.sound_tracks.doubtful) == ("track2", False)
    for rendered, said in ((second, voices[1]), (both, voices[0] + voices[1])):
        for path in (rendered.speech, rendered.playback):
            assert alike(heard(path), said) > 0.9
    with pytest.raises(InputError, match="not in its file"):
        made(file, "track1.2")


def test_channels_and_tracks_may_change_on_the_way(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    """A jingle in stereo, then speech in one channel: joined, as MPEG files can be."""
    parts = [make_tracks(tmp_path / "jingle.mp3", [loud(plucked(SECONDS), -14), loud(tone(SECONDS), -14)])]
    parts.append(make_tracks(tmp_path / "speech.mp3", [voices[0]]))
    file = tmp_path / "x.mp3"
    file.write_bytes(b"".join(part.read_bytes() for part in parts))
    for name in (None, "track1.2"):
        speech = heard(made(file, name).speech)
        assert len(speech) / RATE == pytest.approx(2 * SECONDS, abs=0.3)
        assert alike(speech[SECONDS * RATE :], voices[0]) > 0.9


def test_quiet_speech_after_a_loud_jingle_is_still_speech(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    """Under one gain for all of it hardly any of it was: a jingle at -14 dB, speech 46 dB softer."""
    sounds = [np.concatenate([loud(plucked(SECONDS), -14), loud(voices[0], -60)])]
    speech = heard(made(make_tracks(tmp_path / "x.wav", sounds)).speech)
    wanted, found = (
        int((detect_voice([sound.astype(np.float32)]).probabilities >= 0.5).sum())
        for sound in (voices[0], speech[SECONDS * RATE :])
    )
    assert found > 0.9 * wanted
    power = np.square(speech[-10 * RATE :]).mean()
    assert 10 * np.log10(power) > -45
