"""One word or several: "covid19", "COVID-19" and "covid 19" are one thing, however it is typed and written.

What a text joins with a hyphen or a slash, and words beside a number, have the key of the whole word too (index time).
Of what is asked for the other ways are those that the archive has: neighbours written as one word, and a word written
as two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from index.query.parser import ParsedQuery, Part, Phrase, QueryWord
from index.text.analysis import tokens
from index.text.stopwords import STOP_WORDS

_MOST_JOINED = 3
"""Words that may be one."""
_SHORTEST_SPLIT = 5  # letters of a word that may be two
_SHORTEST_PIECE = 2  # letters of such a piece, at least; digits may stand alone
_MOST_COMBINATIONS = 16
"""Of a whole query: an engine may have to ask for each."""
_MOST_VARIANTS = 3
"""Other ways to write one part: Meilisearch is asked for each set of them to count what has any."""
_BOUNDARY = re.compile(r"(?<=\d)(?=\D)|(?<=\D)(?=\d)")

Variants = list[tuple[int, Part]]
"""Place among the parts of a query, another way to write what stands there."""


def with_variants(parsed: ParsedQuery, occurring: Callable[[Sequence[Part]], Collection[Part]]) -> ParsedQuery:
    """The same with the other ways to write it. `occurring`: those of some parts that the archive has."""
    ways = [*_joined_words(parsed.parts), *_split_words(parsed.parts)]
    if not ways:
        return parsed
    known = occurring(list(dict.fromkeys(way for _, way in ways)))
    variants: list[list[Part]] = [[] for _ in parsed.parts]
    total = 1
    for place, way in ways:
        many = len(variants[place]) + 1
        if many > _MOST_VARIANTS or way not in known or way in variants[place]:
            continue
        if total // many * (many + 1) <= _MOST_COMBINATIONS:
            total = total // many * (many + 1)
            variants[place].append(way)
    parts = [replace(part, variants=tuple(more)) for part, more in zip(parsed.parts, variants, strict=True)]
    return replace(parsed, parts=tuple(parts))


def _joined_words(parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
    """Neighbouring words as one, the longest first; each of them is found where it is."""
    for size in range(_MOST_JOINED, 1, -1):
        for first in range(len(parts) - size + 1):
            run = [part for part in parts[first : first + size] if isinstance(part, QueryWord) and _is_plain(part)]
            if len(run) == size and all(right.start <= left.end + 1 for left, right in pairwise(run)):
                joined = _as_one_word(run)
                yield from ((place, joined) for place in range(first, first + size))


def _is_plain(word: QueryWord) -> bool:
    return len(word.forms) == 1 and bool(word.forms[0].stem)


def _as_one_word(run: Sequence[QueryWord]) -> QueryWord:
    text = "".join(word.text for word in run)
    (token,) = tokens("".join(word.forms[0].exact for word in run), "")
    return QueryWord(text, run[0].start, run[-1].end, (token.forms,), prefix=run[-1].prefix)


def _split_words(parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
    """A word as two, and a quotation with two of its words as one, or one as two."""
    for place, part in enumerate(parts):
        if isinstance(part, Phrase):
            yield from ((place, Phrase(folded, part.text)) for folded in _rewritten_quotations(part.folded))
        elif _is_plain(part) and not part.prefix:
            yield from ((place, Phrase(pieces, part.text)) for pieces in _pieces(part.forms[0].folded))


def _rewritten_quotations(folded: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for at, (left, right) in enumerate(pairwise(folded)):
        yield (*folded[:at], left + right, *folded[at + 2 :])
    for at, word in enumerate(folded):
        yield from ((*folded[:at], *pieces, *folded[at + 1 :]) for pieces in _pieces(word))


def _pieces(word: str) -> Iterator[tuple[str, ...]]:
    """The ways to write it as two words, none of which is a stop word."""
    if _BOUNDARY.search(word):
        yield tuple(_BOUNDARY.split(word))
    elif word.isalpha() and len(word) >= _SHORTEST_SPLIT:
        for at in (1, *range(_SHORTEST_PIECE, len(word) - _SHORTEST_PIECE + 1)):
            pieces = word[:at], word[at:]
            if STOP_WORDS.isdisjoint(pieces):
                yield pieces
