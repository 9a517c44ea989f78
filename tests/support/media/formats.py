"""A small recording of every kind that Kring takes, made with ffmpeg: how each is made, by the ending of its name."""

from __future__ import annotations

import random
from pathlib import Path

from tests.support.media.files import ffmpeg, make_video

SECONDS = 1.0

_H264 = ("-c:v", "copy")
_AAC = ("-c:a", "aac")
_FILM = (*_H264, *_AAC)
_CAMERA = ("-f", "mpegts", "-mpegts_m2ts_mode", "1", *_H264)
_MPEG2 = ("-c:v", "mpeg2video", "-r", "25")
_THREEGP = ("-f", "3gp", "-c:v", "h263", "-s", "176x144")
_WINDOWS = ("-f", "asf", "-c:v", "wmv2", "-c:a", "wmav2")

RECIPES: dict[str, tuple[str, ...]] = {
    ".aac": ("-f", "adts", *_AAC),
    ".adts": ("-f", "adts", *_AAC),
    ".aif": ("-f", "aiff"),
    ".aifc": ("-f", "aiff", "-c:a", "pcm_s16le"),
    ".aiff": ("-f", "aiff"),
    ".asf": _WINDOWS,
    ".wma": ("-f", "asf", "-c:a", "wmav2", "-vn"),
    ".wmv": _WINDOWS,
    ".avi": ("-f", "avi", "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    ".divx": ("-f", "avi", "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    ".caf": ("-f", "caf", "-c:a", "alac", "-vn"),
    ".flac": ("-f", "flac"),
    ".flv": ("-f", "flv", "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"),
    ".mk3d": ("-f", "matroska", *_FILM),
    ".mka": ("-f", "matroska", "-c:a", "ac3", "-vn"),
    ".mkv": ("-f", "matroska", *_FILM),
    ".weba": ("-f", "webm", "-c:a", "libopus", "-vn"),
    ".webm": ("-f", "webm", "-c:v", "libvpx", "-c:a", "libopus"),
    ".3g2": ("-f", "3g2", *_THREEGP[2:], *_AAC),
    ".3ga": ("-f", "3gp", *_AAC, "-vn"),
    ".3gp2": ("-f", "3g2", *_FILM),
    ".3gpp": (*_THREEGP, *_AAC),
    ".f4a": ("-f", "f4v", *_AAC, "-vn"),
    ".f4v": ("-f", "f4v", *_FILM),
    ".m4a": ("-f", "ipod", *_AAC, "-vn"),
    ".m4b": ("-f", "ipod", *_AAC, "-vn"),
    ".m4r": ("-f", "ipod", *_AAC, "-vn"),
    ".m4v": ("-f", "mp4", *_FILM),
    ".mov": ("-f", "mov", *_H264, "-c:a", "pcm_s16le"),
    ".mp4": ("-f", "mp4", *_FILM),
    ".qt": ("-f", "mov", "-c:v", "mjpeg", "-c:a", "adpcm_ima_qt"),
    ".mp2": ("-f", "mp2", "-c:a", "mp2"),
    ".mp3": ("-f", "mp3", "-c:a", "libmp3lame"),
    ".mpa": ("-f", "mp2", "-c:a", "mp2"),
    ".mpga": ("-f", "mp3", "-c:a", "libmp3lame"),
    ".mod": ("-f", "vob", *_MPEG2, "-c:a", "ac3"),
    ".mpeg": ("-f", "mpeg", "-c:v", "mpeg1video", "-r", "25", "-c:a", "mp2"),
    ".mpg": ("-f", "mpeg", *_MPEG2, "-c:a", "mp2"),
    ".vob": ("-f", "vob", *_MPEG2, "-c:a", "pcm_dvd", "-ar", "48000", "-ac", "2"),
    ".m2t": ("-f", "mpegts", *_MPEG2, "-c:a", "mp2"),
    ".m2ts": (*_CAMERA, "-c:a", "pcm_bluray", "-ar", "48000", "-ac", "2"),
    ".mts": (*_CAMERA, "-c:a", "ac3"),
    ".tod": ("-f", "mpegts", *_MPEG2, "-c:a", "ac3"),
    ".trp": ("-f", "mpegts", *_FILM),
    ".ts": ("-f", "mpegts", *_FILM),
    ".oga": ("-f", "oga", "-c:a", "flac"),
    ".ogg": ("-f", "ogg", "-c:a", "libvorbis", "-vn"),
    ".ogv": ("-f", "ogg", "-c:v", "libtheora", "-c:a", "libvorbis"),
    ".ogx": ("-f", "ogg", "-c:a", "libvorbis", "-vn"),
    ".opus": ("-f", "opus", "-c:a", "libopus"),
    ".spx": ("-f", "spx", "-c:a", "libspeex", "-ar", "16000"),
    ".bwf": ("-f", "wav", "-write_bext", "1", "-metadata", "originator=recorder"),
    ".wav": ("-f", "wav"),
    ".wave": ("-f", "wav", "-rf64", "always"),
}
"""ffmpeg's options for each, from a film with sound; what phones dictate (AMR) no ffmpeg writes: see `_dictated`."""
DICTATED = (".3gp", ".amr", ".awb")
KINDS = sorted([*RECIPES, *DICTATED])


def make_kind(folder: Path, suffix: str) -> Path:
    """`SECONDS` of sound, with a picture where that kind has one, in a file whose name ends so."""
    target = folder / f"recording{suffix}"
    if suffix in DICTATED:
        return _dictated(target)
    film = folder / "film.mp4"
    if not film.exists():
        make_video(film, seconds=SECONDS, size="176x144", options=("-bf", "0"))
    ffmpeg("-i", film, *RECIPES[suffix], target)
    return target


def _dictated(target: Path) -> Path:
    """Noise in AMR: every bit pattern of a frame is sound. `.3gp` has it with a phone's picture."""
    wide = target.suffix == ".awb"
    start, header, size = (b"#!AMR-WB\n", 0x44, 60) if wide else (b"#!AMR\n", 0x3C, 31)
    dice = random.Random(1)
    frames = (bytes([header]) + dice.randbytes(size) for _ in range(int(SECONDS * 50)))
    if target.suffix != ".3gp":
        target.write_bytes(start + b"".join(frames))
        return target
    sound, film = target.with_suffix(".sound.amr"), target.with_suffix(".film.mp4")
    sound.write_bytes(start + b"".join(frames))
    make_video(film, seconds=SECONDS, size="176x144", sound=False)
    ffmpeg("-i", film, "-f", "amr", "-i", sound, *_THREEGP, "-c:a", "copy", target)
    return target
