"""What ffmpeg says is in a file: its streams and the duration its header promises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from kring.errors import NotMedia
from kring.settings import MediaLimits
from transcribe.containers.detect import ENDS_EARLY, container_of
from transcribe.media import ffmpeg
from transcribe.media.codecs import AUDIO

_WITH_TIMES: Final = frozenset(["mov", "matroska", "ogg", "mpegts", "mpeg", "flv", "asf", "avi"])
_NO_PROMISE: Final = frozenset(["mpegts", "mpeg", "ogg", "aac", "amr"])  # for these ffmpeg looks at the last packets
# Values of metadata are printed with at least four spaces before them, so they cannot pass for these lines.
_DURATION = re.compile(r"^  Duration: (\d{1,9}):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_START = re.compile(r"^  Duration: \S+, start: (-?\d{1,12}\.\d+)", re.MULTILINE)
_STREAM = re.compile(
    r"^  Stream #0:(?P<index>\d+)(?:\[0x[0-9a-f]+\])?(?:\((?P<language>[^)\n]*)\))?: "
    r"(?P<kind>Audio|Video): (?P<codec>\w+)(?P<rest>.*)$"
)
_SIZE = re.compile(r", (\d{1,5})x(\d{1,5})\b")
_SAMPLE_RATE = re.compile(r", (\d{1,7}) Hz\b")
_RATE = re.compile(r", (\d{1,9}(?:\.\d{1,9})?)(k?) (?:fps|tbr)\b")
_LAYOUT = re.compile(r", \d{1,9} Hz, ([^,\n]+)")
_ROTATION = re.compile(r"^ +(?:displaymatrix|Display Matrix): rotation of (-?\d{1,9}(?:\.\d{1,9})?) degrees")


@dataclass(frozen=True)
class Stream:
    index: int
    codec: str
    details: str
    """The rest of ffmpeg's line about it: profile, pixel format, …"""
    width: int = 0
    height: int = 0
    rotation: float = 0.0
    """Degrees by which a player must turn the picture (phones store it lying)."""
    language: str = ""
    """As the file says it, ISO 639."""

    @property
    def layout(self) -> str:
        """Of a sound's channels, as ffmpeg calls it (`stereo`, `5.1(side)`, `16 channels`); empty if it does not."""
        match = _LAYOUT.search(self.details)
        return match[1] if match else ""

    @property
    def is_default(self) -> bool:
        return "(default)" in self.details

    @property
    def frame_rate(self) -> float:
        """Frames per second, 0 if ffmpeg does not say."""
        match = _RATE.search(self.details)
        return float(match[1]) * (1000 if match[2] else 1) if match else 0.0

    @property
    def sample_rate(self) -> int:
        """Samples per second of sound, 0 if ffmpeg does not say."""
        match = _SAMPLE_RATE.search(self.details)
        return int(match[1]) if match else 0

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as seen, after turning."""
        lying = abs(round(self.rotation)) % 180 == 90
        return (self.height, self.width) if lying else (self.width, self.height)


@dataclass(frozen=True)
class Contents:
    demuxer: str
    promised: float | None
    """The second at which everything in the file ends, as its header promises; None if it says nothing."""
    audio: Stream | None
    """The sound that players choose."""
    video: Stream | None
    elsewhere: bool
    """Some of it lies in another file, which is never opened (a QuickTime reference movie)."""
    has_times: bool
    """Whether the file says when a packet is due; otherwise each follows the one before."""
    begins: int = 0
    """Bytes of the file before it: tags, padding, junk."""
    sounds: tuple[Stream, ...] = ()
    """All sound tracks, in the file's order."""

    def read(self, *, seconds: float, **options: Any) -> Any:
        """The file as an input of ffmpeg's, from where it begins; at most `seconds` of it."""
        return ffmpeg.source(self.demuxer, seconds=seconds, skip_initial_bytes=self.begins, **options)


def contents_of(path: Path, limits: MediaLimits) -> Contents:
    """Look at the file's header. Raises EmptyFile and NotMedia."""
    with ffmpeg.regular_file(path) as file:
        contents = container_of(file)
    read = ffmpeg.source(contents.demuxer, seconds=1, skip_initial_bytes=contents.begins)
    nothing = read.output("pipe:1", f="null", c="copy", t=0)
    finished = ffmpeg.run(ffmpeg.arguments(nothing, log_level="info"), path, limits, timeout=ffmpeg.DESCRIBE_SECONDS)
    if "\nInput #0" not in "\n" + finished.printed:
        if "moov atom not found" in finished.printed:
            raise NotMedia(ENDS_EARLY)
        raise NotMedia("This file cannot be read: it is damaged or cut off; export or copy the recording again.")
    return replace(parse(contents.demuxer, finished.printed), begins=contents.begins)


def parse(demuxer: str, printed: str) -> Contents:
    """Understand what `ffmpeg -i` printed at log level info (versions 5 to 9)."""
    about_input = printed.partition("\nOutput #0")[0].partition("\nStream mapping:")[0]
    guessed = demuxer in _NO_PROMISE or "Estimating duration from bitrate" in printed
    promised = None if guessed else _promised(about_input)
    streams = _streams(about_input)
    sounds = tuple(stream for kind, stream in streams if kind == "Audio")
    picture = [stream for kind, stream in streams if kind == "Video" and "(attached pic)" not in stream.details]
    return Contents(
        demuxer=demuxer,
        promised=promised,
        audio=_chosen([sound for sound in sounds if sound.codec in AUDIO] or sounds),
        video=_chosen(picture),
        elsewhere="Skipped opening external track" in printed,
        sounds=sounds,
        has_times=demuxer in _WITH_TIMES,
    )


def _promised(about_input: str) -> float | None:
    """Counted from the first packet, which players show at 0. (Of headers that do so themselves, too little.)"""
    duration, start = _DURATION.search(about_input), _START.search(about_input)
    if duration is None:
        return None
    length = int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3])
    return length - max(0.0, float(start[1]) if start else 0.0)


def _streams(about_input: str) -> list[tuple[str, Stream]]:
    streams: list[tuple[str, Stream]] = []
    for line in about_input.splitlines():
        if parsed := _STREAM.match(line):
            size = _SIZE.search(parsed["rest"]) if parsed["kind"] == "Video" else None
            width, height = (int(size[1]), int(size[2])) if size else (0, 0)
            stream = Stream(int(parsed["index"]), parsed["codec"], parsed["rest"], width, height)
            streams.append((parsed["kind"], replace(stream, language=parsed["language"] or "")))
        elif streams and (turned := _ROTATION.match(line)):
            kind, stream = streams[-1]
            streams[-1] = kind, replace(stream, rotation=float(turned[1]))
    return streams


def _chosen(streams: Sequence[Stream]) -> Stream | None:
    """The one players would choose: the first marked as default, else the first."""
    return next((stream for stream in streams if stream.is_default), streams[0] if streams else None)
