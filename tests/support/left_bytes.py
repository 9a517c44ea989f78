"""Looking for words in the bytes of every file of a folder, as they lie there and as they are compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

GZIP = b"\x1f\x8b\x08"


def places_of(words: list[bytes], *folders: Path) -> dict[str, list[bytes]]:
    """Top folder or file → which of the words, in any case of letters, are in its files; only those that have any."""
    found: dict[str, set[bytes]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (held := words_in(path, words)):
                found.setdefault(path.relative_to(folder).parts[0], set()).update(held)
    return {place: sorted(held) for place, held in found.items()}


def words_in(path: Path, words: list[bytes]) -> set[bytes]:
    """Those that the file holds, in any case of letters, also in what is compressed with gzip anywhere in it."""
    data = path.read_bytes()
    texts = [data.lower(), *(text.lower() for text in _unpacked(data))]
    return {word for word in words for text in texts if word.lower() in text}


def _unpacked(data: bytes) -> Iterator[bytes]:
    at = data.find(GZIP)
    while at >= 0:
        with suppress(zlib.error):  # three bytes that only look like a beginning
            yield zlib.decompressobj(wbits=31).decompress(data[at:])
        at = data.find(GZIP, at + 1)
