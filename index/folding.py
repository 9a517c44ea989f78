"""Letters straightened: words as people type them who lack å, ä, ø, ö and æ, and names in any case of letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from kring.text import normalized

_UNDECOMPOSED = str.maketrans(
    {"æ": "ae", "ø": "o", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def fold(word: str) -> str:
    """`word` (case folded, NFKC) in plain letters: å→a, ä→a, æ→ae, ø→o, ö→o, é→e."""
    if word.isascii():
        return word
    decomposed = normalized("NFD", word.translate(_UNDECOMPOSED))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=1 << 14)
def same(name: str) -> str:
    """What a topic or an organisation is known by, however it is spelt: case folded, NFC, single spaces."""
    return " ".join(normalized("NFC", normalized("NFC", name).casefold()).split())
