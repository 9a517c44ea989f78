"""Words and their times, where a text is cut or written anew. Pure.

Whisper's words bring the space before them, those of captions do not; a text made of words keeps to what its words do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from kring.model import Word

LONG = 1_000_000
"""Words before times words after, of a line: if all of these are the same word, 100 million take a minute."""


def spaced(words: Sequence[Word]) -> bool:
    """Whether the words bring their spaces; so do those of a text that had none."""
    return not words or any(word.text[:1].isspace() for word in words)


def text_of(words: Sequence[Word]) -> str:
    return ("" if spaced(words) else " ").join(word.text for word in words).strip()


def plain(text: str) -> str:
    """With single spaces, as texts are compared."""
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def retimed(text: str, old: tuple[Word, ...], start: float, end: float) -> tuple[Word, ...]:
    """The words of `text`, spoken from `start` to `end`. Remembered: corrections are applied again and again.

    Those that are among the `old` words keep their times; those that take the place of old ones share theirs; others
    share the gap they stand in, evenly. No word begins before another has begun.
    """
    bring = spaced(old)
    before, after = _tokens(old, bring), text.split()
    long = len(before) * len(after) > LONG  # then words that come again and again are passed over
    matcher = SequenceMatcher(None, [token.key for token in before], [_key(word) for word in after], autojunk=long)
    made: list[Word] = []
    for what, first, last, new, new_end in matcher.get_opcodes():
        if what == "equal":
            for token, word in zip(before[first:last], after[new:new_end], strict=True):
                made += token.words if token.text == word else [Word(token.start, token.end, _with(bring, word))]
        elif new < new_end:
            replaced = before[first:last]
            if len(replaced) == new_end - new:
                made += [
                    Word(token.start, token.end, _with(bring, word))
                    for token, word in zip(replaced, after[new:new_end], strict=True)
                ]
                continue
            since = replaced[0].start if replaced else before[first - 1].end if first else start
            until = replaced[-1].end if replaced else before[last].start if last < len(before) else end
            step = max(0.0, until - since) / (new_end - new)
            made += [
                Word(since + step * place, since + step * (place + 1), _with(bring, word))
                for place, word in enumerate(after[new:new_end])
            ]
    return tuple(_ordered(made, start, end))


@dataclass(frozen=True, slots=True)
class _Token:
    """What stands between two spaces; Whisper makes several words of some ("e", "-post")."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words).strip()

    @property
    def key(self) -> str:
        return _key(self.text)

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end


def _tokens(words: Sequence[Word], bring: bool) -> list[_Token]:
    """Every word is of one token; one that is nothing but space goes."""
    spoken = [word for word in words if word.text.strip()]
    begins = [at for at, word in enumerate(spoken) if at == 0 or not bring or word.text[:1].isspace()]
    return [_Token(tuple(spoken[at:after])) for at, after in pairwise([*begins, len(spoken)])]


def _key(word: str) -> str:
    """What two words have in common that differ in punctuation or capitals only."""
    return "".join(c for c in word.casefold() if c.isalnum()) or word


def _with(bring: bool, word: str) -> str:
    return f" {word}" if bring else word


def _ordered(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    """Within `start` and `end`, none before the one before."""
    since = start
    for word in words:
        begin = min(max(word.start, since), end)
        yield word._replace(start=begin, end=min(max(word.end, begin), end))
        since = begin
