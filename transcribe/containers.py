"""Which container a file is, from its first bytes alone; the name it came with is never asked.

Only containers that hold their own sound and picture are known here. Playlists and lists of files (HLS, DASH,
ffconcat, SDP, M3U, image sequences) are refused before ffmpeg sees them, since it would open what they name.
"""

from __future__ import annotations

import codecs
import os
from typing import IO, Final

from kring.errors import EmptyFile, NotMedia

ENDS_EARLY: Final = (
    "The file ends too early: it was probably still being recorded or copied, or the upload was cut off; "
    "export or copy it again."
)
_PLAYLIST: Final = (b"#EXTM3U", b"#EXT-X-", b"ffconcat version", b"<MPD", b"[playlist]", b"<smil", b"<asx")
_ATOMS: Final = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"}
_LOOK = 1 << 16
_ID3_HEADER = 10


def container_of(file: IO[bytes]) -> str:
    """The name of the ffmpeg demuxer that fits `file` (seekable); the file is left at its beginning.

    Raises EmptyFile, or NotMedia with a sentence that says what the file looks like instead.
    """
    file.seek(0)
    head = file.read(_LOOK)
    if not head:
        raise EmptyFile("The file is empty (0 bytes): copying or exporting it stopped at once; do that again.")
    demuxer = _by_magic(head)
    if demuxer is None:
        demuxer = _elementary(_after_tag(file, head))
    file.seek(0)
    if demuxer is None:
        raise _what_instead(head)
    if head.startswith(b"RIFF") and _shorter_than_riff(head, os.fstat(file.fileno()).st_size):
        raise NotMedia(ENDS_EARLY)
    return demuxer


def _by_magic(head: bytes) -> str | None:
    if head[4:8] in _ATOMS:
        return "mov"
    if head[:4] in {b"RIFF", b"RF64", b"BW64"}:
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    starts = {
        b"\x1aE\xdf\xa3": "matroska",
        b"OggS\x00": "ogg",
        b"FLV\x01": "flv",
        b"caff\x00\x01": "caf",
        b"#!AMR": "amr",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
        b"\x00\x00\x01\xba": "mpeg",
    }
    for magic, demuxer in starts.items():
        if head.startswith(magic):
            return demuxer
    for offset, size in ((0, 188), (4, 192)):  # plain transport stream, and the cameras' kind with time stamps
        if len(head) > 3 * size and all(head[offset + n * size] == 0x47 for n in range(3)):
            return "mpegts"
    return None


def _shorter_than_riff(head: bytes, size: int) -> bool:
    """Whether AVI or WAV data were cut off: for these ffmpeg believes the file's size over its header.

    Programs that write to a pipe put 0 or a number near 2^31 or 2^32 there; that says nothing.
    """
    promised = int.from_bytes(head[4:8], "little")
    return size + 1024 < promised < (1 << 31) - (1 << 20)


def _after_tag(file: IO[bytes], head: bytes) -> bytes:
    """What follows an ID3 tag and its padding; `head` itself where there is none."""
    if head.startswith(b"ID3") and len(head) > _ID3_HEADER:
        high, second, third, low = (byte & 0x7F for byte in head[6:_ID3_HEADER])
        file.seek(_ID3_HEADER + (high << 21 | second << 14 | third << 7 | low))
        head = file.read(_LOOK)
    return head.lstrip(b"\0")


def _elementary(start: bytes) -> str | None:
    """Sound without a container: FLAC, MP3, MP2 or ADTS AAC. (Layer I would look like UTF-16 text: FF FE.)"""
    if start.startswith(b"fLaC"):
        return "flac"
    if len(start) < 4 or start[0] != 0xFF or start[1] & 0xE0 != 0xE0:
        return None
    version, layer = start[1] >> 3 & 3, start[1] >> 1 & 3
    if layer == 0:
        return "aac" if start[1] & 0xF0 == 0xF0 and start[2] >> 2 & 15 < 13 else None
    sensible = version != 1 and layer != 3 and start[2] >> 4 != 15 and start[2] >> 2 & 3 != 3
    return "mp3" if sensible else None


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # which forgives a character cut at the end
    except UnicodeDecodeError:
        return False
    return not any(character < "\t" for character in text)


def _what_instead(head: bytes) -> NotMedia:
    plain = head.replace(b"\0", b"")  # UTF-16, near enough to recognise words
    if any(mark.lower() in plain.lower() for mark in _PLAYLIST):
        return NotMedia(
            "This is a playlist that points to other files, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        )
    if any(mark in plain[:1024].lower() for mark in (b"<html", b"<!doctype html")):
        return NotMedia(
            "This is a web page (perhaps a sign-in page saved in the recording's place); "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        )
    if head.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        return NotMedia(
            "This is a document or an archive, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        )
    if _is_text(head):
        return NotMedia(
            "This file holds text, not sound or video; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        )
    return NotMedia(
        "This file is not sound or video in a form Kring knows; "
        "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
    )
