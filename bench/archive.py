"""A made archive of any size: recordings in five languages whose words are as frequent as in real language.

Words and their frequencies come from `wordfreq` (Robyn Speer, 2022; CC BY-SA 4.0), which has no Nynorsk: that is
Bokmål here, under its own code. Each recording is about a topic, some words of middling frequency that it repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

import numpy as np
from wordfreq import get_frequency_dict

from index.port import Passage

PASSAGES = 120
"""Passages of a recording: 80 minutes."""
WORDS = 100
"""Words of a passage: 40 seconds at 150 words a minute."""
SECONDS = 40.0
LANGUAGES = ("nb", "nn", "da", "nl", "en")
CIRCLES = 40
_SHARE = 0.08  # of a recording's words belong to its topic


@dataclass(frozen=True)
class Vocabulary:
    words: list[str]
    reached: np.ndarray
    """The share of all speech that the words up to each one make up."""


@cache
def vocabulary(language: str) -> Vocabulary:
    frequencies = get_frequency_dict("nb" if language == "nn" else language)
    known = [(word, share) for word, share in frequencies.items() if word.isalpha()]
    known.sort(key=lambda one: (-one[1], one[0]))
    shares = np.array([share for _, share in known])
    return Vocabulary([word for word, _ in known], np.cumsum(shares) / shares.sum())


@dataclass(frozen=True)
class Made:
    """One recording: its passages' words."""

    number: int
    language: str
    title: str
    topic: list[str]
    words: list[list[str]]

    @property
    def recording_id(self) -> str:
        return hashlib.sha256(f"bench {self.number}".encode()).hexdigest()[:16]

    @property
    def circle(self) -> str:
        return f"circle-{self.number * 7 % CIRCLES}"

    @property
    def date(self) -> date:
        return date(2021, 1, 4) + timedelta(days=self.number * 13 % 2000)


def made(number: int, passages: int = PASSAGES) -> Made:
    """The recording of this number, always the same."""
    random = np.random.default_rng(number)
    language = LANGUAGES[number % len(LANGUAGES)]
    known = vocabulary(language)
    size = min(len(known.words), 20_000)
    topic = [known.words[place] for place in random.integers(300, size, 30)]
    places = np.searchsorted(known.reached, random.random((passages, WORDS)))
    about = random.random((passages, WORDS)) < _SHARE
    which = random.integers(0, len(topic), (passages, WORDS))
    words = [
        [topic[t] if a else known.words[p] for p, a, t in zip(row, there, ones, strict=True)]
        for row, there, ones in zip(places.tolist(), about.tolist(), which.tolist(), strict=True)
    ]
    return Made(number, language, " ".join(topic[:5]).capitalize(), topic, words)


def passages_of(recording: Made) -> Iterator[Passage]:
    """As the archive's own passages are: a time for each word."""
    for number, words in enumerate(recording.words):
        text = " ".join(words).capitalize() + "."
        began = number * SECONDS
        offsets = accumulate((len(word) + 1 for word in words[:-1]), initial=0)
        yield Passage(
            id=f"{recording.recording_id}-{number}",
            recording_id=recording.recording_id,
            version=1,
            start=began,
            end=began + SECONDS,
            text=text,
            starts=tuple((offset, began + place * 0.4) for place, offset in enumerate(offsets)),
            title=recording.title,
            circle=recording.circle,
            network=f"network-{recording.number * 7 % CIRCLES % 6}",
            language=recording.language,
            date=recording.date,
            has_video=True,
            duration=len(recording.words) * SECONDS,
        )


def archive(recordings: int) -> Iterator[Passage]:
    for number in range(recordings):
        yield from passages_of(made(number))
