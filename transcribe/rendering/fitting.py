"""What of an original browsers play as it is, and how large the files become that they are given."""

from __future__ import annotations

from typing import Final

from kring.model import Media
from transcribe.media.streams import Contents

_COPY_LARGEST, _COPY_FASTEST = 1920, 61  # pixels, frames per second
_COPY_BITS: Final = 4e6  # per second, with the sound
_COPY_SOUND_BITS: Final = 256e3
_BROWSER_PROFILES: Final = ("(Constrained Baseline)", "(Baseline)", "(Main)", "(High)")
_ENCODED_BYTES: Final = 400e3  # per second, with the sound: the highest rate allowed. (Slides in 720p came to 22 kB.)


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


def largest_size(contents: Contents, media: Media, size: int, *, may_copy: bool = True) -> float:
    """Bytes the web file may take. `may_copy`: whether the picture may be taken as it is, if it fits."""
    if contents.video is None:
        return media.duration * _COPY_SOUND_BITS / 8
    return size if may_copy and fits_video(contents, media, size) else media.duration * _ENCODED_BYTES
