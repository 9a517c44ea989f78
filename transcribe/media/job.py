"""One rendering under way: what is read, where it is written, and within which limits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from kring.errors import DiskFull
from kring.model import Media, SoundTrack
from kring.settings import MediaLimits
from transcribe.media import ffmpeg
from transcribe.media.streams import Contents

SAMPLE_RATE: Final = 16_000  # what Whisper listens to
SPEECH_BYTES: Final = 2 * SAMPLE_RATE
"""Per second, before compression."""


@dataclass(frozen=True)
class MediaJob:
    path: Path
    media: Media
    contents: Contents
    work: Path
    limits: MediaLimits
    bytes_needed: float
    """On disk while this runs."""
    track: SoundTrack = field(default_factory=lambda: SoundTrack(tracks=(1,)))
    """What is heard of it; `contents.audio` is the first of its tracks."""

    cuts: tuple[tuple[float, float], ...] = ()
    """Seconds from which to which nothing is heard or seen."""

    def hearing(self, track: SoundTrack) -> MediaJob:
        """The same, with this sound."""
        audio = self.contents.sounds[track.tracks[0] - 1]
        return replace(self, track=track, contents=replace(self.contents, audio=audio))

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    @property
    def timeout(self) -> float:
        """Seconds of wall clock for one pass: a large picture on a busy machine may take ten times its length."""
        return 300 + 10 * self.media.duration

    @property
    def longest(self) -> float:
        """Seconds of the original that are read at most."""
        return self.media.duration * 1.1 + 60

    def spare_disk(self, needed: float) -> None:
        """Raise DiskFull if fewer bytes are free."""
        free = shutil.disk_usage(self.work.parent).free
        needed += self.limits.spare_disk_mb * 1e6
        if free < needed:
            raise DiskFull(
                "Preparing this recording may take {needed} GB of disk and {free} GB are free; "
                "free some space, then try again.",
                needed=f"{needed / 1e9:.1f}",
                free=f"{free / 1e9:.1f}",
            )

    def run(
        self, arguments: list[str], source: Path, *, on_output: Callable[[bytes], None] | None = None
    ) -> ffmpeg.Finished:
        """Run ffmpeg on `source`; raises what `ffmpeg.check` raises."""
        finished = ffmpeg.run(
            arguments,
            source,
            self.limits,
            timeout=self.timeout,
            writes=self.work,
            written_mb=64 + int(2 * self.bytes_needed / 1e6),
            on_output=on_output,
        )
        ffmpeg.check(finished, self.limits)
        return finished
