"""Words heard against words said: the word error rate, and which word is which.

Both sides are normalised as OpenAI does it for its own figures (`whisper.normalizers`): lower case, no punctuation,
one spelling for numbers, contractions, and British and American English.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import Levenshtein


@lru_cache(maxsize=1)
def _normaliser() -> Any:
    from whisper.normalizers import EnglishTextNormalizer  # brings torch with it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file with its spellings to the collector
        return EnglishTextNormalizer()


def normal(text: str) -> list[str]:
    """Its words, in the form in which they are compared."""
    return str(_normaliser()(text)).split()


def error_rate(said: str, heard: str) -> float:
    """Words put in, left out or taken for others, as a fraction of the words said."""
    wanted = normal(said)
    return Levenshtein.distance(wanted, normal(heard)) / len(wanted)


def each_normal(words: Iterable[str]) -> list[tuple[str, int]]:
    """The normal words of each word, with the place of the word they come from: for words that have a time."""
    return [(part, place) for place, word in enumerate(words) for part in normal(word)]


def recognised(said: Sequence[str], heard: Sequence[str]) -> dict[int, int]:
    """Place in `said` → place in `heard`, for the words that are the same in the shortest way from one to the other."""
    same = (block for block in Levenshtein.opcodes(said, heard) if block.tag == "equal")
    return {
        place: block.dest_start + place - block.src_start
        for block in same
        for place in range(block.src_start, block.src_end)
    }
