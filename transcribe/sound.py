"""The sound of an original, on the clock of its own player: the speech that engines hear, and what browsers play.

Where the number of channels or the sampling rate changes in the middle, ffmpeg builds its filters anew, and they take
what follows for the beginning. Such sound is first written out in one form throughout, each piece with its time.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kring.errors import NotMedia
from transcribe import ffmpeg
from transcribe.contents import Contents, contents_of
from transcribe.fitting import fits_sound
from transcribe.job import SAMPLE_RATE, Job
from transcribe.port import Progress
from transcribe.probe import falls_short
from transcribe.times import PacketReader, Times, out_of_time, packets, times_for

_ASTRAY: Final = 0.5  # seconds
_WEB_RATE: Final = 48_000
_EVEN_BYTES: Final = 4 * _WEB_RATE  # per second, at most
_EVEN_FRAME: Final = 576  # samples; of an unfinished frame, the rest is lost where the sound changes
_INTEGRATED = re.compile(r"^ +I: +(\S+) LUFS", re.MULTILINE)


@dataclass(frozen=True)
class Sound:
    speech: Path
    """At its own loudness."""
    loudness: float
    """LUFS."""
    times: Times
    """Of the packets of the original."""
    web: Path | None
    """What browsers play; None: the original's own, as it is."""


def sound_of(job: Job, tell: Progress) -> Sound:
    """Raises NotMedia where little of the sound can be read."""
    copied = fits_sound(job.contents, job.media, job.size)
    sound, graphs = _listen(job, job.path, job.contents, encode=not copied, tell=tell)
    if graphs > 1:
        return replace(_listen_evenly(job, tell), times=sound.times)
    if copied and not sound.times.unbroken:
        sound, _ = _listen(job, job.path, job.contents, encode=True, tell=tell)
    return sound


def check_heard(job: Job, sound: Sound, heard: float) -> None:
    """Raise NotMedia where much less sound came out (`heard`, in seconds) than there is in the file, or more."""
    there = sound.times.end if job.media.has_video else max(sound.times.end, job.media.duration)
    if falls_short(heard, there):
        raise NotMedia(
            "Only {heard} of {there} seconds of sound can be read: the file is damaged; export or copy it again.",
            heard=f"{heard:.0f}",
            there=f"{there:.0f}",
        )
    if job.contents.has_times and heard - there > _ASTRAY:
        raise out_of_time()


def _listen(
    job: Job, path: Path, contents: Contents, *, encode: bool, tell: Progress, clock: tuple[str, ...] = ()
) -> tuple[Sound, int]:
    """Speech, and sound for browsers where it has to be encoded; and how often ffmpeg built its filters."""
    assert contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    read = contents.read(seconds=job.longest)[str(contents.audio.index)]
    speech, web = job.work / "raw.mka", job.work / "audio.m4a"
    heard = f"{_steady(contents, SAMPLE_RATE)},aformat=sample_fmts=s16:channel_layouts=mono,ebur128=framelog=verbose"
    outputs = [ffmpeg.output([read], f"file:{speech}", f="matroska", af=heard, ar=SAMPLE_RATE, **{"c:a": "flac"})]
    if encode:
        played = f"{_steady(contents, _WEB_RATE)},aformat=channel_layouts=stereo|mono"
        coded = {"c:a": "aac", "b:a": "96k"}
        outputs.append(ffmpeg.output([read], f"file:{web}", f="ipod", movflags="+faststart", af=played, **coded))
    times = times_for(contents.audio)
    reader = PacketReader(times, tell=lambda end: tell(min(1.0, end / job.media.duration)))
    node = ffmpeg.together(*outputs, packets([read]))
    finished = job.run([*clock, *ffmpeg.arguments(node, log_level="info")], path, on_output=reader.feed)
    said = _INTEGRATED.findall(finished.printed)
    loudness = float(said[-1]) if said else -math.inf
    return Sound(speech, loudness, times, web if encode else None), len(said)


def _steady(contents: Contents, rate: int) -> str:
    """Filters after which the count of samples is the clock: a late start and gaps become silence.

    Without them, words after a gap would be found too early.
    """
    if contents.has_times:
        return f"aresample={rate}:async=1:first_pts=0"
    return f"aresample={rate},asetpts=N/SR/TB"


def _listen_evenly(job: Job, tell: Progress) -> Sound:
    even = _evened(job)
    contents = replace(contents_of(even, job.limits), has_times=job.contents.has_times)
    sound, _ = _listen(job, even, contents, encode=True, tell=tell, clock=("-copyts",))  # its first piece may be late
    even.unlink()
    return sound


def _evened(job: Job) -> Path:
    """The sound at one rate and in two channels throughout, each piece with its time."""
    assert job.contents.audio is not None  # noqa: S101  as above
    job.spare_disk(job.bytes_needed + _EVEN_BYTES * job.media.duration)
    read = job.contents.read(seconds=job.longest)[str(job.contents.audio.index)]
    even = job.work / "even.mka"
    filters = f"aresample={_WEB_RATE},aformat=sample_fmts=s16:channel_layouts=stereo"
    coded = {"c:a": "flac", "frame_size": _EVEN_FRAME, "ar": _WEB_RATE}
    node = ffmpeg.output([read], f"file:{even}", f="matroska", af=filters, **coded)
    job.run(ffmpeg.arguments(node), job.path)
    return even
