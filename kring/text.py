"""Unicode's normal forms, in linear time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, islice
from typing import Literal

MOST_MARKS = 30
"""Marks on one letter; no writing has more (Unicode's Stream-Safe Text Format, https://unicode.org/reports/tr15/)."""
_SHORT = 100
"""Characters whose marks are sorted soon enough, however many of them are marks."""


def normalized(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    """`text` in this normal form. Of more than `MOST_MARKS` marks on one letter the others are left out: Python puts
    them in order in quadratic time, in which nothing else gets its turn."""
    if text.isascii():
        return text
    return unicodedata.normalize(form, text if len(text) <= _SHORT else "".join(_few_marks(text)))


def _few_marks(text: str) -> Iterator[str]:
    for marks, run in groupby(text, key=_is_mark):
        yield from islice(run, MOST_MARKS if marks else None)


@lru_cache(maxsize=1 << 12)
def _is_mark(character: str) -> bool:
    """Also where it only becomes one, as U+0F73 and U+FF9E do."""
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
