"""The sound tracks of a file and their channels: what they are called, and the filters that give one of them alone."""

from __future__ import annotations

import re
from typing import Final, Literal

from transcribe.media.codecs import AUDIO
from transcribe.media.streams import Contents, Stream

Position = Literal["left", "right", "centre"]

MOST_TRACKS: Final = 16
MOST_CHANNELS: Final = 8
"""Of a track. A header may claim anything."""
_COUNTED: Final = re.compile(r"(\d{1,3}) channels")
_LAYOUTS: Final = {
    **{"mono": 1, "stereo": 2, "downmix": 2, "2.1": 3, "3.0": 3, "3.0(back)": 3, "3.1": 4, "4.0": 4, "quad": 4},
    **{"quad(side)": 4, "4.1": 5, "5.0": 5, "5.0(side)": 5, "5.1": 6, "5.1(side)": 6, "6.0": 6, "6.1": 7, "7.1": 8},
}
"""ffmpeg's names of the orders in which channels lie, and how many there are."""
_CENTRED: Final = {"3.0", "3.1", "4.0", "4.1", "5.0", "5.0(side)", "5.1", "5.1(side)", "6.0", "6.1", "7.1"}
"""Those that begin like this."""
_CENTRE_THIRD: Final[tuple[Position, ...]] = ("left", "right", "centre")


def tracks_of(contents: Contents) -> dict[int, Stream]:
    """Those that can be read, by their number among the sound tracks; the one that players choose is among them."""
    readable = {number: stream for number, stream in enumerate(contents.sounds, start=1) if stream.codec in AUDIO}
    first = sorted(readable, key=lambda number: readable[number] is not contents.audio)[:MOST_TRACKS]
    return {number: readable[number] for number in sorted(first)}


def usual_track(contents: Contents) -> int:
    """The number of the one that players choose."""
    return next(number for number, stream in enumerate(contents.sounds, start=1) if stream is contents.audio)


def channels_of(stream: Stream) -> int:
    """How many can be told apart; 1 also if there are very many, or ffmpeg does not say."""
    count = _counted(stream) or _LAYOUTS.get(stream.layout, 1)
    return count if count <= MOST_CHANNELS else 1


def position_of(stream: Stream, channel: int) -> Position | None:
    """What a channel (from 1) is called; None: it has but a number."""
    names = _CENTRE_THIRD if stream.layout in _CENTRED else _CENTRE_THIRD[:2] if stream.layout == "stereo" else ()
    return names[channel - 1] if channel <= len(names) else None


def split_channels(stream: Stream) -> list[str]:
    """Filters that keep its channels as its header has them, even if that changes on the way."""
    return [f"aformat=channel_layouts={stream.layout}"] if stream.layout in _LAYOUTS else []


def single_channel(stream: Stream, channel: int | None) -> list[str]:
    """Filters that give one channel of it; None: all of them. Those whose places are not known are added up evenly."""
    if channel is not None:
        return [*split_channels(stream), f"pan=mono|c0=c{channel - 1}"]
    if count := _counted(stream):
        return ["pan=mono|c0<" + "+".join(f"c{number}" for number in range(count))]
    return []


def _counted(stream: Stream) -> int:
    """Of channels whose places are not known: how many there are; 0 for all others."""
    match = _COUNTED.fullmatch(stream.layout)
    return int(match[1]) if match else 0
