"""Letters straightened: the form of a word that people type who lack å, ä, ø, ö and æ."""

from __future__ import annotations

import unicodedata

_UNDECOMPOSED = str.maketrans(
    {"æ": "ae", "ø": "o", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def fold(word: str) -> str:
    """`word` (case folded, NFKC) in plain letters: å→a, ä→a, æ→ae, ø→o, ö→o, é→e."""
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFD", word.translate(_UNDECOMPOSED))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
