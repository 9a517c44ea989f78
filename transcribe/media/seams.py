"""Recordings that were put one behind the other in one file: players play them so, whatever the times say.

ffmpeg finds such seams by itself if they are usual, in transport streams and Ogg. In Matroska and Flash video it
drops what is not later than all before it; so there the times after a seam are first made to go on from those before.
In bare frames, it looks for frames in the tags at a seam too; so those are taken out first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from transcribe.containers.tags import copy_without, tags_within
from transcribe.media import ffmpeg
from transcribe.media.job import MediaJob
from transcribe.media.streams import contents_of

BARE: Final = frozenset(["mp3", "aac"])
"""Demuxers of frames without a container."""
UNSEEN: Final = frozenset(["matroska", "flv"])
"""Demuxers for which ffmpeg goes by the times alone."""
_BACK: Final = "lt(DTS-PREV_INDTS,-25*max(PREV_INDURATION,1))"  # further back than any order of frames
_ON: Final = "PREV_OUTDTS+max(PREV_INDURATION,1)"
_GOES_ON: Final = f"if(eq(N,0),{{time}},if({_BACK},{_ON}+{{time}}-DTS,PREV_OUTDTS+{{time}}-PREV_INDTS))"


def without_seams(job: MediaJob) -> MediaJob:
    """The same job on a copy without tags amid the sound, or whose times go on, where the original's begin anew."""
    if job.contents.demuxer in BARE and (tags := tags_within(job.path, job.contents.begins)):
        job.spare_disk(job.bytes_needed + job.size)
        return replace(job, path=copy_without(job.path, tags, job.work / "plain"))
    if not job.media.restarts:
        return job
    assert job.contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    job.spare_disk(job.bytes_needed + job.size)
    read = job.contents.read(seconds=job.longest)
    streams = [*job.contents.sounds, *([job.contents.video] if job.contents.video is not None else [])]
    copy = job.work / "whole.mkv"
    times = f"setts=dts='{_GOES_ON.format(time='DTS')}':pts='{_GOES_ON.format(time='PTS')}'"
    node = ffmpeg.output(
        [read[str(stream.index)] for stream in streams], f"file:{copy}", f="matroska", c="copy", bsf=times
    )
    job.run(ffmpeg.arguments(node), job.path)
    return replace(job, path=copy, contents=contents_of(copy, job.limits))
