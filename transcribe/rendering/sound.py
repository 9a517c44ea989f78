"""The sound of an original, on the clock of its own player: the speech that engines hear, and what browsers play.

Where the number of channels or the sampling rate changes in the middle, ffmpeg builds its filters anew, and they take
what follows for the beginning. Such sound is first written out in one form throughout, each piece with its time; and so
is each of several tracks that are to be heard together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kring.errors import NotMedia
from transcribe.media import ffmpeg
from transcribe.media.job import SAMPLE_RATE, MediaJob
from transcribe.media.packet_times import PacketReader, Times, out_of_time, packets, times_for, times_of
from transcribe.media.probe import falls_short
from transcribe.media.streams import Contents, Stream, contents_of
from transcribe.media.tracks import single_channel
from transcribe.port import ReportFraction
from transcribe.rendering.cuts import silence
from transcribe.rendering.fitting import fits_sound

_ASTRAY: Final = 0.5  # seconds
_WEB_RATE: Final = 48_000
_EVEN_BYTES: Final = 4 * _WEB_RATE  # per second, at most
_EVEN_FRAME: Final = 576  # samples; of an unfinished frame, the rest is lost when the sound changes
_BUILT = re.compile(r"^\[Parsed_volumedetect_\d+ @ [^\]\n]*\] n_samples:", re.MULTILINE)


@dataclass(frozen=True)
class PreparedSound:
    speech: Path
    """Its samples, at its own loudness: 16 bits, 16 kHz, mono, without a header."""
    times: Times
    """Of the packets of the original."""
    web: Path | None
    """What browsers play; None: the original's own, as it is."""


def prepare_sound(job: MediaJob, tell: ReportFraction) -> PreparedSound:
    """Raises NotMedia if little of the sound can be read."""
    if len(job.track.tracks) > 1:
        streams = [job.contents.sounds[number - 1] for number in job.track.tracks]
        times = times_of(job.path, job.contents, job.limits, at_most=job.longest, streams=streams)
        return replace(_listen_evenly(job, streams, tell), times=max(times, key=lambda stretch: stretch.end))
    assert job.contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    filters = single_channel(job.contents.audio, job.track.channel)
    copied = not filters and not job.cuts and fits_sound(job.contents, job.media, job.size)
    sound, graphs = _listen(job, job.path, job.contents, filters, encode=not copied, tell=tell)
    if graphs > 1:
        return replace(_listen_evenly(job, [job.contents.audio], tell), times=sound.times)
    if copied and not sound.times.unbroken:
        sound, _ = _listen(job, job.path, job.contents, filters, encode=True, tell=tell)
    return sound


def check_heard(job: MediaJob, sound: PreparedSound, heard: float) -> None:
    """Raise NotMedia if much less sound came out (`heard`, in seconds) than there is in the file, or more."""
    expected = sound.times.end if job.contents.has_times else max(sound.times.end, job.media.duration)
    if falls_short(heard, expected):
        raise NotMedia(
            "Only {heard} of {there} seconds of sound can be read: the file is damaged; export or copy it again.",
            heard=f"{heard:.0f}",
            there=f"{expected:.0f}",
        )
    if job.contents.has_times and heard - expected > _ASTRAY:
        raise out_of_time()


def _listen(
    job: MediaJob,
    path: Path,
    contents: Contents,
    filters: Sequence[str] = (),
    *,
    encode: bool,
    tell: ReportFraction,
    clock: tuple[str, ...] = (),
) -> tuple[PreparedSound, int]:
    """Speech, and sound for browsers if it has to be encoded; and how often ffmpeg built its filters."""
    assert contents.audio is not None  # noqa: S101  sound_of() saw to it
    read = contents.read(seconds=job.longest)[str(contents.audio.index)]
    speech, web = job.work / "speech.s16", job.work / "audio.m4a"
    quiet = silence(job.cuts, SAMPLE_RATE)
    form = "aformat=sample_fmts=s16:channel_layouts=mono"
    heard = [_steady(contents, SAMPLE_RATE), *filters, *quiet, form, "volumedetect"]
    outputs = [ffmpeg.output([read], f"file:{speech}", f="s16le", af=",".join(heard), ar=SAMPLE_RATE)]
    if encode:
        quiet = silence(job.cuts, _WEB_RATE)
        played = [_steady(contents, _WEB_RATE), *filters, *quiet, "aformat=channel_layouts=stereo|mono"]
        coded = {"c:a": "aac", "b:a": "96k", "movflags": "+faststart"}
        outputs.append(ffmpeg.output([read], f"file:{web}", f="ipod", af=",".join(played), **coded))
    times = times_for(contents.audio)
    reader = PacketReader(times, tell=lambda end: tell(min(1.0, end / job.media.duration)))
    node = ffmpeg.merge_outputs(*outputs, packets([read]))
    finished = job.run([*clock, *ffmpeg.arguments(node, log_level="info")], path, on_output=reader.feed)
    return PreparedSound(speech, times, web if encode else None), len(_BUILT.findall(finished.printed))


def _steady(contents: Contents, rate: int) -> str:
    """Filters after which the count of samples is the clock: a late start and gaps become silence.

    Without them, words after a gap would be found too early.
    """
    if contents.has_times:
        return f"aresample={rate}:async=1:first_pts=0"
    return f"aresample={rate},asetpts=N/SR/TB"


def _listen_evenly(job: MediaJob, streams: Sequence[Stream], tell: ReportFraction) -> PreparedSound:
    parts = [_evened(job, stream) for stream in streams]
    even = parts[0] if len(parts) == 1 else _together(job, parts)
    contents = replace(contents_of(even, job.limits), has_times=job.contents.has_times)
    sound, _ = _listen(job, even, contents, encode=True, tell=tell, clock=("-copyts",))  # its first piece may be late
    even.unlink()
    return sound


def _evened(job: MediaJob, stream: Stream) -> Path:
    """One sound track at one rate and in two channels throughout, each piece with its time."""
    job.spare_disk(job.bytes_needed + _EVEN_BYTES * job.media.duration)
    read = job.contents.read(seconds=job.longest)[str(stream.index)]
    even = job.work / f"even-{stream.index}.mka"
    channels = single_channel(stream, job.track.channel)
    filters = [f"aresample={_WEB_RATE}", *channels, "aformat=sample_fmts=s16:channel_layouts=stereo"]
    coded = {"c:a": "flac", "frame_size": _EVEN_FRAME, "ar": _WEB_RATE}
    node = ffmpeg.output([read], f"file:{even}", f="matroska", af=",".join(filters), **coded)
    job.run(ffmpeg.arguments(node), job.path)
    return even


def _together(job: MediaJob, parts: Sequence[Path]) -> Path:
    """What `_evened` wrote, added up."""
    job.spare_disk(job.bytes_needed + _EVEN_BYTES * job.media.duration)
    reads = [ffmpeg.source("matroska", seconds=job.longest, path=part).audio for part in parts]
    steady = [read.filter("aresample", _WEB_RATE, **{"async": 1, "first_pts": 0}) for read in reads]
    mixed = ffmpeg.mixed_sounds(steady).filter("aformat", sample_fmts="s16", channel_layouts="stereo")
    target = job.work / "together.mka"
    node = ffmpeg.output([mixed], f"file:{target}", f="matroska", **{"c:a": "flac"})
    job.run(["-copyts", *ffmpeg.arguments(node)], parts[0])
    for part in parts:
        part.unlink()
    return target
