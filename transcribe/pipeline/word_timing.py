"""Words at their places: from an engine's seconds in a window to seconds of the recording, in order, in lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kring.model import Segment, Word
from transcribe.captions.line_breaking import cut, text_of
from transcribe.captions.sentences import ends_sentence
from transcribe.pipeline.decoder import RawWord
from transcribe.pipeline.vad import BREATH, FRAME, RATE, SpeechChunk, VoiceActivity, runs_of

SHORTEST = 0.05
"""Seconds; an engine gives some words no length at all."""
LONGEST = 1.5
"""Seconds of a word: what is longer has a pause in it, which the alignment gives to the word after it."""
VOICED = 0.3
"""Probability from which a frame may hold a word's beginning or end."""
WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


def glue(language: str) -> str:
    """What stands between two words."""
    return "" if language in WITHOUT_SPACES else " "


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


def placed_words(raw: Iterable[RawWord], chunk: SpeechChunk, voice: VoiceActivity, language: str) -> list[Word]:
    """The words of a stretch with their seconds in the recording, none beginning or ending in silence."""
    words = []
    for word in whole_words(raw, language):
        start, end = chunk.original(word.start, word.end)
        start, end = _without_silence(max(start, 0.0), max(start, end), voice)
        words.append(Word(start, end, word.text, round(min(max(word.probability, 0.0), 1.0), 3)))
    return words


def _without_silence(start: float, end: float, voice: VoiceActivity) -> tuple[float, float]:
    """A word's time from its first voiced frame to its last, no longer than `LONGEST`, its end kept."""
    first = int(start * RATE / FRAME)
    last = max(round(end * RATE / FRAME) - 1, first)  # the frame after it is the next word's
    voiced = runs_of((voice.probabilities[first : last + 1] >= VOICED).nonzero()[0] + first, BREATH)
    if voiced:
        # Of several runs of voice the last is the word: the alignment lets it begin too early, seldom end too late.
        begin, finish = voiced[-1]
        start, end = max(start, begin * FRAME / RATE), min(end, finish * FRAME / RATE)
    return max(start, end - LONGEST), end


def in_order(words: Iterable[Word], duration: float) -> Iterator[Word]:
    """Words one after another: none overlaps the one before, none is shorter than `SHORTEST` or ends after
    `duration`, except that what is crowded against the end of the recording may have no length."""
    clock = 0.0
    for word in words:
        start = min(max(word.start, clock), duration)
        clock = min(max(word.end, start + SHORTEST), duration)
        start, clock = round(start, 3), round(clock, 3)
        yield word._replace(start=start, end=clock)


def sentences(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words up to the end of each sentence."""
    parts: list[tuple[Word, ...]] = []
    first = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or ends_sentence(words[at - 1].text, words[at].text):
            parts.append(tuple(words[first:at]))
            first = at
    return parts


def segment(words: Sequence[Word], language: str, main: str) -> Segment:
    """Consecutive words as one segment; its language is named if it is not the recording's main one."""
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=text_of(words, glue(language)),
        language=None if language == main else language,
        words=tuple(words),
    )


def lines(words: Sequence[Word], language: str, main: str) -> list[Segment]:
    """The segments of a transcript: what fits two lines of captions, broken at sentences and pauses."""
    return [segment(part, language, main) for part in cut(words, glue=glue(language))]
