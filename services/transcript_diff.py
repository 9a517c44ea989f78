"""What another transcript of the same recording changed, in words. Pure.

Words are the same where they differ only in punctuation, or in capitals at the beginning of a sentence: where an
engine ends its sentences is not what it heard. A name that got its capital is a change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Levenshtein

from kring.model import Segment

NEAR = 2
"""Changes with no more than this many unchanged words between them are shown as one place."""
SENTENCE_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True, slots=True)
class TimedToken:
    """A word as it stands, when it is said, and whether a sentence begins with it."""

    text: str
    at: float
    first: bool = False

    @property
    def bare(self) -> str:
        """Without the punctuation around it."""
        return self.text.strip("".join(sign for sign in set(self.text) if unicodedata.category(sign)[0] in "PSZ"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive words: the same in both (`old` equals `new`), or what stood there and what stands there now."""

    old: str
    new: str
    changed: bool


@dataclass(frozen=True, slots=True)
class ChangedPassage:
    """One place with changes, and a few words around it. `at`: seconds from the recording's start."""

    at: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    before: int
    """Words of the old transcript."""
    after: int
    changed: int
    """Words that are others now."""
    added: int
    removed: int
    steps: tuple[_Step, ...]
    old: tuple[TimedToken, ...]
    new: tuple[TimedToken, ...]

    @property
    def share(self) -> float:
        """Of the old transcript's words; more than 1 where much was added."""
        return (self.changed + self.added + self.removed) / max(self.before, 1)

    def places(self, context: int = 6) -> Iterator[ChangedPassage]:
        """Where something changed, in order, with up to `context` unchanged words before and after."""
        steps = list(self.steps)
        number = 0
        while number < len(steps):
            if steps[number].same:
                number += 1
                continue
            last = number
            while last + 2 < len(steps) and steps[last + 1].length <= NEAR:
                last += 2
            before = min(context, steps[number - 1].length if number else 0)
            after = min(context, steps[last + 1].length if last + 1 < len(steps) else 0)
            yield self._place(steps[number : last + 1], before, after)
            number = last + 1

    def _place(self, steps: list[_Step], before: int, after: int) -> ChangedPassage:
        first, last = steps[0], steps[-1]
        ahead = _words(self.new[first.new_start - before : first.new_start])
        behind = _words(self.new[last.new_end : last.new_end + after])
        middle = (
            Piece(
                _words(self.old[step.old_start : step.old_end]),
                _words(self.new[step.new_start : step.new_end]),
                not step.same,
            )
            for step in steps
        )
        around = (Piece(ahead, ahead, False), *middle, Piece(behind, behind, False))
        at = self.new[first.new_start].at if first.new_start < first.new_end else self.old[first.old_start].at
        return ChangedPassage(at, tuple(piece for piece in around if piece.old or piece.new))


@dataclass(frozen=True, slots=True)
class _Step:
    """Words `old_start:old_end` of the old transcript became `new_start:new_end` of the new one."""

    same: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def length(self) -> int:
        return self.new_end - self.new_start


def difference(old: Iterable[Segment], new: Iterable[Segment]) -> Difference:
    """The fewest words to change, add and remove. 40,000 words in each take about a second."""
    before, after = tokens(old), tokens(new)
    steps = _steps(before, after)
    changed = added = removed = 0
    for step in steps:
        if not step.same:
            went, came = step.old_end - step.old_start, step.new_end - step.new_start
            changed += min(went, came)
            added += max(0, came - went)
            removed += max(0, went - came)
    return Difference(len(before), len(after), changed, added, removed, tuple(steps), tuple(before), tuple(after))


def tokens(segments: Iterable[Segment]) -> list[TimedToken]:
    """The words in order. If an engine gave none, a segment's time is parted evenly among its words."""
    tokens: list[TimedToken] = []
    for segment in segments:
        for text, at in _timed(segment):
            token = TimedToken(text, at, first=not tokens or tokens[-1].text.endswith(SENTENCE_ENDS))
            if token.bare:
                tokens.append(token)
            elif tokens:  # punctuation that stands alone
                tokens[-1] = TimedToken(f"{tokens[-1].text} {text}", tokens[-1].at, tokens[-1].first)
    return tokens


def _timed(segment: Segment) -> Iterator[tuple[str, float]]:
    if segment.words:
        for word in segment.words:
            yield from ((text, word.start) for text in word.text.split())
        return
    texts = segment.text.split()
    for number, text in enumerate(texts):
        yield text, segment.start + (segment.end - segment.start) * number / len(texts)


def _steps(old: Sequence[TimedToken], new: Sequence[TimedToken]) -> list[_Step]:
    codes = Levenshtein.opcodes([token.bare.casefold() for token in old], [token.bare.casefold() for token in new])
    pairs: list[_Step] = []
    for code in codes:
        if code.tag != "equal":
            pairs.append(_Step(False, code.src_start, code.src_end, code.dest_start, code.dest_end))
            continue
        for a, b in zip(range(code.src_start, code.src_end), range(code.dest_start, code.dest_end), strict=True):
            pairs.append(_Step(_is_same(old[a], new[b]), a, a + 1, b, b + 1))
    return [_joined(list(group)) for _, group in groupby(pairs, lambda step: step.same)]


def _is_same(old: TimedToken, new: TimedToken) -> bool:
    return old.first or new.first or old.bare == new.bare


def _joined(steps: list[_Step]) -> _Step:
    first, last = steps[0], steps[-1]
    return _Step(first.same, first.old_start, last.old_end, first.new_start, last.new_end)


def _words(tokens: Sequence[TimedToken]) -> str:
    return " ".join(token.text for token in tokens)
