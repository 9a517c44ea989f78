"""What browsers play: H.264 and AAC in MP4, or AAC in M4A; copied where the original already is that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from transcribe.media import ffmpeg
from transcribe.media.job import MediaJob
from transcribe.media.packet_times import PacketReader, Times, out_of_time, packets, times_of
from transcribe.media.streams import contents_of
from transcribe.port import ReportFraction
from transcribe.rendering.fitting import fits_video
from transcribe.rendering.picture import filters_for
from transcribe.rendering.sound import PreparedSound

_ASTRAY: Final = 0.5  # seconds by which a picture may be off


class Playback(NamedTuple):
    path: Path
    kind: str
    """Its media type."""
    seconds: float


def make_playback(job: MediaJob, sound: PreparedSound, tell: ReportFraction) -> Playback:
    """Make what browsers play. Raises NotMedia if it does not keep the original's times."""
    if job.contents.video is None:
        web, kind = sound.web or _sound_copied(job), "audio/mp4"
        if seconds := _in_time(job, web, sound.times):
            return Playback(web, kind, seconds)
    else:
        web, kind = job.work / "web.mp4", "video/mp4"
        may_copy = not job.cuts and fits_video(job.contents, job.media, job.size)
        for copied in [True, False] if may_copy else [False]:
            picture = _with_picture(job, sound.web, web, tell, copied=copied)
            if seconds := _in_time(job, web, sound.times, picture):
                return Playback(web, kind, seconds)
    raise out_of_time()


def _sound_copied(job: MediaJob) -> Path:
    web = job.work / "audio.m4a"
    read = job.contents.read(seconds=job.longest)
    node = ffmpeg.output([_sound(job, read)], f"file:{web}", f="ipod", movflags="+faststart", c="copy")
    job.run(ffmpeg.arguments(node), job.path)
    return web


def _with_picture(job: MediaJob, sound: Path | None, web: Path, tell: ReportFraction, *, copied: bool) -> Times:
    """Write `web`; the times of the original's picture. `sound`: made for it; None: the original's, as it is."""
    assert job.contents.video is not None  # noqa: S101  web_of() saw to it
    read = job.contents.read(seconds=job.longest)
    picture = read[str(job.contents.video.index)]
    heard = _sound(job, read) if sound is None else ffmpeg.source("mov", seconds=job.longest, path=sound).audio
    options: dict[str, Any] = {"c:a": "copy", "c:v": "copy"}
    if not copied:
        options |= {"c:v": "libx264", "preset": "veryfast", "crf": 25, "maxrate": "3M", "bufsize": "6M"}
        options |= {"g": 150, "threads": ffmpeg.THREADS, "vf": filters_for(job)}
    node = ffmpeg.output([picture, heard], f"file:{web}", f="mp4", movflags="+faststart", **options)
    times = Times()
    reader = PacketReader(times, tell=lambda end: tell(min(1.0, end / job.media.duration)))
    job.run(ffmpeg.arguments(ffmpeg.merge_outputs(node, packets([picture]))), job.path, on_output=reader.feed)
    return times


def _sound(job: MediaJob, read: Any) -> Any:
    assert job.contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    return read[str(job.contents.audio.index)]


def _in_time(job: MediaJob, web: Path, sound: Times, picture: Times | None = None) -> float:
    """The seconds that `web` lasts, 0 if it has not the original's times: browsers play sound without a pause, and
    a picture when it is due."""
    contents = contents_of(web, job.limits)
    streams = [stream for stream in (contents.audio, contents.video) if stream is not None]
    heard, *seen = times_of(web, contents, job.limits, at_most=job.longest, streams=streams)
    if not heard.unbroken or (job.contents.has_times and heard.end > sound.end + _ASTRAY):
        return 0.0
    if picture and not all(
        stretch.first < picture.first + _ASTRAY and stretch.last < picture.end + _ASTRAY for stretch in seen
    ):
        return 0.0
    return max(stretch.end for stretch in (heard, *seen))
