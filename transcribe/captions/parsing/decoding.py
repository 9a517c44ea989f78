"""From the bytes of a transcript to its text. Pure."""

from __future__ import annotations

import re

from kring.errors import BadTranscript
from kring.text import coding_of

_WESTERN = re.compile(r"[ÆØÅæøåÄÖÜäöüßÉÈÊËéèêëÁÀÂáàâÍÎÏíìîïÓÒÔóòôÚÙÛúùûÇçÑñ]")
_SIGNS = re.compile(r"(?<!\w)[‘“„]|[’”«»–—…§°€\xa0]")
_OTHERS = (b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf")
"""How files of old Word, PDF and RTF begin."""


def decoded(data: bytes) -> str:
    """As UTF-8 or UTF-16; what is no WebVTT also as Windows-1252, if that is beyond doubt.

    Raises BadTranscript, with the line, for any other coding, and for what is no text.
    """
    if data.startswith(_OTHERS):
        raise BadTranscript(
            "This is a document of old Word, RTF or PDF, which is neither WebVTT nor other text: download the "
            "transcript from the meeting as WebVTT (.vtt), or open it in Word and save it as .docx."
        )
    coding = _coding(data)
    try:
        return data.decode(coding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if coding == "utf-8" and (text := _western(data)) is not None:
            return text
        line = data.count(b"\n", 0, error.start) + 1
        raise BadTranscript(
            "Line {line} of the transcript is not UTF-8 text; open it in an editor, save it with the encoding UTF-8 "
            "and try again.",
            line=line,
        ) from None


def _coding(data: bytes) -> str:
    """As the byte-order mark says; without one, text of two bytes a sign is known by its zeros."""
    even, odd = data[:1000:2], data[1:1000:2]
    if 2 * odd.count(0) > len(odd):
        return "utf-16-le"
    if 2 * even.count(0) > len(even):
        return "utf-16-be"
    return coding_of(data)


def _western(data: bytes) -> str | None:
    """Windows-1252; None if it may as well be something else.

    Other codings of the same bytes give signs that stand in no text of western Europe, or its letters in heaps.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    known = _SIGNS.sub("", _WESTERN.sub("", text))
    heaps = re.search(rf"{_WESTERN.pattern}{{3}}", text)
    return text if known.isascii() and not heaps and not text.startswith("WEBVTT") else None
