"""faster-whisper: Whisper on CTranslate2, 8-bit on the CPU; the default engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kring.errors import SetupError
from transcribe.engine import Whisper, fair_threads
from transcribe.languages import from_whisper, to_whisper
from transcribe.listening import TEMPERATURES, RawSegment, RawWord
from transcribe.weights import folder

if TYPE_CHECKING:
    from transcribe.speech import Samples

DEVICE = "cpu"


class FasterWhisper(Whisper):
    precision = "int8"
    engine = "faster-whisper"
    beam = 5
    stretch_seconds = 600.0

    @cached_property
    def _whisper(self) -> Any:
        import ctranslate2
        from faster_whisper import WhisperModel

        ctranslate2.set_random_seed(0)  # only the hotter temperatures draw lots
        threads = fair_threads(self.settings)
        weights = folder(self.settings)
        try:
            return WhisperModel(str(weights), device=DEVICE, compute_type=self.precision, cpu_threads=threads)
        except (RuntimeError, ValueError) as error:
            raise SetupError(f"The weights in {weights} cannot be loaded; delete that folder. ({error})") from None

    def knows(self, language: str) -> bool:
        if not self._whisper.model.is_multilingual:
            return language == "en"
        return self._whisper.hf_tokenizer.token_to_id(f"<|{to_whisper(language)}|>") is not None

    def languages(self, samples: Samples) -> dict[str, float]:
        if not self._whisper.model.is_multilingual:
            return {"en": 1.0}
        _best, _probability, all_of_them = self._whisper.detect_language(samples)
        return {from_whisper(code): probability for code, probability in all_of_them}

    def hear(self, samples: Samples, language: str, prompt: str | None) -> Iterator[RawSegment]:
        segments, _info = self._whisper.transcribe(
            samples,
            language=to_whisper(language),
            hotwords=prompt,
            beam_size=self.beam,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_speech_threshold=None,  # hallucinations.sift does it, and keeps what it takes out
        )
        for segment in segments:
            words = tuple(RawWord(word.start, word.end, word.word, word.probability) for word in segment.words or ())
            yield RawSegment(
                segment.start, segment.end, segment.text, words, segment.avg_logprob, segment.no_speech_prob
            )
