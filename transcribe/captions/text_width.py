"""How much room text takes, and where it may be broken. Pure.

Room is counted in columns: a character of Chinese or Japanese takes two, a combining mark none. Scripts written without
spaces may break between most of their letters, all others at spaces only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_NO_SPACES = ((0x0E01, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
"""Thai and Lao, Burmese, Khmer: narrow letters, written without spaces."""
_VOWEL_FIRST = frozenset("เแโใไເແໂໃໄ")


def width(text: str) -> int:
    """Columns `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def pieces_of(text: str) -> Iterator[tuple[str, bool]]:
    """What no line breaks into, and whether a space goes before it."""
    for word in text.split():
        space, begin = True, 0
        if not word.isascii():
            for at in range(1, len(word)):
                if may_break(word[at - 1], word[at]):
                    yield word[begin:at], space
                    space, begin = False, at
        yield word[begin:], space


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that have no space between them."""
    if before in _VOWEL_FIRST or unicodedata.category(before) in {"Ps", "Pi"}:
        return False
    if unicodedata.category(after) not in {"Lo", "Lu", "Ll", "Nd"}:
        return False
    return _spaceless(before) or _spaceless(after)


@lru_cache(4096)
def _spaceless(char: str) -> bool:
    """Whether it belongs to a script that is written without spaces."""
    if any(first <= ord(char) <= last for first, last in _NO_SPACES):
        return True
    return _columns(char) == 2 and unicodedata.category(char)[0] in "LP" and not "가" <= char <= "힣"


@lru_cache(4096)
def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
