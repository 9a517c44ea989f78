"""Which track and channel is taken, by what was heard in each: speech and loudness are drawn here, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.soundtracks.choice import SPEAKS, ChosenSound, TrackChannels, TrackSpeech, choose, says_another

FRAMES = 1200
Level = NDArray[np.float64]
DICE = np.random.default_rng(7)


def voice(seed: int) -> Level:
    """How loud somebody is who speaks with pauses, in decibels."""
    dice = np.random.default_rng(seed)
    syllables = np.convolve(dice.normal(0, 12, FRAMES), np.ones(5) / 5, "same")
    pauses = np.repeat(dice.random(FRAMES // 40) < 0.25, 40)
    return np.where(pauses, -70.0, -20 + syllables)


ONE, OTHER = voice(1), voice(2)
QUIET = np.full(FRAMES, -70.0)
HUM = np.full(FRAMES, -22.0) + DICE.normal(0, 0.5, FRAMES)
TURN = np.arange(FRAMES) // 100 % 2 == 0


def heard(level: Level, speaks: NDArray[np.bool_] | None = None) -> TrackSpeech:
    return TrackSpeech(level > -45 if speaks is None else speaks, level)


def added(*levels: Level) -> Level:
    return np.asarray(10 * np.log10(sum(10 ** (level / 10) for level in levels)))


def mono(level: Level) -> TrackChannels:
    return TrackChannels(heard(level))


def stereo(left: TrackSpeech, right: TrackSpeech, mixed: TrackSpeech) -> TrackChannels:
    return TrackChannels(mixed, (left, right))


NOBODY = heard(QUIET, QUIET > 0)
HUMMING = heard(HUM, QUIET > 0)
IN_TURNS = (np.where(TURN, ONE, -70.0), np.where(TURN, -70.0, OTHER))
NEAR_AND_FAR = (
    heard(added(IN_TURNS[0], IN_TURNS[1] - 20), added(*IN_TURNS) > -45),
    heard(added(IN_TURNS[1], IN_TURNS[0] - 20), added(*IN_TURNS) > -45),
)


@pytest.mark.parametrize(
    ("track", "channel", "doubtful"),
    [
        (stereo(heard(ONE), heard(ONE - 6), heard(ONE - 3)), None, False),
        (stereo(heard(ONE), heard(ONE), NOBODY), 1, False),
        (stereo(heard(ONE), heard(ONE - 4), heard(added(ONE - 20, QUIET + 15))), 1, False),
        (stereo(heard(ONE), NOBODY, heard(ONE - 6)), None, False),
        (stereo(HUMMING, heard(ONE), heard(added(ONE - 6, HUM - 6), ONE > -45)), 2, False),
        (stereo(*map(heard, IN_TURNS), heard(added(*IN_TURNS) - 6)), None, False),
        (stereo(*NEAR_AND_FAR, heard(added(*IN_TURNS) - 6)), None, False),
        (stereo(heard(ONE), heard(OTHER), heard(added(ONE, OTHER) - 6)), 1, True),
        (stereo(NOBODY, NOBODY, NOBODY), None, False),
    ],
    ids=[
        "the same in both", "opposite phase", "nearly opposite phase", "one silent", "one hums", "by turns",
        "by turns, each heard in both", "two at a time", "nobody",
    ],
)  # fmt: skip
def test_all_channels_are_heard_unless_that_loses_speech(
    track: TrackChannels, channel: int | None, doubtful: bool
) -> None:
    assert choose([track], 0) == ChosenSound((0,), channel, doubtful)


LATE = np.where(np.arange(FRAMES) > 0.9 * FRAMES, ONE, -70.0)
EARLY = np.where(np.arange(FRAMES) < 0.3 * FRAMES, ONE, -70.0)


@pytest.mark.parametrize(
    ("tracks", "usual", "choice"),
    [
        ([mono(QUIET), mono(ONE)], 0, ChosenSound((1,))),
        ([mono(QUIET), mono(LATE)], 0, ChosenSound((1,))),
        ([mono(ONE), mono(ONE - 12)], 0, ChosenSound((0,))),
        ([mono(ONE), mono(ONE - 12)], 1, ChosenSound((1,))),
        ([mono(EARLY), mono(ONE)], 0, ChosenSound((1,))),
        ([mono(ONE), mono(OTHER)], 0, ChosenSound((0,), doubtful=True)),
        ([mono(ONE), mono(OTHER)], 1, ChosenSound((1,), doubtful=True)),
        ([mono(QUIET), mono(ONE), mono(OTHER)], 0, ChosenSound((1,), doubtful=True)),
        ([mono(IN_TURNS[0]), mono(IN_TURNS[1])], 0, ChosenSound((0, 1))),
        ([mono(added(*IN_TURNS)), mono(IN_TURNS[0]), mono(IN_TURNS[1])], 0, ChosenSound((0,))),
        ([mono(QUIET), mono(QUIET)], 1, ChosenSound((1,))),
        ([mono(QUIET), stereo(heard(ONE), heard(ONE), NOBODY)], 0, ChosenSound((1,), 1)),
        ([stereo(heard(ONE), heard(OTHER), heard(added(ONE, OTHER))), mono(QUIET)], 0, ChosenSound((0,), 1, True)),
    ],
    ids=[
        "the second speaks", "the second speaks, late", "the same twice", "the default counts", "the first ends early",
        "interpreted", "interpreted, the second is default", "the first is silent, two speak", "a microphone each",
        "all of it, then each", "nobody", "opposite phase in the second", "interpreted in one track",
    ],
)  # fmt: skip
def test_the_track_that_players_choose_is_heard_unless_that_loses_speech(
    tracks: list[TrackChannels], usual: int, choice: ChosenSound
) -> None:
    assert choose(tracks, usual) == choice


def test_a_cough_is_no_speech() -> None:
    cough = QUIET.copy()
    cough[100 : 100 + SPEAKS - 1] = -20
    assert choose([mono(QUIET), mono(cough)], 0) == ChosenSound((0,))


@pytest.mark.parametrize("lag", [-9, 0, 9])
def test_who_is_heard_through_another_microphone_a_little_later_says_the_same(lag: int) -> None:
    assert not says_another(heard(ONE), heard(np.roll(ONE, lag) - 15 + DICE.normal(0, 2, FRAMES)))
    assert says_another(heard(ONE), heard(np.roll(OTHER, lag) - 15))
