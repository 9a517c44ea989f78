"""Short recordings for the running stack, and files that only look like one."""

from __future__ import annotations

from pathlib import Path

from tests.support.media.files import ffmpeg

VTT = """WEBVTT

00:00:00.500 --> 00:00:02.000
<v Kari Nordmann>Personvernombudet hilser velkommen.</v>

00:00:02.500 --> 00:00:04.500
<v Bjørn Ås>Takk skal du ha, Kari.</v>
"""


def tone(path: Path, *more: str) -> Path:
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=330:duration=5", *more, str(path))
    return path


def make_text(path: Path) -> None:
    path.write_text("Dette er ikke en video.\n" * 100)


def make_truncated(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=5", "-f", "mp4", str(path))
    path.write_bytes(path.read_bytes()[:-2000])  # the index of an MP4 is at its end


def make_silent_video(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=2:size=320x180", "-pix_fmt", "yuv420p", str(path))


def make_playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
