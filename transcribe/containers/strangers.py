"""What a file is that is no recording: by its first bytes, said in a sentence."""

from __future__ import annotations

import codecs
import re
import string
from collections.abc import Callable
from typing import Final

from kring.errors import NotMedia

_PLAYLIST: Final = (b"#extm3u", b"#ext-x-", b"ffconcat version", b"<mpd", b"[playlist]", b"<smil", b"<asx")
_PAGE: Final = (b"<html", b"<!doctype html")
_ARCHIVES: Final = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"SQLite format 3\0"),
    *(b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"),
)
_PICTURES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"8BPS")
_STILLS: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"crx ")
"""Brands of files that are built as MP4 is and hold a photo."""
_PROGRAMS: Final = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n"
"""Byte order marks and blanks."""
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LETTERS: Final = string.printable.encode()
_MOSTLY: Final = 0.7
"""The part of a text that is ASCII at least, if its encoding is none of Unicode's."""


def foreign_kind(data: bytes) -> NotMedia | None:
    """The sentence for what is clearly something else by its first bytes, None for all the rest."""
    return next((sentence() for fits, sentence in _STRANGERS if fits(data)), None)


def is_picture(data: bytes) -> bool:
    bitmap = data.startswith(b"BM") and data[6:10] == b"\0\0\0\0"
    webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    photo = data[4:8] == b"ftyp" and data[8:12] in _STILLS
    return data.startswith(_PICTURES) or bitmap or webp or photo


def _is_playlist(data: bytes) -> bool:
    plain = _plain(data).lower()
    return plain.lstrip(_MARKS).startswith(_PLAYLIST) or (_is_text(data) and any(mark in plain for mark in _PLAYLIST))


def _is_page(data: bytes) -> bool:
    start = _plain(data[:2048]).lower()
    return any(mark in start for mark in _PAGE)


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF")


def _is_archive(data: bytes) -> bool:
    return data.startswith(_ARCHIVES) or data[257:262] == b"ustar"


def _is_program(data: bytes) -> bool:
    at = int.from_bytes(data[60:64], "little")
    windows = data.startswith(b"MZ") and data[at : at + 4] == b"PE\0\0"
    return data.startswith(_PROGRAMS) or windows


def _is_text(data: bytes) -> bool:
    if data.startswith(_WIDE):
        return _decodes(data[: len(data) // 2 * 2], "utf-16")
    if not data or _CONTROL.search(data):
        return False
    return _decodes(data, "utf-8") or len(data.translate(None, _LETTERS)) < (1 - _MOSTLY) * len(data)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)  # which forgives a character cut at the end
    except UnicodeDecodeError:
        return False
    return not any(character < "\t" for character in text)


def _plain(data: bytes) -> bytes:
    """Without zeros: UTF-16, near enough to recognise words."""
    return data.replace(b"\0", b"")


_STRANGERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[], NotMedia]], ...]] = (
    (
        _is_playlist,
        lambda: NotMedia(
            "This is a playlist that points to other files, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        _is_page,
        lambda: NotMedia(
            "This is a web page (perhaps a sign-in page saved in the recording's place); "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        _is_pdf,
        lambda: NotMedia(
            "This is a PDF document, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        _is_archive,
        lambda: NotMedia(
            "This is a document or an archive, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        is_picture,
        lambda: NotMedia(
            "This is a picture, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        _is_program,
        lambda: NotMedia(
            "This is a program, not a recording; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
    (
        _is_text,
        lambda: NotMedia(
            "This file holds text, not sound or video; "
            "download or export the recording itself, as MP4, WebM, M4A, MP3 or WAV."
        ),
    ),
)
