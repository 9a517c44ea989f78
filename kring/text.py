"""Unicode: its normal forms, in linear time, and what a file's first bytes say of its coding."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, islice
from typing import Literal

MOST_MARKS = 30
"""Marks on one letter; no writing has more (Unicode's Stream-Safe Text Format, https://unicode.org/reports/tr15/)."""
_SHORT = 100
"""Characters whose marks are sorted soon enough, however many of them are marks."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def coding_of(data: bytes) -> str:
    """The coding that the byte-order mark at the beginning of a file means, which decoding takes away; else UTF-8."""
    return next((coding for mark, coding in _MARKS if data.startswith(mark)), "utf-8")


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
    """Also if it only becomes one, as U+0F73 and U+FF9E do."""
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
