"""The text of a Word document (.docx), as Word itself would save it as plain text. Pure.

Anybody may have made it, to do harm too: of the archive one member is read, up to a size, and XML that declares
anything of its own is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final
from xml.parsers import expat

from kring.errors import BadTranscript

_BEGINS: Final = b"PK\x03\x04"
MOST_BYTES: Final = 20_000_000
"""Of its XML, which Teams needs 1,500 of for each turn."""
_MOST_MEMBERS: Final = 10_000
_MEMBER: Final = b"PK\x01\x02"
"""How its entry in the archive's directory begins."""
_TEXT: Final = "word/document.xml"
_PLAIN: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE: Final = 1 << 20
_SPACES: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_COMPATIBLE: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_LEFT_OUT: Final = {
    f"{_COMPATIBLE} Fallback",
    *(f"{space} {name}" for space in _SPACES for name in ("moveFrom", "del")),
}
"""What is there a second time, for older programs, and what an author deleted while changes were tracked."""
_WRITTEN: Final = {
    f"{space} {name}": sign for space in _SPACES for name, sign in {"tab": "\t", "br": "\n", "cr": "\n"}.items()
}
_RUNS: Final = {f"{space} t" for space in _SPACES}
_PARAGRAPHS: Final = {f"{space} p" for space in _SPACES}
_TAB_STOPS: Final = {f"{space} pPr" for space in _SPACES}


def is_word(data: bytes) -> bool:
    """Or another packed file, which `word_text` refuses."""
    return data.startswith(_BEGINS)


def word_text(data: bytes) -> str:
    """A line for each paragraph and each break in it. Raises BadTranscript if it cannot be read."""
    reader = _DocumentReader()
    try:
        if data.count(_MEMBER) > _MOST_MEMBERS:
            raise zipfile.BadZipFile
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = archive.getinfo(_TEXT)
            if member.compress_type not in _PLAIN or member.flag_bits & 1 or member.file_size > MOST_BYTES:
                raise zipfile.BadZipFile
            with archive.open(member) as xml:  # which gives no more than `file_size`
                while piece := xml.read(_PIECE):
                    reader.feed(piece)
        reader.close()
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError, NotImplementedError, zlib.error, expat.ExpatError):
        raise BadTranscript(
            "This Word document cannot be read: it is damaged, protected or too large. Download the transcript from "
            "the meeting as WebVTT (.vtt), or open it in Word and save it as plain text (.txt)."
        ) from None
    return "".join(reader.text)


class _DocumentReader:
    def __init__(self) -> None:
        self.text: list[str] = []
        self._left_out: list[str] = []
        """Elements that are open, from the first on whose text does not count."""
        self._in_run = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._declared
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def close(self) -> None:
        self._parser.Parse(b"", True)

    def _declared(self, *_: object) -> None:
        raise ValueError("a document of Word declares no types and entities")

    def _start(self, name: str, _: object) -> None:
        if self._left_out or name in _LEFT_OUT or name in _TAB_STOPS:
            self._left_out.append(name)
        elif name in _RUNS:
            self._in_run = True
        elif name in _WRITTEN:
            self.text.append(_WRITTEN[name])

    def _end(self, name: str) -> None:
        if self._left_out:
            self._left_out.pop()
        elif name in _RUNS:
            self._in_run = False
        elif name in _PARAGRAPHS:
            self.text.append("\n")

    def _characters(self, text: str) -> None:
        if self._in_run and not self._left_out:
            self.text.append(text)
