"""The text of a PDF that belongs to a recording. It may have been made to do harm, so it is read in a process
of its own with little memory and time, without network and files (`transcribe.sandbox.confined`, as for ffmpeg), which
can be ended at any moment.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Any, Final

from kring.errors import InputError
from kring.model import Pages
from kring.text import normalized
from transcribe.documents import pdf_worker as pdf_pages
from transcribe.sandbox import confined

RECIPE: Final = "text-1"
"""Part of the key of what was read; grows when the same file would give another text."""
MOST_PAGES: Final = 3000
SECONDS: Final = 300
"""Of the processor, and on the clock; a page takes about a twentieth of one."""
MEMORY_MB: Final = 1024
TEXT_MB: Final = 64
"""Of what is read, as JSON."""

PROTECTED: Final = "This PDF is protected by a password; attach one that is not, and its text can be found."
DAMAGED: Final = "This PDF is damaged, so its text cannot be read; export or print it as PDF again."
NO_TEXT: Final = "This PDF has no text, only pictures of pages; attach one with text, and it can be found."
TOO_LONG: Final = "This PDF has {count} pages; the text of at most {most} is read. Attach the part that matters."
TOO_MUCH: Final = "Reading this PDF takes unreasonably much time or memory; print it as PDF again and attach that."

log = logging.getLogger(__name__)

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_DIVIDED = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad]\n(?=[^\W\d_]{2})")
_INVISIBLE = {"Cc", "Cs", "Co", "Cn"}


def read_pages(path: Path, *, seconds: float = SECONDS) -> Pages:
    """The text of each page. Raises InputError with a sentence for people if there is none to be had."""
    with path.open("rb") as pdf, tempfile.TemporaryFile(dir=path.parent) as printed:
        status = confined.run_python(
            pdf_pages.__file__,
            str(MOST_PAGES),
            source=pdf,
            printed=printed,
            memory_mb=MEMORY_MB,
            cpu_seconds=int(seconds) + 1,
            file_mb=TEXT_MB,
            seconds=seconds,
        )
        printed.seek(0)
        lines = printed.read().decode("utf-8", errors="replace").splitlines()
    answers = [_json(line) for line in lines]
    if answers and isinstance(answers[0], dict):
        raise _why(answers[0])
    if status != 0 or not answers or len(answers) != answers[0] + 1:
        log.info("reading a PDF ended with %d after %d lines", status, len(lines))
        raise InputError(TOO_MUCH)
    texts = answers[1:]
    if texts and all(text is None for text in texts):
        raise InputError(DAMAGED)
    pages = tuple(clean(text or "") for text in texts)
    if not any(pages):
        raise InputError(NO_TEXT)
    return Pages(pages=pages)


def clean(text: str) -> str:
    """As people write: composed letters, words whole that a line's end has divided, nothing that cannot be seen."""
    text = normalized("NFC", text.replace("\r\n", "\n").replace("\r", "\n").translate(_LIGATURES))
    seen = "".join(c if c == "\n" or unicodedata.category(c) not in _INVISIBLE else " " for c in text)
    lines = "\n".join(line.rstrip() for line in seen.split("\n"))
    return _DIVIDED.sub(_joined, lines).strip()


def _joined(match: re.Match[str]) -> str:
    """`kommu-⏎nene` is one word; `Nord-⏎Norge` is written with its hyphen."""
    return "-" if match.string[match.end()].isupper() else ""


def _json(line: str) -> Any:
    """None for a line that was cut off."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _why(stopped: dict[str, Any]) -> InputError:
    match stopped.get("stopped"):
        case "protected":
            return InputError(PROTECTED)
        case "long":
            return InputError(TOO_LONG, count=stopped["pages"], most=MOST_PAGES)
        case _:
            return InputError(DAMAGED)
