"""The text of an attachment's pages, cut into pieces long enough to be understood and short enough to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST = 600
"""Characters; only what ends a page, or a whole page, is shorter."""
LONGEST = 1200
_LEAST_LEFT = 300  # characters that may be left over for the last piece
_ENDS = tuple(map(re.compile, (r"\n\n", r"[.?!…:]['\"»”)]*\s", r"\n", r" ")))
"""Where a text may be cut, the best first: paragraphs, sentences, lines, words."""


def pieces(page: str) -> Iterator[str]:
    """A page in order, cut where a paragraph ends, else a sentence, a line, a word; each in one line."""
    rest = re.sub(r"\s*\n\s*\n\s*", "\n\n", re.sub(r"[^\S\n]+", " ", page)).strip()
    while len(rest) > LONGEST:
        end = _end(rest)
        yield " ".join(rest[:end].split())
        rest = rest[end:].lstrip()
    if rest:
        yield " ".join(rest.split())


def _end(text: str) -> int:
    """Where the first piece of a text ends that is too long for one."""
    most = min(LONGEST, len(text) - _LEAST_LEFT)
    for ends in _ENDS:
        cuts = [match.end() for match in ends.finditer(text, SHORTEST, most)]
        if cuts:
            return cuts[-1]
    return most
