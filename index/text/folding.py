"""Letters straightened: words as people type them who lack å, ø, æ, ŋ or ł, and names in any case of letters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kring.text import normalized

_OTHERS = {
    **{"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "ŋ": "n", "ʒ": "z", "ə": "e", "ǝ": "e", "ĸ": "k"},
    **{"ı": "i", "ȷ": "j", "ɛ": "e", "ɔ": "o", "ɩ": "i", "ʊ": "u"},
}
"""Letters of the Latin alphabet whose name does not say which letter they are a kind of."""
_KIND = re.compile("LATIN SMALL LETTER ([A-Z]) WITH .+")


def fold(word: str) -> str:
    """`word` (case folded, NFKC) in plain letters: å→a, ä→a, æ→ae, ø→o, é→e, đ→d, ŋ→n, ŧ→t, ł→l."""
    if word.isascii():
        return word
    return "".join(map(_plain, normalized("NFD", word)))


@lru_cache(maxsize=1 << 12)
def _plain(letter: str) -> str:
    """A letter of a decomposed word without its strokes and hooks; nothing for an accent."""
    if letter.isascii():
        return letter
    if unicodedata.combining(letter):
        return ""
    kind = _KIND.fullmatch(unicodedata.name(letter, ""))
    return _OTHERS.get(letter) or (kind[1].lower() if kind else letter)


@lru_cache(maxsize=1 << 14)
def label_key(name: str) -> str:
    """What a topic or an organisation is known by, however it is spelt: case folded, NFC, single spaces."""
    return " ".join(normalized("NFC", normalized("NFC", name).casefold()).split())
