"""Lines above the times of a cue that only name or number it. Pure.

Whether a line is one, no format says for certain: a number may be a year that a speaker names, and a file may lack its
empty lines. So the habit of the file counts. In doubt the line is text, and is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

_NUMBER = re.compile(r"\s*[0-9]+\s*")
_GUID = re.compile(r"\s*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b\S*\s*", re.IGNORECASE)
_DIGITS = 9
"""Of a number that counts."""


def labels_of(
    lines: Sequence[str],
    begin: int,
    begins: Sequence[int],
    is_aside: Callable[[str], bool],
    *,
    with_names: bool,
) -> frozenset[int]:
    """Which lines from `begin` on only name a cue, whose times are on the lines `begins` (all counted from 0).

    `is_aside` says of the first line of a block whether it is a comment. Without `with_names` a name can only be a
    number.
    """
    times = frozenset(begins)
    above = frozenset(at - 1 for at in begins if at > begin and lines[at - 1].strip()) - times
    alone = frozenset(at for at in above if at == begin or not lines[at - 1].strip())
    numbers = frozenset(at for at in above if _NUMBER.fullmatch(lines[at]))
    from_first = begins[0] - 1 in alone
    crowded = from_first and len(numbers) == len(begins) and len(alone) == 1  # without empty lines, below the text
    numbered = 2 * len(alone & numbers) > len(begins)
    named = from_first and 2 * len(alone - numbers) > len(begins)
    labels: set[int] = set()
    count = 0
    for before, after in pairwise([begin - 1, *begins]):
        at = after - 1
        first = after == begins[0]
        if at in numbers:
            number = int(lines[at]) if len(lines[at].strip()) <= _DIGITS else None
            follows = from_first and number == count + 1
            if crowded or follows or (at in alone and (numbered or first)):
                labels.add(at)
                count = number or count
        elif with_names and at in alone:
            last = _last_block(lines[before + 1 : at])
            if first or _GUID.fullmatch(lines[at]) or (last and (named or is_aside(last[0]))):
                labels.add(at)
    return frozenset(labels)


def _last_block(lines: Sequence[str]) -> Sequence[str]:
    """The last lines without an empty one between them."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    first = end
    while first and lines[first - 1].strip():
        first -= 1
    return lines[first:end]
