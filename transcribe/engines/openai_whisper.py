"""openai-whisper: the reference implementation on PyTorch; slower, for comparison and for its own checkpoints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from kring.errors import SetupError
from transcribe.captions.line_breaking import spread
from transcribe.engines.base import Whisper, fair_threads
from transcribe.engines.whisper_codes import from_whisper, to_whisper
from transcribe.models.alignment_heads import set_heads
from transcribe.models.weights import alignment_heads, checkpoint
from transcribe.pipeline.decoder import DecodedWindow, RawWord
from transcribe.pipeline.prompt import prompt
from transcribe.pipeline.vad import RATE

if TYPE_CHECKING:
    from transcribe.pipeline.vad import Samples


class OpenAIWhisper(Whisper):
    engine = "openai-whisper"
    decoding: ClassVar = {"beam": 1, "temperature": 0.0}
    """Greedy, as is its own default: a beam of five took 3.4 times the processor time. And no drawing of lots at higher
    temperatures: over a few seconds of music that took minutes, and gave another transcript each time."""

    @property
    def workers(self) -> int:
        """PyTorch spreads one window over the cores, and its models hear one at a time."""
        return 1

    @cached_property
    def _whisper(self) -> Any:
        import pickle

        import torch
        import whisper

        torch.set_num_threads(fair_threads(self.settings))
        weights = checkpoint(self.settings)
        try:
            model = whisper.load_model(str(weights), device=self.device)
        except (RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise SetupError(
                f"The weights in {weights} cannot be loaded ({error}); if Kring made that file, delete it."
            ) from None
        set_heads(model, alignment_heads(self.settings))
        return model

    def supports(self, language: str) -> bool:
        from whisper.tokenizer import LANGUAGES

        if not self._whisper.is_multilingual:
            return language == "en"
        return to_whisper(language) in list(LANGUAGES)[: self._whisper.num_languages]

    def encode(self, samples: Samples) -> Samples:
        return samples

    def languages(self, encoded: Samples, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        import whisper

        if not self._whisper.is_multilingual:
            return [{"en": 1.0} for _ in pieces]
        guesses = []
        for start, end in pieces:
            window = whisper.pad_or_trim(encoded[int(start * RATE) : int(end * RATE)])
            mel = whisper.log_mel_spectrogram(window, self._whisper.dims.n_mels).to(self._whisper.device)
            _token, probabilities = whisper.detect_language(self._whisper, mel)
            guesses.append({from_whisper(code): probability for code, probability in probabilities.items()})
        return guesses

    def decode(self, encoded: Samples, language: str, glossary: Sequence[str], *, english: bool) -> DecodedWindow:
        import whisper

        result = whisper.transcribe(
            self._whisper,
            encoded,
            task="translate" if english else "transcribe",
            language=to_whisper(language),
            initial_prompt=prompt(glossary) or None,
            carry_initial_prompt=bool(glossary),
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=not english,  # whose words have no place in the sound
            no_speech_threshold=None,  # hallucinations.sift does it, and keeps what it takes out
            fp16=self.precision == "float16",
            verbose=None,
        )
        segments = result["segments"]
        words = tuple(
            RawWord(word["start"], word["end"], word["word"], word["probability"])
            for segment in segments
            for word in (_spread(segment) if english else segment["words"])
        )
        return DecodedWindow(
            " ".join(result["text"].split()),
            words,
            min((segment["avg_logprob"] for segment in segments), default=0.0),
            max((segment["no_speech_prob"] for segment in segments), default=0.0),
        )


def _spread(segment: dict[str, Any]) -> list[dict[str, Any]]:
    """The words of a segment, each with its share of its time, as sure as the segment."""
    probability = math.exp(segment["avg_logprob"])
    return [
        {"start": word.start, "end": word.end, "word": word.text, "probability": probability}
        for word in spread(segment["text"], segment["start"], segment["end"])
    ]
