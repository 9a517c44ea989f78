"""How any engine listens to a recording: find the speech, pack it into windows, hear several side by side, settle the
language, put the words in order, sift them, look for holes.

An engine only has to hear one window of up to 30 s; everything a transcript promises is seen to here, once.

Why windows: Whisper takes as long over 30 s with three words in them as over 30 s full of speech, so pauses are left
out and what remains is packed. Why side by side: on two cores two single-threaded windows are done in little more than
the time of one, while one window gains little from a second thread. Windows know nothing of each other: an error does
not spread, and what the second half of a sentence could have gained from the first is less than what loops cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from kring.errors import UnknownLanguage
from kring.languages import UNDETERMINED, check_language
from kring.model import Dropped, Segment, Transcript, Word
from transcribe.captions.line_breaking import spread
from transcribe.pipeline.coverage import holes, speech_seconds, voiced
from transcribe.pipeline.decoder import Ear, RawWord
from transcribe.pipeline.hallucinations import Heard, sift
from transcribe.pipeline.language_tracking import Follower, piece_times, pieces
from transcribe.pipeline.parallel import side_by_side
from transcribe.pipeline.prompt import prompt
from transcribe.pipeline.vad import (
    RATE,
    VAD,
    WINDOW,
    Stretch,
    Voice,
    cut,
    listen_for_voice,
    pack,
    read_blocks,
    spans_of,
)
from transcribe.pipeline.windows import Spoken, Window, is_poor, times_of, within, worth
from transcribe.pipeline.word_timing import in_order, lines, placed, segment, sentences
from transcribe.port import Progress

OPTIONS = {"vad": VAD, "window": WINDOW, "listening": 2}
"""What shapes a transcript besides engine, weights and inputs. `listening` grows when results of this code change."""
ROUND = 16
"""Windows after which the language is decided: 7 minutes of speech."""
PART = 10.0
"""Seconds of the parts a window is heard in once more where it came out badly."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One recording, one engine, and how to listen."""

    ear: Ear
    audio: Path
    voice: Voice
    language: str | None
    glossary: tuple[str, ...]
    english: bool
    tell: Progress

    def transcript(self, fingerprint: str) -> Transcript:
        voice = self.voice
        duration = voice.total / RATE
        follower = Follower(current=self.language)
        spans = spans_of(voice)
        spoken: list[Spoken] = []
        with ThreadPoolExecutor(self.ear.workers) as pool:
            for several in self._hear(pool, cut(read_blocks(self.audio), pack(spans)), follower):
                spoken += several
                self.tell(min(several[-1].stretch.spans[-1][1] / max(voice.total, 1), 0.99))
            missed = within(spans, holes(voice, times_of(word for one in spoken for word in one.words)))
            again = cut(read_blocks(self.audio), missed)
            spoken += [one for several in self._hear_again(pool, again, spoken) for one in several]
        main = "en" if self.english else self.language or follower.main or UNDETERMINED
        kept, dropped = self._written(spoken, duration, main)
        self.tell(1.0)
        return Transcript(
            fingerprint=fingerprint,
            engine=self.ear.engine,
            model=self.ear.model,
            language=main if kept or self.language else UNDETERMINED,
            language_probability=None if self.language or not kept else follower.probability,
            duration=round(duration, 3),
            segments=kept,
            dropped=dropped,
            speech=speech_seconds(voice),
            holes=holes(voice, times_of(word for one in kept for word in one.words)),
        )

    def _hear(
        self, pool: ThreadPoolExecutor, stretches: Iterable[Stretch], follower: Follower
    ) -> Iterator[list[Spoken]]:
        """Every stretch heard, in order."""

        def take_in(stretch: Stretch) -> tuple[Stretch, Any, list[dict[str, float]]]:
            taken = self.ear.take_in(stretch.samples)
            return stretch, taken, [] if self.language else self.ear.languages(taken, piece_times(stretch))

        ahead = self.ear.workers + (0 if self.language else ROUND)
        windows = self._settled(side_by_side(pool, take_in, stretches, ahead), follower)
        return side_by_side(pool, self._listen_to, windows, 2 * self.ear.workers)

    def _settled(
        self, taken_in: Iterator[tuple[Stretch, Any, list[dict[str, float]]]], follower: Follower
    ) -> Iterator[Window]:
        """Windows with their language; one in which it changes is parted there."""
        if self.language is not None:
            yield from (Window(stretch, taken, self.language) for stretch, taken, _ in taken_in)
            return
        while round_ := deque(islice(taken_in, ROUND)):
            guesses = [
                (end - start, guess)
                for stretch, _, languages in round_
                for (start, end), guess in zip(piece_times(stretch), languages, strict=True)
            ]
            decided = iter(follower.decide(guesses))
            while round_:  # emptied as it goes: what was taken in is large
                stretch, taken, languages = round_.popleft()
                names = [next(decided) for _ in languages]
                if len(set(names)) == 1:
                    yield Window(stretch, taken, names[0])
                    continue
                runs = [(name, len(list(run))) for name, run in groupby(names)]
                counts = iter(pieces(stretch))
                parts = stretch.split([sum(next(counts) for _ in range(length)) for _, length in runs])
                for (name, _), part in zip(runs, parts, strict=True):
                    yield Window(part, None, name)

    def _listen_to(self, window: Window) -> list[Spoken]:
        """A window heard; where it came out badly, in parts, if that is better."""
        stretch, language = window.stretch, window.language
        first = self._spoken(stretch, window.taken, language)
        if not is_poor(first):
            return [first]
        parts = stretch.parts(PART)
        if len(parts) == 1:
            return [first]
        again = [self._spoken(part, None, language) for part in parts]
        return again if worth(again) > worth([first]) else [first]

    def _hear_again(
        self, pool: ThreadPoolExecutor, stretches: Iterable[Stretch], spoken: Sequence[Spoken]
    ) -> Iterator[list[Spoken]]:
        """Holes, each heard by itself in the language spoken before it."""

        def window(stretch: Stretch) -> Window:
            before = [one.language for one in spoken if one.stretch.spans[0][0] <= stretch.spans[0][0]]
            return Window(stretch, None, before[-1] if before else spoken[0].language)

        return side_by_side(pool, self._listen_to, map(window, stretches) if spoken else iter(()), self.ear.workers)

    def _spoken(self, stretch: Stretch, taken: Any, language: str) -> Spoken:
        taken = self.ear.take_in(stretch.samples) if taken is None else taken
        take = self.ear.hear(taken, language, self.glossary, english=self.english)
        if take.text and not take.words:  # the alignment failed: no word is lost for want of a time
            shares = spread(take.text, 0.0, stretch.seconds)
            take = replace(take, words=tuple(RawWord(*word[:3], 0.0) for word in shares))
        words = placed(take.words, stretch, self.voice, self._spelling(language))
        return Spoken(stretch.without_sound(), language, take, words)

    def _written(
        self, spoken: Sequence[Spoken], duration: float, main: str
    ) -> tuple[tuple[Segment, ...], tuple[Dropped, ...]]:
        """The segments of the transcript, and what was kept out of it."""
        heard: list[Heard] = []
        every = sorted(
            ((word, number) for number, one in enumerate(spoken) for word in one.words),
            key=lambda pair: pair[0].start,
        )
        ordered = in_order((word for word, _ in every), duration)
        for number, run in groupby(zip(ordered, every, strict=True), key=lambda pair: pair[1][1]):
            one = spoken[number]
            around = sum(voiced(self.voice, *times) * share for times, share in one.stretch.shares())
            for part in sentences([word for word, _ in run]):
                share = min(around, voiced(self.voice, part[0].start, part[-1].end))
                said = segment(part, self._spelling(one.language), main)
                heard.append(Heard(said, one.take.log_probability, one.take.no_speech, share, number))
        kept, dropped = sift(heard, prompt(self.glossary))
        segments: list[Segment] = []
        for language, together in groupby(kept, key=lambda one: one.language or main):
            words: list[Word] = [word for one in together for word in one.words]
            segments += lines(words, language, main)
        return tuple(segments), dropped

    def _spelling(self, spoken: str) -> str:
        """The language that words spoken in one are written in."""
        return "en" if self.english else spoken


def listen(
    ear: Ear,
    audio: Path,
    *,
    fingerprint: str,
    language: str | None,
    glossary: Sequence[str],
    english: bool,
    progress: Progress | None,
) -> Transcript:
    """Everything said in `audio`, as `transcribe.port.Transcriber` promises it.

    A recording in which nobody speaks gives no segments, in the language that was set, else `und`.
    Raises UnknownLanguage for a language these weights do not know.
    """
    if language is not None:
        language = check_language(language)
        if not ear.knows(language):
            raise UnknownLanguage(
                "The {model} model does not know the language “{language}”; choose another model.",
                model=ear.model,
                language=language,
            )
    tell = _never_falling(progress)
    voice = listen_for_voice(read_blocks(audio))
    return Listening(ear, audio, voice, language, tuple(glossary), english, tell).transcript(fingerprint)


def _never_falling(progress: Progress | None) -> Progress:
    highest = 0.0

    def tell(fraction: float) -> None:
        nonlocal highest
        if progress is not None and fraction > highest:
            highest = min(fraction, 1.0)
            progress(highest)

    return tell
