"""Which sound of a file is heard, of files with many tracks and channels, and real voices in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kring.errors import InputError
from kring.model import SoundTracks
from kring.settings import MediaLimits
from tests.support.media.files import ffmpeg
from tests.support.media.sound_tracks import SECONDS, loud, make_tracks, rules, visit
from tests.support.media.synthetic_sounds import Sound, hum, organ, pink_noise, plucked
from transcribe.media.streams import contents_of
from transcribe.pipeline.vad import RATE
from transcribe.soundtracks import selection as soundtracks
from transcribe.soundtracks.selection import sound_tracks

LIMITS = MediaLimits(spare_disk_mb=0)
Tracks = list[Sequence[Sound]]


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sound, Sound]:
    folder = tmp_path_factory.mktemp("voices")
    return rules(folder), visit(folder)


def taken(folder: Path, tracks: Tracks, *options: str, chosen: str | None = None) -> SoundTracks:
    made = make_tracks(folder / "x.mkv", *tracks, options=options or ("-c:a", "flac"))
    return sound_tracks(made, contents_of(made, LIMITS), SECONDS, LIMITS, folder, chosen)


def room(decibels: float = -60) -> Sound:
    """What every microphone hears."""
    return 10 ** (decibels / 20) * np.random.default_rng(3).standard_normal(SECONDS * RATE)


SILENCE = np.zeros(SECONDS * RATE)
TURN = np.arange(SECONDS * RATE) // (5 * RATE) % 2


@pytest.mark.parametrize(
    "case", ["opposite phase", "hum beside it", "music beside it", "two languages", "5.1 and music"]
)
def test_one_channel_is_heard_where_all_together_lose_speech(
    case: str, voices: tuple[Sound, Sound], tmp_path: Path
) -> None:
    one, other = voices
    music = loud(plucked(SECONDS), -20)
    around = (loud(organ(SECONDS), -20), SILENCE, music * 0.3, music * 0.3)
    channels: dict[str, tuple[Sequence[Sound], str, str]] = {
        "opposite phase": ((one + room(-45), -0.6 * one + room(-45)), "track1.1", "left"),
        "hum beside it": ((loud(hum(SECONDS), -20), one), "track1.2", "right"),
        "music beside it": ((music, one), "track1.2", "right"),
        "two languages": ((one, other), "track1.1", "left"),
        "5.1 and music": ((music, around[0], one, *around[1:]), "track1.3", "centre"),
    }
    sounds, name, position = channels[case]
    found = taken(tmp_path, [sounds])
    assert (found.taken.name, found.taken.position) == (name, position)
    assert found.doubtful == (case == "two languages")
    assert len(found.there) == 1 + len(sounds)


@pytest.mark.parametrize("case", ["the same", "nearly the same", "one channel only", "by turns", "5.1, speech alone"])
def test_all_channels_are_heard_where_nothing_is_lost_by_it(
    case: str, voices: tuple[Sound, Sound], tmp_path: Path
) -> None:
    one, other = voices
    far = np.roll(one, RATE // 200)
    channels: dict[str, Sequence[Sound]] = {
        "the same": (one, one),
        "nearly the same": (one + room(), 0.7 * far + room()),
        "one channel only": (SILENCE, one),
        "by turns": (
            one * TURN + 0.1 * other * (1 - TURN) + room(),
            0.1 * one * TURN + other * (1 - TURN) + room(),
        ),
        "5.1, speech alone": (SILENCE, SILENCE, one, SILENCE, SILENCE, SILENCE),
    }
    found = taken(tmp_path, [channels[case]])
    assert (found.taken.name, found.doubtful) == ("track1", False)
    assert (len(found.there) == 1) == (case == "the same")


@pytest.mark.parametrize(
    "case", ["silence first", "noise first", "begins late", "interpreted", "a microphone each", "the mixture first"]
)
def test_the_track_that_carries_speech_is_heard(case: str, voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    one, other = voices
    late = np.where(np.arange(len(one)) < 0.75 * len(one), 0, one)
    mine, theirs = one * TURN, other * (1 - TURN)
    tracks: dict[str, tuple[Tracks, str, bool]] = {
        "silence first": ([[SILENCE], [one]], "track2", False),
        "noise first": ([[loud(pink_noise(SECONDS), -30)], [one]], "track2", False),
        "begins late": ([[SILENCE, SILENCE], [late]], "track2", False),
        "interpreted": ([[one], [other]], "track1", True),
        "a microphone each": ([[mine], [theirs]], "track1-2", False),
        "the mixture first": ([[mine + theirs], [mine], [theirs]], "track1", False),
    }
    sounds, name, doubtful = tracks[case]
    found = taken(tmp_path, sounds)
    assert (found.taken.name, found.doubtful) == (name, doubtful)


def test_the_default_track_and_the_languages_count(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    sounds: Tracks = [[voices[0]], [voices[1]]]
    options = ("-c:a", "aac", "-metadata:s:a:0", "language=nor", "-metadata:s:a:1", "language=eng")
    found = taken(tmp_path, sounds, *options, "-disposition:a:0", "0", "-disposition:a:1", "default")
    assert (found.taken.name, found.doubtful) == ("track2", True)
    assert [one.language for one in found.there[:2]] == ["nb", "en"]
    assert [one.name for one in found.there] == ["track1", "track2", "track1-2"]


def test_what_a_person_has_chosen_is_taken(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    sounds: Tracks = [[voices[0]], [voices[1]]]
    found = taken(tmp_path, sounds, chosen="track2")
    assert (found.taken.name, found.doubtful) == ("track2", False)
    with pytest.raises(InputError, match="not in its file"):
        taken(tmp_path, sounds, chosen="track3")


def test_speech_in_a_few_minutes_of_hours_is_found(voices: tuple[Sound, Sound], tmp_path: Path) -> None:
    """Silent for an hour on both tracks, then two minutes of speech on the second, then silence again."""
    speech = tmp_path / "speech.wav"
    make_tracks(speech, [np.tile(voices[0], 6)])
    quiet = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono")
    made = tmp_path / "x.m4a"
    ffmpeg(*quiet, "-i", speech, "-filter_complex", "[1]adelay=3600s,apad[late]", "-map", "0", "-map", "[late]",
           "-c:a", "aac", "-b:a", "32k", "-t", "6000", made)  # fmt: skip
    found = sound_tracks(made, contents_of(made, LIMITS), 6000, LIMITS, tmp_path)
    assert found.taken.name == "track2"


def test_one_plain_sound_is_not_even_listened_to(
    voices: tuple[Sound, Sound], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was listened to")

    monkeypatch.setattr(soundtracks, "sample_tracks", never)
    found = taken(tmp_path, [[voices[0]]])
    assert [one.name for one in found.there] == [found.taken.name] == ["track1"]
