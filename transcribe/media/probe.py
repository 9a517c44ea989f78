"""What is in a file, and whether Kring can use it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from kring.errors import NoSound, NotMedia, TooLong
from kring.model import Media
from kring.settings import MediaLimits
from transcribe.containers.detect import ENDS_EARLY
from transcribe.containers.ending import is_complete
from transcribe.containers.tags import copy_without, tags_within
from transcribe.media import ffmpeg
from transcribe.media.codecs import AUDIO, VIDEO
from transcribe.media.packet_times import seconds_decoded, times_of
from transcribe.media.seams import BARE, UNSEEN
from transcribe.media.streams import Contents, contents_of
from transcribe.media.tracks import tracks_of

SHORTFALL: Final = 0.1
"""A file that lacks more than this part of what it promises counts as cut off."""
_SHORTFALL_SECONDS: Final = 0.5  # but never mind so little


def probe(path: Path, limits: MediaLimits) -> Media:
    """Look at a file that may be hostile; the sound is read to its end, so a cut-off file is noticed.

    Nothing but `path` is opened, whatever the file says. `duration` is measured, in seconds.
    Raises EmptyFile, NotMedia, NoSound and TooLong with a sentence for the facilitator.
    """
    size = path.stat().st_size
    if size > limits.max_gb * 1e9:
        raise TooLong(
            "The file has {size} GB; at most {most} GB are taken. Split it in parts.",
            size=f"{size / 1e9:.1f}",
            most=f"{limits.max_gb:g}",
        )
    contents = contents_of(path, limits)
    if contents.elsewhere:
        raise NotMedia(
            "This file only points to sound or picture in another file; export it as a self-contained movie."
        )
    if contents.audio is None:
        if contents.video is None:
            raise NotMedia("There is neither sound nor picture in this file; export the recording again.")
        raise NoSound("This video has no sound track, so there is nothing to transcribe; export it again with sound.")
    if contents.audio.codec not in AUDIO:
        raise NotMedia(
            "The sound in this file is stored in a form Kring does not read ({codec}); export it as MP4.",
            codec=contents.audio.codec[:20],
        )
    if contents.video is not None and contents.video.codec not in VIDEO:
        raise NotMedia(
            "The picture in this file is stored in a form Kring does not read ({codec}); export it as MP4.",
            codec=contents.video.codec[:20],
        )
    if contents.demuxer in BARE and (tags := tags_within(path, contents.begins)):
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            duration, restarts = _length(copy_without(path, tags, Path(folder) / "plain"), contents, limits)
    else:
        duration, restarts = _length(path, contents, limits)
    width, height = contents.video.shown if contents.video else (None, None)
    return Media(
        duration=duration,
        format=contents.demuxer,
        audio_codec=contents.audio.codec,
        video_codec=contents.video.codec if contents.video else None,
        width=width,
        height=height,
        restarts=restarts,
    )


def falls_short(measured: float, promised: float) -> bool:
    return promised - measured > max(promised * SHORTFALL, _SHORTFALL_SECONDS)


def _length(path: Path, contents: Contents, limits: MediaLimits) -> tuple[float, bool]:
    """Seconds, from the packets that are there, and whether their times begin anew on the way; of all sound tracks, for
    which is heard is not known yet.

    Raises TooLong, NoSound, and NotMedia for a file that was cut off.
    """
    most = limits.max_hours * 3600
    assert contents.audio is not None  # noqa: S101  probe() saw to it
    sounds = list(tracks_of(contents).values())
    streams = [*sounds, *([contents.video] if contents.video is not None else [])]
    times = times_of(path, contents, limits, at_most=most + 60, streams=streams)
    if not any(stream_times.end > 0 for stream_times in times[: len(sounds)]):
        raise NoSound("The sound track of this file is empty; export the recording again with sound.")
    usual = sounds.index(contents.audio)
    again = 0.0 if contents.demuxer == "mov" else times[usual].again  # there, edits are prepared by going back
    duration = max(stream_times.end for stream_times in times) + again
    if contents.demuxer == "aac" or (again and not contents.has_times):  # packets say little there after a change
        duration = seconds_decoded(path, contents, sounds[usual], limits, at_most=most + 60)
    if duration > most:
        raise TooLong(
            "The recording is longer than {most} hours; split it in parts and add each of them.",
            most=f"{limits.max_hours:g}",
        )
    promised = contents.promised or 0.0
    if falls_short(duration, promised) and _cut_off(path, contents, limits, promised):
        raise NotMedia(ENDS_EARLY)
    return duration, again > 0 and contents.demuxer in UNSEEN


def _cut_off(path: Path, contents: Contents, limits: MediaLimits, promised: float) -> bool:
    """Whether all there is ends before it should: other tracks and subtitles may go on longer than what is chosen."""
    with ffmpeg.regular_file(path) as file:
        if is_complete(file, contents.demuxer, contents.begins):
            return False
    everything = times_of(path, contents, limits, at_most=limits.max_hours * 3600 + 60)
    return falls_short(max(stream_times.end for stream_times in everything), promised)
