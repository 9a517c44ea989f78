""" "Did you mean": another word for one that is nowhere, not even misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from index.wanted import Part, Wanted, Word

_ALIKE = 0.82  # Jaro-Winkler similarity (Winkler 1990) that a word must have; below, suggestions read as random
BEGINNING = 3
"""Letters at the beginning of a word that its suggestions share."""


def doubtful(wanted: Wanted) -> list[Word]:
    """The words for which another may be suggested."""
    words = [part for part in wanted.parts if isinstance(part, Word) and len(part.forms) == 1]
    return [word for word in words if len(word.forms[0].folded) > BEGINNING]


def nearest(word: Word, vocabulary: Iterable[str]) -> str | None:
    """The word of `vocabulary` (folded words) most like it, itself apart; None where none is like it."""
    asked = word.forms[0].folded
    others = (one for one in vocabulary if one != asked)
    found = process.extractOne(asked, others, scorer=JaroWinkler.similarity, score_cutoff=_ALIKE)
    return str(found[0]) if found else None


def suggestion(text: str, better: Mapping[Part, str]) -> str:
    """The query `text` with the words of `better` in place; empty where there are none."""
    words = sorted((part for part in better if isinstance(part, Word)), key=lambda word: word.start, reverse=True)
    changed = text
    for word in words:
        changed = changed[: word.start] + better[word] + changed[word.end :]
    return changed if words else ""
