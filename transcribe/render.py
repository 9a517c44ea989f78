"""From an original to what engines, players and pages need.

One pass over the original makes the web file and the speech; level, peaks and poster are then taken from our own
files. Memory does not grow with the recording. The speech is brought to −20 LUFS (BS.1770, gated) by one gain for
the whole recording and a limiter (in all 275 times real time on one core). Of what else was tried on far-field
meetings and read speech, single-pass `loudnorm` came as close to its goal but ran at 58 times real time,
`speechnorm` left meetings 14 dB apart, and `dynaudnorm` tripled the range of loudness within one (6 to 20 LU).
"""

from __future__ import annotations

import errno
import logging
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kring.errors import DiskFull, NotMedia
from kring.model import Media
from kring.settings import MediaLimits
from transcribe import ffmpeg
from transcribe.contents import Contents, contents_of, end_of
from transcribe.peaks import Peaks
from transcribe.playback import LARGEST, largest_size, playback, steady
from transcribe.port import Progress
from transcribe.probe import falls_short

log = logging.getLogger(__name__)

RECIPE: Final = "web-1"
"""Names this way of rendering; changes whenever the files would come out different."""

SAMPLE_RATE: Final = 16_000  # what Whisper listens to
_LOUDNESS: Final = -20.0  # LUFS
_MOST_GAIN: Final = 40.0  # dB; more only lifts hiss
_SILENT: Final = -70.0  # LUFS; the gate of BS.1770: nothing was loud enough to be measured
_SPEECH_BYTES: Final = 2 * SAMPLE_RATE  # per second, before compression
_AFTER_MAIN, _AFTER_LEVEL = 0.9, 0.98  # how much of the work each pass is
_POSTERS: Final = (0.1, 0.35, 0.6, 0.85)  # parts of the duration at which a frame is tried
_POSTER_SECONDS: Final = 60.0  # more than enough for one frame
_INTEGRATED = re.compile(r"^ +I: +(\S+) LUFS", re.MULTILINE)


@dataclass(frozen=True)
class Rendered:
    """The files made, all in one folder."""

    playback: Path
    playback_type: str
    speech: Path
    poster: Path | None
    peaks: Path | None


@dataclass(frozen=True)
class _Job:
    path: Path
    media: Media
    contents: Contents
    work: Path
    limits: MediaLimits

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def bytes_needed(self) -> float:
        """On disk while this runs: the web file, and the speech twice."""
        return largest_size(self.contents, self.media, self.size) + 2 * _SPEECH_BYTES * self.media.duration

    @property
    def timeout(self) -> float:
        """Seconds of wall clock for one pass: a large picture on a busy machine may take ten times its length."""
        return 300 + 10 * self.media.duration

    @property
    def longest(self) -> float:
        """Seconds of the original that are read at most."""
        return self.media.duration * 1.1 + 60


def render(path: Path, media: Media, dest: Path, limits: MediaLimits, progress: Progress | None = None) -> Rendered:
    """Make `web.mp4` or `audio.m4a`, `speech.flac`, `peaks.json` and, for video, `poster.jpg` in `dest`.

    `media` is what `probe` found in `path`. The work is done in `dest/.rendering` and finished files move up at the
    end, so a file under its own name is whole; one run per `dest` at a time.
    Raises DiskFull, SetupError, and NotMedia where the file turns out to be damaged.
    """
    tell = progress or (lambda _: None)
    contents = contents_of(path, limits)
    dest.mkdir(parents=True, exist_ok=True)
    job = _Job(path, media, contents, dest / ".rendering", limits)
    shutil.rmtree(job.work, ignore_errors=True)
    _spare_disk(job)
    try:
        job.work.mkdir()
        made = _render(job, tell)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(ffmpeg.DISK_FULL) from None
        raise
    else:
        moved = _moved(made, dest)
        tell(1.0)
        return moved
    finally:
        shutil.rmtree(job.work, ignore_errors=True)


def _spare_disk(job: _Job) -> None:
    free = shutil.disk_usage(job.work.parent).free
    needed = job.bytes_needed + job.limits.spare_disk_mb * 1e6
    if free < needed:
        raise DiskFull(
            "Preparing this recording may take {needed} GB of disk and {free} GB are free; "
            "free some space, then try again.",
            needed=f"{needed / 1e9:.1f}",
            free=f"{free / 1e9:.1f}",
        )


def _render(job: _Job, tell: Progress) -> Rendered:
    """The three passes: original to web file and speech, speech to its level, web file to poster."""
    raw = job.work / "raw.flac"
    web, kind, loudness = _first_pass(job, raw, lambda done: tell(done * _AFTER_MAIN))
    speech = job.work / "speech.flac"
    peaks = Peaks(sample_rate=SAMPLE_RATE, expected_seconds=job.media.duration)
    _level(job, raw, speech, loudness, peaks.feed)
    raw.unlink()
    _whole(job, peaks.seconds)
    tell(_AFTER_LEVEL)
    drawn = job.work / "peaks.json"
    drawn.write_text(peaks.json(), encoding="utf-8")
    return Rendered(web, kind, speech, _poster(job, web) if job.media.has_video else None, drawn)


def _first_pass(job: _Job, raw: Path, tell: Progress) -> tuple[Path, str, float]:
    """Web file and raw speech; returns the web file, its media type and the loudness in LUFS."""
    assert job.contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    read = job.contents.read(seconds=job.longest)
    web, target, kind = playback(read, job.contents, job.media, job.size, job.work)
    sound = steady(read[str(job.contents.audio.index)], SAMPLE_RATE).filter("aformat", channel_layouts="mono")
    sound = sound.filter("ebur128", framelog="verbose")
    speech = ffmpeg.output([sound], f"file:{raw}", f="flac", ar=SAMPLE_RATE, sample_fmt="s16")
    finished = _run(
        job,
        ["-progress", "pipe:1", *ffmpeg.arguments(ffmpeg.together(web, speech), log_level="info")],
        job.path,
        on_output=ffmpeg.fraction_of(job.media.duration, tell),
    )
    said = _INTEGRATED.findall(finished.tail)
    loudness = float(said[-1]) if said else -math.inf
    return target, kind, loudness


def gain_for(loudness: float) -> float:
    """Decibels that bring `loudness` (LUFS) to where speech is wanted; none for silence."""
    if not loudness > _SILENT:  # also NaN
        return 0.0
    return min(_LOUDNESS - loudness, _MOST_GAIN)


def _level(job: _Job, raw: Path, speech: Path, loudness: float, samples: Callable[[bytes], None]) -> None:
    """Write the speech at its level, and hand its samples to `samples`."""
    loud = ffmpeg.source("flac", seconds=job.longest).audio
    loud = loud.filter("volume", f"{gain_for(loudness):.2f}dB").filter("alimiter", limit=0.9, level=0)
    both = loud.filter_multi_output("asplit")
    kept = ffmpeg.output([both[0]], f"file:{speech}", f="flac", sample_fmt="s16")
    heard = ffmpeg.output([both[1]], "pipe:1", f="s16le")
    _run(job, ffmpeg.arguments(ffmpeg.together(kept, heard)), raw, on_output=samples)


def _whole(job: _Job, heard: float) -> None:
    """Raise NotMedia where much less sound came out than there is in the file."""
    assert job.contents.audio is not None  # noqa: S101  as above
    if not falls_short(heard, job.media.duration):
        return
    there = job.media.duration
    if job.contents.video is not None:  # the picture may go on after the sound has ended
        there = end_of(job.path, job.contents, [job.contents.audio], job.limits, at_most=job.longest)
    if falls_short(heard, there):
        raise NotMedia(
            "Only {heard} of {there} seconds of sound can be read: the file is damaged; export or copy it again.",
            heard=f"{heard:.0f}",
            there=f"{there:.0f}",
        )


def _poster(job: _Job, web: Path) -> Path | None:
    """The frame with the most to see: of a few, the one that makes the largest JPEG (black and blank are small).

    None where the picture is so short that none of them exists, or cannot be decoded at all.
    """
    frames = [_frame(job, web, part * job.media.duration) for part in _POSTERS]
    best = max([*frames, b""], key=len) or _frame(job, web, 0)
    if not best:
        log.info("no frame could be read for a poster")
        return None
    target = job.work / "poster.jpg"
    target.write_bytes(best)
    return target


def _frame(job: _Job, web: Path, at: float) -> bytes:
    """One frame as JPEG; empty where there is none at `at` (seconds)."""
    read = ffmpeg.source("mov", seconds=_POSTER_SECONDS, ss=f"{at:.3f}")
    picture = read.video.filter("scale", f"min({LARGEST},iw)", -2, out_range="full").filter("format", "yuvj420p")
    node = ffmpeg.output([picture], "pipe:1", f="mjpeg", **{"frames:v": 1, "q:v": 4})
    pieces: list[bytes] = []
    ffmpeg.run(ffmpeg.arguments(node), web, job.limits, timeout=job.timeout, on_output=pieces.append)
    return b"".join(pieces)


def _run(
    job: _Job, arguments: list[str], source: Path, *, on_output: Callable[[bytes], None] | None = None
) -> ffmpeg.Finished:
    """Run with the limits of this job; raises what `ffmpeg.check` raises."""
    finished = ffmpeg.run(
        arguments,
        source,
        job.limits,
        timeout=job.timeout,
        writes=job.work,
        written_mb=64 + int(2 * job.bytes_needed / 1e6),
        on_output=on_output,
    )
    ffmpeg.check(finished, job.limits)
    return finished


def _moved(made: Rendered, dest: Path) -> Rendered:
    def move(path: Path) -> Path:
        return path.replace(dest / path.name)

    return Rendered(
        playback=move(made.playback),
        playback_type=made.playback_type,
        speech=move(made.speech),
        poster=move(made.poster) if made.poster else None,
        peaks=move(made.peaks) if made.peaks else None,
    )
