"""A made archive of any size: recordings in five languages whose words are as frequent as in real language.

Words and their frequencies come from `wordfreq` (Robyn Speer, 2022; CC BY-SA 4.0), which has no Nynorsk: that is
Bokmål here, under its own code. Each recording is about a topic, some words of middling frequency that it repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate

import numpy as np
from wordfreq import get_frequency_dict

from index.port import Passage
from kring.access import audience
from kring.model import (
    Circle,
    Details,
    Manifest,
    Media,
    Original,
    Segment,
    SourceRef,
    State,
    Transcript,
    TranscriptRef,
    Word,
)
from storage.keys import transcript_key

PASSAGES = 120
"""Passages of a recording: 80 minutes."""
WORDS = 100
"""Words of a passage: 40 seconds at 150 words a minute."""
SECONDS = 40.0
PACE = SECONDS / WORDS
LANGUAGES = ("nb", "nn", "da", "nl", "en")
CIRCLES = 40
NETWORKS = 6
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
    def network(self) -> str:
        return f"network-{self.number * 7 % CIRCLES % NETWORKS}"

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


def transcript_of(recording: Made) -> Transcript:
    """As Whisper leaves it: a time for each word, some twelve words a segment."""
    said = [
        (word, row * SECONDS + place * PACE)
        for row, words in enumerate(recording.words)
        for place, word in enumerate(words)
    ]
    return Transcript(
        fingerprint=f"bench{recording.number:011x}",
        engine="bench",
        model="made",
        language=recording.language,
        duration=len(recording.words) * SECONDS,
        segments=tuple(_segment(said[at : at + 12]) for at in range(0, len(said), 12)),
    )


def _segment(said: Sequence[tuple[str, float]]) -> Segment:
    words = tuple(Word(round(start, 2), round(start + PACE * 0.9, 2), f" {word}", 0.93) for word, start in said)
    text = " ".join(word for word, _ in said).capitalize() + "."
    return Segment(start=words[0].start, end=words[-1].end, text=text, words=words)


def circle_of(recording: Made) -> Circle:
    return Circle(
        slug=recording.circle,
        name=recording.circle.title(),
        network=recording.network,
        network_name=recording.network.title(),
    )


def manifest_of(recording: Made, *, version: int = 1) -> Manifest:
    """Published, with a transcript; nothing was rendered, since search does not look at that."""
    transcript = transcript_of(recording)
    sha256 = hashlib.sha256(recording.recording_id.encode()).hexdigest()
    moment = datetime.combine(recording.date, datetime.min.time(), tzinfo=UTC)
    return Manifest(
        id=recording.recording_id,
        version=version,
        source=SourceRef(source="bench", external_id=str(recording.number)),
        details=Details(
            title=recording.title, circle=recording.circle, date=recording.date, language=recording.language
        ),
        original=Original(sha256=sha256, size=1, file_name=f"{recording.number}.mp3"),
        media=Media(duration=transcript.duration, format="mp3", audio_codec="mp3"),
        transcript=TranscriptRef(
            key=transcript_key(sha256, transcript.fingerprint),
            fingerprint=transcript.fingerprint,
            engine=transcript.engine,
            model=transcript.model,
            language=transcript.language,
        ),
        state=State.PUBLISHED,
        received_at=moment,
        changed_at=moment,
    )


def passages_of(recording: Made) -> list[Passage]:
    """The passages of a recording, made without its transcript: there are more than a million."""
    return [
        Passage(
            id=f"{recording.recording_id}-{number}",
            recording_id=recording.recording_id,
            version=1,
            start=number * SECONDS,
            end=(number + 1) * SECONDS,
            text=" ".join(words).capitalize() + ".",
            starts=_starts(words, number * SECONDS),
            title=recording.title,
            circle=recording.circle,
            network=recording.network,
            language=recording.language,
            date=recording.date,
            duration=len(recording.words) * SECONDS,
            audience=audience(recording.circle, None),
        )
        for number, words in enumerate(recording.words)
    ]


def _starts(words: Sequence[str], began: float) -> tuple[tuple[int, float], ...]:
    offsets = accumulate((len(word) + 1 for word in words[:-1]), initial=0)
    return tuple((offset, began + place * PACE) for place, offset in enumerate(offsets))
