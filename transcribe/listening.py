"""How any engine listens to a recording: find the speech, settle the language, hear stretch by stretch, tidy, sift.

An engine only has to hear one stretch of speech; everything a transcript promises is seen to here, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kring.errors import UnknownLanguage
from kring.model import Segment, Transcript, Word
from transcribe.hallucinations import Heard, sift
from transcribe.languages import UNDETERMINED, check_language
from transcribe.port import Progress
from transcribe.speech import RATE, VAD, Stretch, cut, find_speech, group, places, read_blocks

if TYPE_CHECKING:
    from transcribe.speech import Samples

TEMPERATURES = (0.0, 0.2, 0.4)
"""Tried in turn while a window comes out repetitive or unsure; hotter ones mostly invent."""
OPTIONS = {"temperatures": TEMPERATURES, "previous_text": False, "vad": VAD, "listening": 1}
"""What shapes a transcript besides engine, weights and inputs. `listening` grows when this module's results change."""
PAUSE = 2.0
"""Seconds of silence between two words that end a segment, so that no caption stays up while nobody speaks."""
SHORTEST = 0.05
"""Seconds; an engine gives some words no length at all."""
WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


@dataclass(frozen=True, slots=True)
class RawWord:
    """As the engines give them: `text` begins with a space where a new word does; seconds within the stretch."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class RawSegment:
    start: float
    end: float
    text: str
    words: tuple[RawWord, ...]
    log_probability: float
    no_speech: float


class Ear(Protocol):
    """What differs between engines."""

    @property
    def engine(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def stretch_seconds(self) -> float:
        """Speech heard in one call at most."""
        ...

    def knows(self, language: str) -> bool:
        """Whether these weights know a language."""
        ...

    def languages(self, samples: Samples) -> dict[str, float]:
        """Probability of each language in up to 30 s of speech."""
        ...

    def hear(self, samples: Samples, language: str, prompt: str | None) -> Iterable[RawSegment]:
        """The segments of a stretch, in order, as they are found."""
        ...


def listen(
    ear: Ear, audio: Path, *, fingerprint: str, language: str | None, prompt: str | None, progress: Progress | None
) -> Transcript:
    """Everything said in `audio`, as `transcribe.port.Transcriber` promises it.

    A recording in which nobody speaks gives no segments, in the language that was set, else `und`.
    Raises UnknownLanguage for a language these weights do not know.
    """
    if language is not None:
        language = check_language(language)
        if not ear.knows(language):
            raise UnknownLanguage(
                f"The {ear.model} model does not know the language “{language}”; choose another model."
            )
    tell = _never_falling(progress)
    total, spans = find_speech(read_blocks(audio))
    duration = total / RATE
    probability: float | None = None
    if language is None and spans:
        language, probability = _detect(ear, cut(read_blocks(audio), places(spans)))
    heard: list[Heard] = []
    for stretch in cut(read_blocks(audio), group(spans, ear.stretch_seconds)):
        for raw in ear.hear(stretch.samples, language or UNDETERMINED, prompt):
            heard += [
                Heard(segment, raw.log_probability, raw.no_speech)
                for segment in _segments(raw, stretch, language or UNDETERMINED)
            ]
            if heard:
                tell(heard[-1].segment.end / duration)
        tell(stretch.spans[-1][1] / total)
    kept, dropped = sift(in_order(heard, duration), prompt)
    tell(1.0)
    return Transcript(
        fingerprint=fingerprint,
        engine=ear.engine,
        model=ear.model,
        language=language or UNDETERMINED,
        language_probability=probability,
        duration=round(duration, 3),
        segments=kept,
        dropped=dropped,
    )


def _never_falling(progress: Progress | None) -> Progress:
    highest = 0.0

    def tell(fraction: float) -> None:
        nonlocal highest
        if progress is not None and fraction > highest:
            highest = min(fraction, 1.0)
            progress(highest)

    return tell


def _detect(ear: Ear, stretches: Iterable[Stretch]) -> tuple[str, float]:
    """The language most of these places speak, each counting with its probabilities, and its mean probability."""
    votes: defaultdict[str, float] = defaultdict(float)
    count = 0
    for stretch in stretches:
        count += 1
        for code, probability in ear.languages(stretch.samples).items():
            votes[code] += probability
    best = max(votes, key=lambda code: votes[code])
    return best, round(votes[best] / count, 4)


def _segments(raw: RawSegment, stretch: Stretch, language: str) -> Iterator[Segment]:
    """A raw segment at its place in the recording, parted where two words are more than `PAUSE` apart.

    The text of a segment with words is its words' texts joined by single spaces (in languages written with them).
    """
    words: list[Word] = []
    for word in whole_words(raw.words, language):
        start, end = stretch.original(word.start, word.end)
        probability = round(min(max(word.probability, 0.0), 1.0), 3)
        words.append(Word(start=max(start, 0.0), end=max(start, end), text=word.text, probability=probability))
    if not words:
        start, end = stretch.original(raw.start, max(raw.start, raw.end))
        if text := " ".join(raw.text.split()):
            yield Segment(start=start, end=max(start, end), text=text)
        return
    first = 0
    glue = "" if language in WITHOUT_SPACES else " "
    for at in range(1, len(words) + 1):
        if at == len(words) or words[at].start - words[at - 1].end > PAUSE:
            part = words[first:at]
            text = glue.join(word.text for word in part)
            yield Segment(start=part[0].start, end=part[-1].end, text=text, words=tuple(part))
            first = at


def whole_words(raw: Iterable[RawWord], language: str) -> list[RawWord]:
    """Words without the spaces around them; pieces such as the “-post” of “e-post” joined to what they continue."""
    words: list[RawWord] = []
    for word in raw:
        text = " ".join(word.text.split())
        if not text:
            continue
        if words and not word.text[0].isspace() and language not in WITHOUT_SPACES:
            before = words[-1]
            joined = min(before.probability, word.probability)
            words[-1] = replace(before, end=max(before.end, word.end), text=before.text + text, probability=joined)
        else:
            words.append(replace(word, text=text))
    return words


def in_order(heard: Iterable[Heard], duration: float) -> Iterator[Heard]:
    """Segments and words one after another: none overlaps the one before, none is shorter than `SHORTEST` or ends
    after `duration`, except that what is crowded against the end of the recording may have no length."""
    clock = 0.0
    for one in heard:
        words: list[Word] = []
        for word in one.segment.words:
            start, clock = _placed(word.start, word.end, clock, duration)
            words.append(word._replace(start=start, end=clock))
        if words:
            start = words[0].start
        else:
            start, clock = _placed(one.segment.start, one.segment.end, clock, duration)
        segment = one.segment.model_copy(update={"start": start, "end": clock, "words": tuple(words)})
        yield replace(one, segment=segment)


def _placed(start: float, end: float, after: float, duration: float) -> tuple[float, float]:
    start = min(max(start, after), duration)
    end = min(max(end, start + SHORTEST), duration)
    return round(start, 3), round(end, 3)
