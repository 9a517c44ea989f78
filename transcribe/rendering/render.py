"""From an original to what engines, players and pages need.

One pass over the original makes the speech, another what browsers play; level, peaks and poster are then taken from our
own files, all on the clock of the original's player (`transcribe.rendering.sound`). Memory does not grow with the
recording.
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
from kring.model import Media, SoundTracks
from kring.settings import MediaLimits
from transcribe.media import ffmpeg
from transcribe.media.job import SAMPLE_RATE, SPEECH_BYTES, MediaJob
from transcribe.media.seams import without_seams
from transcribe.media.streams import contents_of
from transcribe.port import ReportFraction
from transcribe.rendering.cuts import Stretches, is_cut
from transcribe.rendering.fitting import largest_size
from transcribe.rendering.levels import level
from transcribe.rendering.peaks import PeakMeter
from transcribe.rendering.picture import LARGEST
from transcribe.rendering.playback import make_playback
from transcribe.rendering.sound import PreparedSound, check_heard, prepare_sound
from transcribe.soundtracks.selection import sound_tracks

log = logging.getLogger(__name__)

_SOUND_ENDS, _WEB_ENDS = 0.2, 0.98  # how much of the work is done by then
_PIECE: Final = 1 << 20  # bytes
_POSTERS: Final = (0.1, 0.35, 0.6, 0.85)  # parts of the duration at which a frame is tried
_POSTER_SECONDS: Final = 60.0  # more than enough for one frame


@dataclass(frozen=True)
class Rendered:
    """The files made, all in one folder."""

    playback: Path
    playback_type: str
    seconds: float
    """How long it lasts: other tracks of the original may go on longer."""
    speech: Path
    poster: Path | None
    peaks: Path | None
    sound_tracks: SoundTracks


def render(
    path: Path,
    media: Media,
    dest: Path,
    limits: MediaLimits,
    progress: ReportFraction | None = None,
    *,
    sound_track: str | None = None,
    cuts: Stretches = (),
) -> Rendered:
    """Make `web.mp4` or `audio.m4a`, `speech.flac`, `peaks.json` and, for video, `poster.jpg` in `dest`.

    `media` is what `probe` found in `path`. `sound_track` names the sound a person has chosen; during `cuts` (seconds
    of the original's player) nothing is heard or seen. The work is done in `dest/.rendering` and finished files move up
    at the end, so a file under its own name is whole; one run per `dest` at a time.
    Raises DiskFull, SetupError, InputError if there is no such sound, and NotMedia if the file is damaged.
    """
    tell = progress or (lambda _: None)
    contents = contents_of(path, limits)
    dest.mkdir(parents=True, exist_ok=True)
    needed = largest_size(contents, media, path.stat().st_size, may_copy=not cuts) + 2 * SPEECH_BYTES * media.duration
    job = MediaJob(path, media, contents, dest / ".rendering", limits, bytes_needed=needed, cuts=cuts)
    shutil.rmtree(job.work, ignore_errors=True)
    job.spare_disk(needed)
    try:
        job.work.mkdir()
        job = without_seams(job)
        tracks = sound_tracks(job.path, job.contents, media.duration, limits, job.work, sound_track)
        made = _render(job.hearing(tracks.taken), tracks, tell)
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


def _render(job: MediaJob, tracks: SoundTracks, tell: ReportFraction) -> Rendered:
    """Original to speech, speech to its level; original to what browsers play, that to a poster."""
    ends = _SOUND_ENDS if job.media.has_video else _WEB_ENDS
    sound = prepare_sound(job, _part(tell, 0, ends))
    speech = job.work / "speech.flac"
    peaks = PeakMeter(sample_rate=SAMPLE_RATE, expected_seconds=job.media.duration)
    _level(job, sound, speech, peaks.feed)
    check_heard(job, sound, peaks.seconds)
    web = make_playback(job, sound, _part(tell, ends, _WEB_ENDS))
    drawn = job.work / "peaks.json"
    drawn.write_text(peaks.json(), encoding="utf-8")
    poster = _poster(job, web.path) if job.media.has_video else None
    return Rendered(web.path, web.kind, web.seconds, speech, poster, drawn, tracks)


def _part(tell: ReportFraction, begins: float, ends: float) -> ReportFraction:
    """A piece of the work, which may be done twice: it is told only if it is further than it was."""
    furthest = begins

    def part(done: float) -> None:
        nonlocal furthest
        if (now := begins + (ends - begins) * done) > furthest:
            furthest = now
            tell(now)

    return part


def _level(job: MediaJob, sound: PreparedSound, speech: Path, samples: Callable[[bytes], None]) -> None:
    """Write the speech at its level, and hand its samples to `samples`."""
    level(sound.speech)
    with sound.speech.open("rb") as file:
        while piece := file.read(_PIECE):
            samples(piece)
    read = ffmpeg.source("s16le", seconds=job.longest, ar=SAMPLE_RATE, ac=1).audio
    job.run(ffmpeg.arguments(ffmpeg.output([read], f"file:{speech}", f="flac")), sound.speech)
    sound.speech.unlink()


def _poster(job: MediaJob, web: Path) -> Path | None:
    """The frame with the most to see: of a few, the one that makes the largest JPEG (black and blank are small).

    None if the picture is so short that none of them exists, or cannot be decoded at all.
    """
    times = [part * job.media.duration for part in _POSTERS]
    frames = [_frame(job, web, at) for at in times if not is_cut(job.cuts, at)]
    best = max([*frames, b""], key=len) or _frame(job, web, 0)
    if not best:
        log.info("no frame could be read for a poster")
        return None
    target = job.work / "poster.jpg"
    target.write_bytes(best)
    return target


def _frame(job: MediaJob, web: Path, at: float) -> bytes:
    """One frame as JPEG; empty if there is none at `at` (seconds)."""
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
        seconds=made.seconds,
        speech=move(made.speech),
        poster=move(made.poster) if made.poster else None,
        peaks=move(made.peaks) if made.peaks else None,
        sound_tracks=made.sound_tracks,
    )
