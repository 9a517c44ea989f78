"""Which sound track of a file, and which of its channels, carries the speech. Pure: what was heard in them comes in.

Players choose the track marked as default, and add its channels up. That stays unless speech is lost by it: because
only another track has speech, because channels in opposite phase cancel each other, or because hum, noise or music on
one channel covers what is said on the other. Where something else is said at the same time, such as
the interpreter's words, one is taken and the choice is doubtful. Where people speak by turns on several tracks, each
with a microphone of their own, these are added up.

Whether two sounds say the same is seen from the course of their loudness, which room, microphone and phase leave alike:
on samples of meetings and of read speech it correlates by 0.5 at least where the same is said, also under noise, and by
0.25 at most otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPEAKS: Final = 30
"""Frames (a second) of speech from which a sound counts as one with speech."""
SOME: Final = 0.1
"""Share of all speech heard that is worth asking about …"""
MOST: Final = 0.9
"""… and the share of it from which nothing much is missing."""
PLAIN: Final = 30.0
"""Decibels by which speech stands out, beyond which it gets no clearer."""
CLEARER: Final = 6.0
"""Decibels by which one channel has to be clearer than all of them together."""
TURNS: Final = 0.4
"""Share of the lesser's speech in which the other speaks too; below it they take turns."""
ALIKE: Final = 0.35
_CHUNK: Final = 64
"""Frames (2 s) that are correlated at a time, so that who is nearer to which microphone does not matter."""
_LAG: Final = 10
"""Frames (0.3 s) by which one may lag behind the other."""


@dataclass(frozen=True)
class TrackSpeech:
    """What was heard in one sound, for each frame of 32 ms of the samples."""

    speaks: NDArray[np.bool_]
    level: NDArray[np.float64]
    """Decibels."""

    @cached_property
    def frames(self) -> int:
        """How many of them have speech."""
        return int(self.speaks.sum())

    def share(self, spoken: NDArray[np.bool_]) -> float:
        """Of the frames that are `spoken`, the share of those with speech here."""
        return float((self.speaks & spoken).sum() / max(int(spoken.sum()), 1))

    def clearness(self, spoken: NDArray[np.bool_]) -> float:
        """Decibels by which what is `spoken` stands out of the quietest tenth, up to `PLAIN`."""
        if not spoken.any():
            return 0.0
        return min(PLAIN, float(self.level[spoken].mean() - np.percentile(self.level, 10)))


@dataclass(frozen=True)
class TrackChannels:
    """One sound track."""

    mixed: TrackSpeech
    """All its channels together."""
    channels: tuple[TrackSpeech, ...] = ()
    """Each of them; none if there is one, or all are the same."""


@dataclass(frozen=True)
class ChosenSound:
    tracks: tuple[int, ...]
    """Places in what was given; several are to be added up."""
    channel: int | None = None
    """From 1."""
    doubtful: bool = False


def choose(tracks: Sequence[TrackChannels], usual: int) -> ChosenSound:
    """The sound in which people speak. `usual`: the place of the track that players choose."""
    within = [_channel(track) for track in tracks]
    heard = [_heard(track, chosen.channel) for track, chosen in zip(tracks, within, strict=True)]
    speech = _any(heard)
    if int(speech.sum()) < SPEAKS:
        return ChosenSound((usual,))
    speaking = [place for place, number in enumerate(heard) if number.share(speech) >= SOME]
    best = max(speaking, key=lambda place: (heard[place].share(speech), place == usual))
    enough = heard[usual].share(speech) >= 0.5 * heard[best].share(speech)
    taken = usual if enough else best
    others = [place for place in speaking if place != taken]
    turns = [place for place in others if _overlap(heard[taken], heard[place]) < TURNS]
    differ = any(says_another(heard[taken], heard[place]) for place in others)
    if turns and heard[taken].share(speech) < MOST:
        return ChosenSound(tuple(sorted([taken, *turns])), doubtful=differ)
    if not differ and heard[taken].share(speech) < MOST * heard[best].share(speech):
        taken = best
    return ChosenSound((taken,), within[taken].channel, differ or within[taken].doubtful)


def says_another(one: TrackSpeech, other: TrackSpeech) -> bool:
    """Whether two people speak at the same time, and not one who is heard in both."""
    if _overlap(one, other) < TURNS:
        return False
    alike = _alike(one, other)
    return alike is not None and alike < ALIKE


@dataclass(frozen=True)
class _Within:
    channel: int | None = None
    doubtful: bool = False


def _channel(track: TrackChannels) -> _Within:
    """Which channel of a track is heard; none: all of them together."""
    mixed, speech = track.mixed, _any(track.channels)
    speaking = [
        (number, channel) for number, channel in enumerate(track.channels, start=1) if channel.share(speech) >= SOME
    ]
    if int(speech.sum()) < SPEAKS or not speaking:
        return _Within()
    most = max(channel.share(speech) for _, channel in speaking)
    if any(says_another(channel, other) for (_, channel), (_, other) in combinations(speaking, 2)):
        return _Within(
            next(number for number, channel in speaking if channel.share(speech) >= 0.5 * most), doubtful=True
        )
    complete = [(number, channel) for number, channel in speaking if channel.share(speech) >= MOST]
    number, best = max(
        complete or speaking, key=lambda pair: pair[1].clearness(speech) if complete else pair[1].share(speech)
    )
    lost = mixed.share(speech) < MOST * best.share(speech)
    covered = bool(complete) and mixed.clearness(speech) < best.clearness(speech) - CLEARER
    return _Within(number if lost or covered else None)


def _heard(track: TrackChannels, channel: int | None) -> TrackSpeech:
    return track.mixed if channel is None else track.channels[channel - 1]


def _any(heard: Sequence[TrackSpeech]) -> NDArray[np.bool_]:
    return np.any([sound.speaks for sound in heard], axis=0) if heard else np.zeros(0, dtype=bool)


def _overlap(one: TrackSpeech, other: TrackSpeech) -> float:
    return int((one.speaks & other.speaks).sum()) / max(min(one.frames, other.frames), 1)


def _alike(one: TrackSpeech, other: TrackSpeech) -> float | None:
    """How far the two grow louder and softer together while both speak, -1 to 1; None: they hardly do."""
    both = one.speaks & other.speaks
    chunks = [
        slice(begin, begin + _CHUNK)
        for begin in range(0, len(both) - _CHUNK + 1, _CHUNK)
        if both[begin : begin + _CHUNK].sum() >= _CHUNK // 2
    ]
    if not chunks:
        return None
    return max(_together(one.level, np.roll(other.level, lag), chunks) for lag in range(-_LAG, _LAG + 1))


def _together(one: NDArray[np.float64], other: NDArray[np.float64], chunks: Sequence[slice]) -> float:
    correlations = []
    for chunk in chunks:
        a, b = one[chunk] - one[chunk].mean(), other[chunk] - other[chunk].mean()
        correlations.append(float((a @ b) / max(np.sqrt((a @ a) * (b @ b)), 1e-9)))
    return float(np.median(correlations))
