"""From the sound of a recording to its transcript, with any engine: find the speech, pack it into windows, decode
several at once, decide on the language, put the words in order, sift them, look for holes.

An engine only decodes one window of up to 30 s; everything else that a transcript promises is done here, once.

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
from transcribe.pipeline.decoder import Decoder, RawWord
from transcribe.pipeline.hallucinations import ScoredSentence, sift
from transcribe.pipeline.language_tracking import LanguageTracker, piece_times, pieces
from transcribe.pipeline.parallel import side_by_side
from transcribe.pipeline.prompt import prompt
from transcribe.pipeline.vad import (
    RATE,
    VAD,
    WINDOW,
    SpeechChunk,
    VoiceActivity,
    cut,
    detect_voice,
    pack,
    read_blocks,
    spans_of,
)
from transcribe.pipeline.windows import DecodedChunk, EncodedWindow, is_poor, times_of, within, worth
from transcribe.pipeline.word_timing import in_order, lines, placed_words, segment, sentences
from transcribe.port import ReportFraction

OPTIONS = {"vad": VAD, "window": WINDOW, "listening": 2}
"""What shapes a transcript besides engine, weights and inputs. `listening` grows when results of this code change."""
ROUND = 16
"""Windows after which the language is decided: 7 minutes of speech."""
PART = 10.0
"""Seconds of the parts in which a window that came out badly is decoded once more."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One recording, the decoder of one engine, and what is known before: language, glossary, whether to translate."""

    decoder: Decoder
    audio: Path
    voice: VoiceActivity
    language: str | None
    glossary: tuple[str, ...]
    english: bool
    report: ReportFraction

    def transcript(self, fingerprint: str) -> Transcript:
        voice = self.voice
        duration = voice.total / RATE
        tracker = LanguageTracker(current=self.language)
        spans = spans_of(voice)
        decoded: list[DecodedChunk] = []
        with ThreadPoolExecutor(self.decoder.workers) as pool:
            for batch in self._decode_all(pool, cut(read_blocks(self.audio), pack(spans)), tracker):
                decoded += batch
                self.report(min(batch[-1].chunk.spans[-1][1] / max(voice.total, 1), 0.99))
            missed = within(spans, holes(voice, times_of(word for window in decoded for word in window.words)))
            again = cut(read_blocks(self.audio), missed)
            decoded += [window for batch in self._decode_holes(pool, again, decoded) for window in batch]
        main = "en" if self.english else self.language or tracker.main or UNDETERMINED
        segments, dropped = self._segments(decoded, duration, main)
        self.report(1.0)
        return Transcript(
            fingerprint=fingerprint,
            engine=self.decoder.engine,
            model=self.decoder.model,
            language=main if segments or self.language else UNDETERMINED,
            language_probability=None if self.language or not segments else tracker.probability,
            duration=round(duration, 3),
            segments=segments,
            dropped=dropped,
            speech=speech_seconds(voice),
            holes=holes(voice, times_of(word for segment in segments for word in segment.words)),
        )

    def _decode_all(
        self, pool: ThreadPoolExecutor, chunks: Iterable[SpeechChunk], tracker: LanguageTracker
    ) -> Iterator[list[DecodedChunk]]:
        """Every chunk decoded, in order."""

        def encode(chunk: SpeechChunk) -> tuple[SpeechChunk, Any, list[dict[str, float]]]:
            encoded = self.decoder.encode(chunk.samples)
            return chunk, encoded, [] if self.language else self.decoder.languages(encoded, piece_times(chunk))

        ahead = self.decoder.workers + (0 if self.language else ROUND)
        windows = self._with_languages(side_by_side(pool, encode, chunks, ahead), tracker)
        return side_by_side(pool, self._decode_window, windows, 2 * self.decoder.workers)

    def _with_languages(
        self, encoded_chunks: Iterator[tuple[SpeechChunk, Any, list[dict[str, float]]]], tracker: LanguageTracker
    ) -> Iterator[EncodedWindow]:
        """Windows with their language; a window in which it changes is split there."""
        if self.language is not None:
            yield from (EncodedWindow(chunk, encoded, self.language) for chunk, encoded, _ in encoded_chunks)
            return
        while round_ := deque(islice(encoded_chunks, ROUND)):
            guesses = [
                (end - start, guess)
                for chunk, _, languages in round_
                for (start, end), guess in zip(piece_times(chunk), languages, strict=True)
            ]
            decided = iter(tracker.decide(guesses))
            while round_:  # emptied as it goes: encoded windows are large
                chunk, encoded, languages = round_.popleft()
                names = [next(decided) for _ in languages]
                if len(set(names)) == 1:
                    yield EncodedWindow(chunk, encoded, names[0])
                    continue
                runs = [(name, len(list(run))) for name, run in groupby(names)]
                counts = iter(pieces(chunk))
                parts = chunk.split([sum(next(counts) for _ in range(length)) for _, length in runs])
                for (name, _), part in zip(runs, parts, strict=True):
                    yield EncodedWindow(part, None, name)

    def _decode_window(self, window: EncodedWindow) -> list[DecodedChunk]:
        """A window decoded; if it came out badly, in parts, provided that those are better."""
        chunk, language = window.chunk, window.language
        first = self._decode_chunk(chunk, window.encoded, language)
        if not is_poor(first):
            return [first]
        parts = chunk.parts(PART)
        if len(parts) == 1:
            return [first]
        again = [self._decode_chunk(part, None, language) for part in parts]
        return again if worth(again) > worth([first]) else [first]

    def _decode_holes(
        self, pool: ThreadPoolExecutor, chunks: Iterable[SpeechChunk], decoded: Sequence[DecodedChunk]
    ) -> Iterator[list[DecodedChunk]]:
        """Holes, each decoded by itself in the language spoken before it."""

        def window(chunk: SpeechChunk) -> EncodedWindow:
            before = [earlier.language for earlier in decoded if earlier.chunk.spans[0][0] <= chunk.spans[0][0]]
            return EncodedWindow(chunk, None, before[-1] if before else decoded[0].language)

        return side_by_side(
            pool, self._decode_window, map(window, chunks) if decoded else iter(()), self.decoder.workers
        )

    def _decode_chunk(self, chunk: SpeechChunk, encoded: Any, language: str) -> DecodedChunk:
        encoded = self.decoder.encode(chunk.samples) if encoded is None else encoded
        decoded = self.decoder.decode(encoded, language, self.glossary, english=self.english)
        if decoded.text and not decoded.words:  # the alignment failed: no word is lost for want of a time
            shares = spread(decoded.text, 0.0, chunk.seconds)
            decoded = replace(decoded, words=tuple(RawWord(*word[:3], 0.0) for word in shares))
        words = placed_words(decoded.words, chunk, self.voice, self._spelling(language))
        return DecodedChunk(chunk.without_sound(), language, decoded, words)

    def _segments(
        self, decoded: Sequence[DecodedChunk], duration: float, main: str
    ) -> tuple[tuple[Segment, ...], tuple[Dropped, ...]]:
        """The segments of the transcript, and what was kept out of it."""
        scored: list[ScoredSentence] = []
        every = sorted(
            ((word, number) for number, chunk in enumerate(decoded) for word in chunk.words),
            key=lambda pair: pair[0].start,
        )
        ordered = in_order((word for word, _ in every), duration)
        for number, run in groupby(zip(ordered, every, strict=True), key=lambda pair: pair[1][1]):
            chunk = decoded[number]
            around = sum(voiced(self.voice, *times) * share for times, share in chunk.chunk.shares())
            for part in sentences([word for word, _ in run]):
                share = min(around, voiced(self.voice, part[0].start, part[-1].end))
                sentence = segment(part, self._spelling(chunk.language), main)
                scored.append(
                    ScoredSentence(sentence, chunk.decoded.log_probability, chunk.decoded.no_speech, share, number)
                )
        sifted, dropped = sift(scored, prompt(self.glossary))
        segments: list[Segment] = []
        for language, together in groupby(sifted, key=lambda chunk: chunk.language or main):
            words: list[Word] = [word for chunk in together for word in chunk.words]
            segments += lines(words, language, main)
        return tuple(segments), dropped

    def _spelling(self, spoken: str) -> str:
        """The language in which words spoken in another are written down."""
        return "en" if self.english else spoken


def run_pipeline(
    decoder: Decoder,
    audio: Path,
    *,
    fingerprint: str,
    language: str | None,
    glossary: Sequence[str],
    english: bool,
    progress: ReportFraction | None,
) -> Transcript:
    """Everything said in `audio`, as `transcribe.port.Transcriber` promises it.

    A recording without speech has no segments, and the language that was set, else `und`.
    Raises UnknownLanguage for a language that these weights do not support.
    """
    if language is not None:
        language = check_language(language)
        if not decoder.supports(language):
            raise UnknownLanguage(
                "The {model} model does not know the language “{language}”; choose another model.",
                model=decoder.model,
                language=language,
            )
    report = _only_rising(progress)
    voice = detect_voice(read_blocks(audio))
    return Pipeline(decoder, audio, voice, language, tuple(glossary), english, report).transcript(fingerprint)


def _only_rising(progress: ReportFraction | None) -> ReportFraction:
    """Windows end out of order; what is reported never falls."""
    highest = 0.0

    def report(fraction: float) -> None:
        nonlocal highest
        if progress is not None and fraction > highest:
            highest = min(fraction, 1.0)
            progress(highest)

    return report
