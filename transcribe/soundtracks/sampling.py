"""Listening to samples of all sound tracks of a file, across its whole length, for who speaks where.

Cheap: of four hours four minutes are listened to. If no sample has speech, others are taken between them, so
that a file is not called silent because its speech is short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kring.settings import MediaLimits
from transcribe.media import ffmpeg
from transcribe.media.streams import Contents, Stream
from transcribe.media.tracks import MOST_CHANNELS, channels_of, single_channel, split_channels
from transcribe.pipeline.coverage import SURE
from transcribe.pipeline.vad import FRAME, RATE, detect_voice
from transcribe.soundtracks.choice import SPEAKS, TrackChannels, TrackSpeech

SAMPLES: Final = 24
SAMPLE: Final = 320 * FRAME / RATE
"""Seconds: 10."""
_OFFSETS: Final = (0.5, 0.0, 0.25, 0.75)
"""Where samples lie between one and the next of their round, as parts."""
_LOUD: Final = 0.05
"""To which root mean square a sample is brought before it is listened to …"""
_MOST_GAIN: Final = 100.0
"""… and by how much at most."""
_STEADY: Final = f"aresample={RATE}:async=1:first_pts=0"
_TIMEOUT: Final = 600.0
"""Seconds for one sample: some files have to be read from their beginning, on a slow network disk."""
_SAME: Final = 0.001
"""Part of their power in which channels may differ and count as one: 30 dB less."""

if TYPE_CHECKING:
    from transcribe.pipeline.vad import Samples


def sample_tracks(
    path: Path, contents: Contents, tracks: Mapping[int, Stream], duration: float, limits: MediaLimits, folder: Path
) -> dict[int, TrackChannels]:
    """What was heard in each of `tracks`. Scratch files go to `folder`, which is there."""
    heard: dict[int, TrackChannels] = {}
    for places in _rounds(duration):
        ears = {number: _TrackListener(channels_of(stream)) for number, stream in tracks.items()}
        for begin, seconds in places:
            for number, sound in _sample(path, contents, tracks, begin, seconds, limits, folder):
                ears[number].hear(sound)
        heard = {number: ear.track() for number, ear in ears.items()}
        if any(sound.frames >= SPEAKS for track in heard.values() for sound in (track.mixed, *track.channels)):
            break
    return heard


def _rounds(duration: float) -> Iterator[list[tuple[float, float]]]:
    """Where samples begin and how long they are, in seconds; round after round at other places."""
    if duration <= SAMPLES * SAMPLE:
        yield [(0.0, duration)]
        return
    step = (duration - SAMPLE) / SAMPLES
    for offset in _OFFSETS:
        yield [((number + offset) * step, SAMPLE) for number in range(SAMPLES)]


def _sample(
    path: Path,
    contents: Contents,
    tracks: Mapping[int, Stream],
    begin: float,
    seconds: float,
    limits: MediaLimits,
    folder: Path,
) -> Iterator[tuple[int, Samples]]:
    """The samples of all tracks at one place, all equally long: rows of channels. What cannot be read is silent."""
    read = contents.read(seconds=seconds, ss=f"{begin:.3f}")
    frames = round(seconds * RATE / FRAME)
    outputs = []
    for number, stream in tracks.items():
        channels = channels_of(stream)
        filters = [_STEADY, *(split_channels(stream) if channels > 1 else single_channel(stream, None))]
        target, form = f"file:{folder / str(number)}", {"f": "s16le", "ar": RATE, "ac": channels}
        outputs.append(ffmpeg.output([read[str(stream.index)]], target, af=",".join(filters), **form))
    arguments = ffmpeg.arguments(ffmpeg.merge_outputs(*outputs))
    most = 1 + int(2 * RATE * seconds * MOST_CHANNELS / 1e6)
    ffmpeg.run(arguments, path, limits, timeout=_TIMEOUT, writes=folder, written_mb=most)
    for number, stream in tracks.items():
        file, channels = folder / str(number), channels_of(stream)
        raw = np.fromfile(file, "<i2") if file.exists() else np.zeros(0, "<i2")
        sound = np.zeros((frames * FRAME, channels), np.float32)
        rows = raw[: len(raw) // channels * channels].reshape(-1, channels)[: len(sound)]
        sound[: len(rows)] = rows / np.float32(32768)
        file.unlink(missing_ok=True)
        yield number, sound.T


class _TrackListener:
    """Hears the samples of one track."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._heard: list[list[TrackSpeech]] = []
        """Of each sample: of all channels together, then of each."""
        self._differ = False

    def hear(self, sound: Samples) -> None:
        mixed = sound.mean(axis=0)
        if self._channels == 1 or np.square(sound - mixed).mean() <= _SAME * np.square(mixed).mean():
            self._heard.append([_heard(mixed)] * (1 + self._channels))
        else:
            self._differ = True
            self._heard.append([_heard(channel) for channel in (mixed, *sound)])

    def track(self) -> TrackChannels:
        mixed, *channels = (
            TrackSpeech(
                np.concatenate([sample.speaks for sample in row]), np.concatenate([sample.level for sample in row])
            )
            for row in zip(*self._heard, strict=True)
        )
        return TrackChannels(mixed, tuple(channels) if self._differ else ())


def _heard(sound: Samples) -> TrackSpeech:
    power = np.square(sound.reshape(-1, FRAME), dtype=np.float64).mean(axis=1)
    gain = min(_MOST_GAIN, _LOUD / max(float(np.sqrt(power.mean())), 1e-9))
    voice = detect_voice([sound * np.float32(gain)])
    return TrackSpeech(voice.probabilities >= SURE, 10 * np.log10(power + 1e-10))
