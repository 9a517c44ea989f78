"""Read the text of a PDF, page by page: `python pdf_pages.py MOST_PAGES`, the PDF as standard input.

It prints one JSON value a line: the number of pages, then the text of each; or `{"stopped": why}`. It runs in a process
of its own, under hard limits (`transcribe.documents.pdf`), because a PDF can be made to cost any amount of time and
memory; so nothing but pypdf and the standard library is imported. Scripts in a PDF are never run, files and addresses
it names never opened: pypdf knows no such thing.
"""

from __future__ import annotations

import json
import logging
import sys

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

PAGE_CHARACTERS = 200_000
"""No page that people read has more."""
BROKEN = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, ArithmeticError)
"""What a damaged file makes of pypdf, which trusts files; whatever else comes up ends this process."""


def main() -> None:
    most = int(sys.argv[1])
    logging.disable()
    try:
        reader = PdfReader(sys.stdin.buffer)
        if reader.is_encrypted and not reader.decrypt(""):
            _say({"stopped": "protected"})
            return
        count = len(reader.pages)
    except DependencyError:  # an unknown cipher
        _say({"stopped": "protected"})
        return
    except BROKEN:
        _say({"stopped": "damaged"})
        return
    if count > most:
        _say({"stopped": "long", "pages": count})
        return
    _say(count)
    for number in range(count):
        _say(_text(reader, number))


def _text(reader: PdfReader, number: int) -> str | None:
    """None if this page is damaged, which says nothing about the others."""
    try:
        return reader.pages[number].extract_text()[:PAGE_CHARACTERS]
    except BROKEN:
        return None


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
