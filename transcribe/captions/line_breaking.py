"""Where a caption begins and ends, and where its line is broken. Pure.

The measures are those of the Netflix Timed Text Style Guide: at most 42 characters a line (its English guide), two
lines, and 7 seconds (its general requirements). Where to break follows the same guide and the BBC Subtitle Guidelines:
after punctuation, before conjunctions and prepositions, never between an article and its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from kring.model import Word
from transcribe.captions.sentences import CONJUNCTIONS, LEANING, bare, ends_sentence, leans, pauses
from transcribe.captions.text_width import may_break, pieces_of, width

LINE = 42
"""Columns of a caption's line."""
LINES = 2
LONGEST = 7.0
"""Seconds of a caption."""
SILENCE = 2.0
"""Seconds: a pause of this length always ends a caption."""
SHORT = 1.0
"""Seconds: a caption below this is hard to read; it is avoided, not forbidden."""
MOST_WORDS = LINE * LINES
"""Of one caption, where words are empty too: it bounds the work."""


def fits(text: str) -> bool:
    """Whether `text` can be set on two lines; a word longer than a line only if it is alone."""
    setting = _Setting()
    return all(setting.add(width(piece), space=space) for piece, space in pieces_of(text))


def wrap(text: str) -> list[str]:
    """The lines of a caption, one or two, about equally long, broken where the sentence breathes.

    Text that does not fit is two lines too, as even as they get: nothing is lost.
    """
    line = " ".join(text.split())
    pieces = list(pieces_of(line))
    if width(line) <= LINE or len(pieces) < 2:
        return [line] if line else []
    best, cheapest = [line], float("inf")
    at = -1  # no space goes before the first
    for number, (piece, space) in enumerate(pieces[:-1], start=1):
        at += space + len(piece)
        halves = line[:at], line[at:].lstrip()
        cost = _line_cost(*halves, widow=len(pieces) > 2 and number in {1, len(pieces) - 1})
        if cost < cheapest:
            best, cheapest = list(halves), cost
    return best


def text_of(words: Sequence[Word], glue: str = " ") -> str:
    """What the words say, on one line."""
    return " ".join(glue.join(word.text for word in words).split())


def spread(text: str, start: float, end: float) -> list[Word]:
    """The words of a text of which only the whole's time is known, each with its share. They go together with no
    glue: each brings the space before it."""
    pieces = list(pieces_of(text))
    ends = list(accumulate((width(piece) + 1 for piece, _ in pieces), initial=0))
    share = (end - start) / max(ends[-1], 1)
    return [
        Word(start + share * one, start + share * other, f" {piece}" if space else piece)
        for (piece, space), (one, other) in zip(pieces, pairwise(ends), strict=True)
    ]


def cut(words: Sequence[Word], *, glue: str = " ") -> list[tuple[Word, ...]]:
    """Consecutive words parted into captions that fit two lines and last at most LONGEST seconds.

    Of all ways to part them the one that breaks best: at the ends of sentences, at pauses, at commas, before
    conjunctions, and leaves no scraps. A pause of SILENCE always breaks. A word beyond the limits stands alone.
    `glue` is what goes between two words: nothing in languages without spaces, and where words bring their own.
    """
    captions: list[tuple[Word, ...]] = []
    begin = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or words[at].start - words[at - 1].end >= SILENCE:
            captions += _part(words[begin:at], glue)
            begin = at
    return captions


def _part(words: Sequence[Word], glue: str) -> list[tuple[Word, ...]]:
    """The cheapest way through: `cost[j]` is that of the words before `j`, whose last caption begins at `last[j]`."""
    measured = _measured(words, glue)
    spaced = any(pieces[0][1] for pieces in measured[1:] if pieces)  # words may bring their spaces
    breaks = [_break_cost(word, next_word) for word, next_word in pairwise(words)] + [0.0]
    inside = list(accumulate((_inner_cost(word, next_word) for word, next_word in pairwise(words)), initial=0.0))
    cost = [0.0] + [float("inf")] * len(words)
    last = [0] * (len(words) + 1)
    for begin in range(len(words)):
        setting = _Setting()
        start, before = words[begin].start, cost[begin] - inside[begin]
        for at in range(begin, min(begin + MOST_WORDS, len(words))):
            seconds = words[at].end - start
            fitting = seconds <= LONGEST and all(
                setting.add(columns, space=space, tight=tight) for columns, space, tight in measured[at]
            )
            if not fitting and at > begin:
                break
            total = before + inside[at] + breaks[at] + _scrap_cost(seconds, at + 1 - begin, spaced=spaced)
            if total < cost[at + 1]:
                cost[at + 1], last[at + 1] = total, begin
            if not fitting:
                break
    captions = []
    end = len(words)
    while end:
        captions.append(tuple(words[last[end] : end]))
        end = last[end]
    return captions[::-1]


def _break_cost(word: Word, next_word: Word) -> float:
    """What it costs to end a caption between two words: nothing after a sentence, little at a pause."""
    if ends_sentence(word.text, next_word.text):
        return 0.0
    cost = 10.0
    if pauses(word.text):
        cost = 3.0
    elif bare(next_word.text) in CONJUNCTIONS:
        cost = 5.0
    if leans(word.text):
        cost += 5.0
    return cost - 5.0 * min(max(next_word.start - word.end, 0.0), 1.0)


def _inner_cost(word: Word, next_word: Word) -> float:
    """What it costs not to end it there: two sentences share a caption only if one is a scrap."""
    return (4.0 if ends_sentence(word.text, next_word.text) else 0.0) + 3.0 * max(next_word.start - word.end - 0.4, 0.0)


def _scrap_cost(seconds: float, count: int, *, spaced: bool) -> float:
    """Each caption costs a little, and more if it is gone before it is read."""
    few = max(3 - count, 0) if spaced else 0
    return 2.5 + 5.0 * max(SHORT - seconds, 0.0) + 2.0 * few


def _line_cost(first: str, second: str, *, widow: bool) -> float:
    """What breaking a line here costs, in columns the two are apart. `widow`: a word would stand alone on its line."""
    before, after = width(first), width(second)
    cost = abs(before - after) + 1000 * max(before - LINE, after - LINE, 0) + (before > after)
    ending, following = first.rpartition(" ")[2], second.partition(" ")[0]
    if ends_sentence(ending, following):
        cost -= 20
    elif pauses(ending):
        cost -= 12
    elif bare(following) in LEANING:
        cost -= 6
    elif may_break(first[-1], second[0]):  # perhaps within a word
        cost += 10
    if leans(ending):
        cost += 12
    return cost + 40 * widow


class _Setting:
    """Fills the lines of one caption piece by piece, each on the first line it fits on."""

    __slots__ = ("_column", "_line", "_pieces", "_unit", "_widest")

    def __init__(self) -> None:
        self._line, self._column = 1, 0
        self._pieces = self._widest = 0
        self._unit = 0
        """Columns of the last piece, which is on the present line."""

    def add(self, columns: int, *, space: bool = True, tight: bool = False) -> bool:
        """Whether everything so far fits. `tight`: it cannot be parted from the piece before."""
        if tight and self._pieces:
            self._column -= self._unit
            columns += self._unit
        else:
            self._pieces += 1
            self._column += space and self._column > 0
        if self._column and self._column + columns > LINE:
            self._line, self._column = self._line + 1, 0
        self._column += columns
        self._unit = columns
        self._widest = max(self._widest, columns)
        return self._pieces <= 1 or (self._line <= LINES and self._widest <= LINE)


def _measured(words: Sequence[Word], glue: str) -> list[list[tuple[int, bool, bool]]]:
    """Of every word its pieces: columns, whether a space goes before, whether it is tied to the piece before."""
    measured: list[list[tuple[int, bool, bool]]] = []
    before, apart = "", False
    for word in words:
        apart = apart or bool(glue) or word.text[:1].isspace()
        pieces: list[tuple[int, bool, bool]] = []
        for piece, space in pieces_of(word.text):
            tight = not pieces and not apart and before != "" and not may_break(before, piece[0])
            pieces.append((width(piece), space if pieces else apart, tight))
            before = piece[-1]
        if pieces:
            apart = word.text[-1:].isspace()
        measured.append(pieces)
    return measured
