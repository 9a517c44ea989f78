"""From an original to what engines, players and pages need.

One pass over the original makes the speech, another what browsers play; level, peaks and poster are then taken from
our own files, all on the clock of the original's player (`transcribe.sound`). Memory does not grow with the recording.
The speech is brought to −20 LUFS (BS.1770, gated) by one gain for the whole recording and a limiter. Of what else was
tried on far-field meetings and read speech, single-pass `loudnorm` came as close to its goal but was four times slower,
`speechnorm` left meetings 14 dB apart, and `dynaudnorm` tripled the range of loudness within one (6 to 20 LU).
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kring.errors import DiskFull
from kring.model import Media
from kring.settings import MediaLimits
from transcribe import ffmpeg
from transcribe.contents import contents_of
from transcribe.fitting import largest_size
from transcribe.job import SAMPLE_RATE, SPEECH_BYTES, Job
from transcribe.peaks import Peaks
from transcribe.picture import LARGEST
from transcribe.playback import web_of
from transcribe.port import Progress
from transcribe.seams import without_seams
from transcribe.sound import Sound, check_heard, sound_of

log = logging.getLogger(__name__)

RECIPE: Final = "web-2"
"""Names this way of rendering; changes whenever the files would come out different."""

_LOUDNESS: Final = -20.0  # LUFS
_MOST_GAIN: Final = 40.0  # dB; more only lifts hiss
_SILENT: Final = -70.0  # LUFS; the gate of BS.1770: nothing was loud enough to be measured
_SOUND_ENDS, _WEB_ENDS = 0.2, 0.98  # how much of the work is done by then
_POSTERS: Final = (0.1, 0.35, 0.6, 0.85)  # parts of the duration at which a frame is tried
_POSTER_SECONDS: Final = 60.0  # more than enough for one frame


@dataclass(frozen=True)
class Rendered:
    """The files made, all in one folder."""

    playback: Path
    playback_type: str
    speech: Path
    poster: Path | None
    peaks: Path | None


def render(path: Path, media: Media, dest: Path, limits: MediaLimits, progress: Progress | None = None) -> Rendered:
    """Make `web.mp4` or `audio.m4a`, `speech.flac`, `peaks.json` and, for video, `poster.jpg` in `dest`.

    `media` is what `probe` found in `path`. The work is done in `dest/.rendering` and finished files move up at the
    end, so a file under its own name is whole; one run per `dest` at a time.
    Raises DiskFull, SetupError, and NotMedia where the file turns out to be damaged.
    """
    tell = progress or (lambda _: None)
    contents = contents_of(path, limits)
    dest.mkdir(parents=True, exist_ok=True)
    needed = largest_size(contents, media, path.stat().st_size) + 2 * SPEECH_BYTES * media.duration
    job = Job(path, media, contents, dest / ".rendering", limits, bytes_needed=needed)
    shutil.rmtree(job.work, ignore_errors=True)
    job.spare_disk(needed)
    try:
        job.work.mkdir()
        made = _render(without_seams(job), tell)
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


def _render(job: Job, tell: Progress) -> Rendered:
    """Original to speech, speech to its level; original to what browsers play, that to a poster."""
    ends = _SOUND_ENDS if job.media.has_video else _WEB_ENDS
    sound = sound_of(job, _part(tell, 0, ends))
    speech = job.work / "speech.flac"
    peaks = Peaks(sample_rate=SAMPLE_RATE, expected_seconds=job.media.duration)
    _level(job, sound, speech, peaks.feed)
    sound.speech.unlink()
    check_heard(job, sound, peaks.seconds)
    web, kind = web_of(job, sound, _part(tell, ends, _WEB_ENDS))
    drawn = job.work / "peaks.json"
    drawn.write_text(peaks.json(), encoding="utf-8")
    return Rendered(web, kind, speech, _poster(job, web) if job.media.has_video else None, drawn)


def _part(tell: Progress, begins: float, ends: float) -> Progress:
    """A piece of the work, which may be done twice: it is told only where it is further than it was."""
    told = begins

    def part(done: float) -> None:
        nonlocal told
        if (now := begins + (ends - begins) * done) > told:
            told = now
            tell(now)

    return part


def gain_for(loudness: float) -> float:
    """Decibels that bring `loudness` (LUFS) to where speech is wanted; none for silence."""
    if not loudness > _SILENT:  # also NaN
        return 0.0
    return min(_LOUDNESS - loudness, _MOST_GAIN)


def _level(job: Job, sound: Sound, speech: Path, samples: Callable[[bytes], None]) -> None:
    """Write the speech at its level, and hand its samples to `samples`."""
    loud = ffmpeg.source("matroska", seconds=job.longest).audio
    loud = loud.filter("volume", f"{gain_for(sound.loudness):.2f}dB").filter("alimiter", limit=0.9, level=0)
    both = loud.filter_multi_output("asplit")
    kept = ffmpeg.output([both[0]], f"file:{speech}", f="flac", sample_fmt="s16")
    heard = ffmpeg.output([both[1]], "pipe:1", f="s16le")
    job.run(ffmpeg.arguments(ffmpeg.together(kept, heard)), sound.speech, on_output=samples)


def _poster(job: Job, web: Path) -> Path | None:
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


def _frame(job: Job, web: Path, at: float) -> bytes:
    """One frame as JPEG; empty where there is none at `at` (seconds)."""
    read = ffmpeg.source("mov", seconds=_POSTER_SECONDS, ss=f"{at:.3f}")
    picture = read.video.filter("scale", f"min({LARGEST},iw)", -2, out_range="full").filter("format", "yuvj420p")
    node = ffmpeg.output([picture], "pipe:1", f="mjpeg", **{"frames:v": 1, "q:v": 4})
    pieces: list[bytes] = []
    ffmpeg.run(ffmpeg.arguments(node), web, job.limits, timeout=job.timeout, on_output=pieces.append)
    return b"".join(pieces)


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
