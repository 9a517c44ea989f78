""" "Did you mean": another word for one that is nowhere, not even misspelt."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from index.wanted import Part, Wanted, Word

_ALIKE = 0.82  # Jaro-Winkler similarity (Winkler 1990) that a word must have; below, suggestions read as random
BEGINNING = 3
"""Letters at the beginning of a word that its suggestions share."""


def doubtful(wanted: Wanted) -> list[Word]:
    """The words for which another may be suggested."""
    return [part for part in wanted.parts if isinstance(part, Word) and len(part.forms[0].folded) > BEGINNING]


def nearest(word: Word, vocabulary: Iterable[str]) -> str | None:
    """The word of `vocabulary` (folded words) most like it; None where none is like it."""
    asked = word.forms[0].folded
    found = process.extractOne(asked, vocabulary, scorer=JaroWinkler.similarity, score_cutoff=_ALIKE)
    return str(found[0]) if found and found[0] != asked else None


def suggestion(wanted: Wanted, text: str, better: dict[Part, str]) -> str:
    """`text` with the words of `better` in place; empty where there are none."""
    changed = text
    for part in wanted.parts:
        if isinstance(part, Word) and part in better:
            changed = changed.replace(part.text, better[part], 1)
    return changed if changed != text else ""
