"""When the packets of a stream are due, as the file says: read by ffmpeg, nothing is decoded, nothing is kept.

ffmpeg prints a line for each packet (its format `framecrc`), so four hours of them take no more memory than a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kring.errors import NotMedia
from kring.settings import MediaLimits
from transcribe.media import ffmpeg
from transcribe.media.streams import Contents, Stream

_BYTES_PER_SECOND: Final = 5e6  # a slow network disk
_BYTES_DECODED: Final = 1e5  # per second, on a busy machine
_COUNTED: Final = 8000  # samples per second, of one byte each
_AAC_FRAME: Final = 1024  # samples
_PAUSE: Final = 0.1  # seconds; so much ffmpeg's `aresample` lets pass too
_SEAM: Final = 1.0  # seconds without any progress: ffmpeg lets no packet be due before the one before it
_NO_TIME: Final = -(1 << 62)  # less is ffmpeg's mark for a packet without one


@dataclass
class Times:
    """Of the packets of one stream, in seconds from the beginning of the file."""

    frame: float | None = None
    """How long each packet sounds, if that is known."""
    packets: int = 0
    first: float = 0.0
    last: float = 0.0
    end: float = 0.0
    drift: float = 0.0
    """How far any packet is from where it would be if all were played without a pause, as browsers play sound."""
    again: float = 0.0
    """How much of it is due no later than what came before: other recordings put behind the first one."""
    _due: float = 0.0
    _stuck: float = 0.0

    @property
    def unbroken(self) -> bool:
        """Whether sound that is played without a pause is heard when it is due."""
        return max(abs(self.first), self.drift) <= _PAUSE

    def add(self, due: float, length: float) -> None:
        if not self.packets:
            self.first = self.last = due
        if self.frame is not None:
            self.drift = max(self.drift, abs(due - self.first - self.packets * self.frame))
            length = min(length, self.frame) or self.frame  # MP4 has a gap as the length of what precedes it
        self._stuck = self._stuck + length if self.packets and due <= self._due else 0.0
        if self._stuck > _SEAM:
            self.again += length if self._stuck - length > _SEAM else self._stuck
        self._due = due
        self.packets += 1
        self.last = max(self.last, due)
        self.end = max(self.end, due + length)


class PacketReader:
    """Understands what `-f framecrc` prints, in pieces of any size; the streams are those of that output."""

    def __init__(self, *streams: Times, tell: Callable[[float], None] | None = None) -> None:
        self.streams = dict(enumerate(streams))
        self._tell = tell
        self._bases: dict[int, float] = {}
        self._rest = b""

    @property
    def end(self) -> float:
        return max((stream.end for stream in self.streams.values()), default=0.0)

    def feed(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"#tb "):
                index, _, base = line[4:].partition(b":")
                over, _, under = base.partition(b"/")
                self._bases[int(index)] = int(over) / int(under)
            elif not line.startswith(b"#"):
                self._packet(line)
        if lines and self._tell is not None:
            self._tell(self.end)

    def _packet(self, line: bytes) -> None:
        index, decoded, shown, length = (int(number) for number in line.split(b",", 4)[:4])
        due = shown if shown > _NO_TIME else decoded
        if due > _NO_TIME:
            base = self._bases[index]
            self.streams.setdefault(index, Times()).add(due * base, max(length, 0) * base)


def out_of_time() -> NotMedia:
    return NotMedia(
        "The times in this file contradict each other, so captions would stand beside the words; "
        "export it again as MP4 or M4A."
    )


def packets(streams: list[Any]) -> Any:
    """The ffmpeg-python output node that tells a `PacketReader` about these streams."""
    return ffmpeg.output(streams, "pipe:1", f="framecrc", c="copy")


def times_for(stream: Stream) -> Times:
    """Nothing known yet of the packets of `stream`."""
    if stream.codec == "aac" and stream.details.startswith(" (LC)") and stream.sample_rate:
        return Times(frame=_AAC_FRAME / stream.sample_rate)
    return Times()


def seconds_decoded(path: Path, contents: Contents, stream: Stream, limits: MediaLimits, *, at_most: float) -> float:
    """How long the sound is that comes out of `stream`."""
    heard = 0

    def count(piece: bytes) -> None:
        nonlocal heard
        heard += len(piece)

    read = contents.read(seconds=at_most)[str(stream.index)]
    node = ffmpeg.output([read], "pipe:1", f="u8", ar=_COUNTED, ac=1)
    timeout = ffmpeg.DESCRIBE_SECONDS + path.stat().st_size / _BYTES_DECODED
    ffmpeg.check(ffmpeg.run(ffmpeg.arguments(node), path, limits, timeout=timeout, on_output=count), limits)
    return heard / _COUNTED


def times_of(
    path: Path, contents: Contents, limits: MediaLimits, *, at_most: float, streams: list[Stream] | None = None
) -> list[Times]:
    """The times of `streams`, in their order; of whatever is in the file if none are named.

    Headers can lie or say nothing (recordings made in a browser, raw MP3). Reads at most `at_most` seconds.
    """
    read = contents.read(seconds=at_most)
    if streams is None:
        reader = PacketReader()
        node = read.output("pipe:1", f="framecrc", c="copy", map=0, ignore_unknown=None)
    else:
        reader = PacketReader(*(times_for(stream) for stream in streams))
        node = packets([read[str(stream.index)] for stream in streams])
    timeout = ffmpeg.DESCRIBE_SECONDS + path.stat().st_size / _BYTES_PER_SECOND
    ffmpeg.check(ffmpeg.run(ffmpeg.arguments(node), path, limits, timeout=timeout, on_output=reader.feed), limits)
    return list(reader.streams.values())
