"""What browsers play: H.264 and AAC in MP4, or AAC in M4A; copied where the original already is that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kring.model import Media
from transcribe import ffmpeg
from transcribe.contents import Contents, Stream

LARGEST: Final = 1280
"""Pixels of the longer side of what is encoded here; slides stay readable."""
_FASTEST: Final = 30  # frames per second
_COPY_LARGEST, _COPY_FASTEST = 1920, 61
_COPY_BITS: Final = 4e6  # per second, with the sound
_COPY_SOUND_BITS: Final = 256e3
_BROWSER_PROFILES: Final = ("(Constrained Baseline)", "(Baseline)", "(Main)", "(High)")
# Both sides even (H.264 in yuv420p), square pixels, never larger than they were.
_SCALE: Final = f"min(1,{LARGEST}/max(iw*sar,ih))"
ENCODED_BYTES: Final = 400e3
"""Per second: the highest rate allowed below, with the sound. (Slides in 720p came to 22 kB.)"""


def fits_video(contents: Contents, media: Media, size: int) -> bool:
    """Whether the picture may go to browsers as it is. `size`: bytes of the whole file."""
    video = contents.video
    return (
        video is not None
        and contents.demuxer in {"mov", "matroska"}
        and video.codec == "h264"
        and any(profile in video.details for profile in _BROWSER_PROFILES)
        and ", yuv420p" in video.details
        and not video.rotation
        and max(video.width, video.height) <= _COPY_LARGEST
        and 0 < video.frame_rate <= _COPY_FASTEST
        and size * 8 <= _COPY_BITS * media.duration
    )


def fits_sound(contents: Contents, media: Media, size: int) -> bool:
    """Whether the sound may go to browsers as it is: plain AAC in one or two channels."""
    audio = contents.audio
    return (
        audio is not None
        and contents.demuxer in {"mov", "matroska"}
        and audio.codec == "aac"
        and audio.details.startswith(" (LC)")
        and (", mono" in audio.details or ", stereo" in audio.details)
        and (contents.video is not None or size * 8 <= _COPY_SOUND_BITS * media.duration)
    )


def largest_size(contents: Contents, media: Media, size: int) -> float:
    """Bytes the web file may take."""
    if contents.video is None:
        return media.duration * _COPY_SOUND_BITS / 8
    return size if fits_video(contents, media, size) else media.duration * ENCODED_BYTES


def playback(read: Any, contents: Contents, media: Media, size: int, folder: Path) -> tuple[Any, Path, str]:
    """The ffmpeg-python output node for the web file, its path in `folder`, and its media type."""
    assert contents.audio is not None  # noqa: S101  probe() refuses what has no sound
    sound = read[str(contents.audio.index)]
    options: dict[str, Any] = {}
    if fits_sound(contents, media, size):
        options["c:a"] = "copy"
    else:
        sound = steady(sound, 48_000).filter("aformat", channel_layouts="stereo|mono")
        options |= {"c:a": "aac", "b:a": "96k"}
    if contents.video is None:
        target = folder / "audio.m4a"
        node = ffmpeg.output([sound], f"file:{target}", f="ipod", movflags="+faststart", **options)
        return node, target, "audio/mp4"
    picture = read[str(contents.video.index)]
    if fits_video(contents, media, size):
        options["c:v"] = "copy"
    else:
        picture = _web_picture(picture, contents.video)
        options |= {"c:v": "libx264", "preset": "veryfast", "crf": 25, "maxrate": "3M", "bufsize": "6M"}
        options |= {"g": 150, "threads": ffmpeg.THREADS}
    target = folder / "web.mp4"
    node = ffmpeg.output([picture, sound], f"file:{target}", f="mp4", movflags="+faststart", **options)
    return node, target, "video/mp4"


def steady(sound: Any, rate: int) -> Any:
    """Sound at `rate` whose sample count is its clock: a late start and gaps become silence.

    Without it, words after a gap would be found too early.
    """
    return sound.filter("aresample", rate, **{"async": 1, "first_pts": 0})


def _web_picture(picture: Any, video: Stream) -> Any:
    if not 0 < video.frame_rate <= _FASTEST + 1:  # 0 and thousands: the file keeps times only (browsers do that)
        picture = picture.filter("fps", _FASTEST)
    even = {name: f"max(2,trunc({side}*{_SCALE}/2)*2)" for name, side in (("w", "iw*sar"), ("h", "ih"))}
    return picture.filter("scale", **even).filter("setsar", 1).filter("format", "yuv420p")
