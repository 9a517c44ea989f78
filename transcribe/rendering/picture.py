"""The filters that make any picture one that browsers play, of one size from its beginning to its end."""

from __future__ import annotations

import re
from typing import Final

from transcribe.media import ffmpeg
from transcribe.media.job import MediaJob
from transcribe.media.streams import Stream
from transcribe.rendering.cuts import cover

LARGEST: Final = 1280
"""Pixels of the longer side of what is encoded here; slides stay readable."""
_FASTEST: Final = 30  # frames per second
_SLOWEST: Final = 10  # likewise; ffmpeg may put a frame where the one before it was due
_ALL_KEY_FRAMES: Final = frozenset(["dnxhd", "mjpeg", "prores", "rawvideo"])
_ALL_FRAMES: Final = frozenset(["theora"])
"""Of these, ffmpeg's threads take frames for damaged when others were skipped (seen in 5.1)."""
_SCALED = re.compile(
    r"^\[Parsed_scale_0 @ [^\]\n]*\] w:(\d{1,5}) h:(\d{1,5}) .*?\bsar:(\d{1,9})/(\d{1,9}) -> ", re.MULTILINE
)


def filters_for(job: MediaJob) -> str:
    """Both sides even (H.264 in yuv420p), square pixels, never larger than the original's largest."""
    assert job.contents.video is not None  # noqa: S101  only asked for a video
    width, height = max(_sizes(job, job.contents.video), key=lambda size: size[0] * size[1])
    scale = min(1.0, LARGEST / max(width, height))
    fit = f"min({width * scale:.6f}/(iw*sar),{height * scale:.6f}/ih)"
    sides = (f"max(2,trunc({side}*{fit}/2+0.01)*2)" for side in ("iw*sar", "ih"))
    box = ":".join(str(max(2, int(side * scale / 2 + 0.01) * 2)) for side in (width, height))
    filters = ["scale=w='{}':h='{}'".format(*sides), f"pad={box}:-1:-1", "setsar=1", "format=yuv420p"]
    rate = job.contents.video.frame_rate
    if not 0 < rate <= _FASTEST + 1:  # 0, thousands: it keeps times only (as browsers do)
        filters.insert(0, f"fps={_FASTEST}")
    elif rate < _SLOWEST:
        filters.insert(0, f"fps={_SLOWEST}")
    elif job.cuts:
        filters.insert(0, f"fps={rate:.6f}")  # so that what is seen before a passage does not stay through it
    # Before frames are moved to an even rate, so that none of a passage is; and after, so that none stays through it.
    return ",".join([*cover(job.cuts), *filters, *cover(job.cuts)])


def _sizes(job: MediaJob, video: Stream) -> list[tuple[float, float]]:
    """Width and height in square pixels, at the beginning and wherever a key frame changes them."""
    skipped = {} if video.codec in _ALL_FRAMES else {"skip_frame": "nokey"}
    picture = job.contents.read(seconds=job.longest, **skipped)[str(video.index)]
    some = {"frames:v": 1} if video.codec in _ALL_KEY_FRAMES else {}
    node = ffmpeg.output([picture], "pipe:1", f="null", vf="scale=2:2", **some)
    finished = job.run(ffmpeg.arguments(node, log_level="verbose"), job.path)
    sizes = [tuple(map(int, numbers)) for numbers in _SCALED.findall(finished.printed)]
    return [(width * (over or 1) / (under or 1), height) for width, height, over, under in sizes] or [video.shown]
