"""faster-whisper: Whisper on CTranslate2, 8-bit on the CPU; the default engine.

One copy of the weights, `workers` single-threaded decoders over it. Each window is encoded once: the language is
guessed from slices of what the encoder made, the words are written down from it, and aligned with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from kring.errors import SetupError
from kring.process import cores
from transcribe.engines.base import Whisper
from transcribe.engines.whisper_codes import from_whisper, to_whisper
from transcribe.models.weights import folder
from transcribe.pipeline.decoder import DecodedWindow, RawWord
from transcribe.pipeline.hallucinations import is_repetitive
from transcribe.pipeline.prompt import prompt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from transcribe.pipeline.vad import Samples

BEAM = 5
SURE = -0.15
"""Mean log probability from which the first, greedy try is believed. Of clear speech 1 window in 23 is below it, and a
beam finds no better words in the others. With noise and echo at 8 dB it is 20 in 24: greedy words were wrong 15.3 times
in 100, the beam's 9.8, this mix of both 9.9. Decoding several windows in one batch was no faster at any size: what it
saves in reading weights it loses in the processor's caches."""
STRICT = {"beam_size": BEAM, "no_repeat_ngram_size": 4}
"""Tried if even the beam repeats itself. Whisper's own way, drawing lots at a higher temperature, invents more and
gives another transcript each time."""
MOST_TOKENS = 224
"""Of a window: twice what a fast speaker fills it with."""
MOST_WORKERS = 8
"""Each costs some 100 MB; cores beyond are shared among them."""
GPU_STREAMS = 4
"""Windows side by side on a GPU, which does not mind; its cores do the counting."""
PREPENDED, APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Punctuation that belongs to the word after or before it, as in `whisper/timing.py`."""


@dataclass(frozen=True, slots=True)
class EncoderOutput:
    """A window as the encoder sees it."""

    features: Any
    """The encoder's output, on its device."""
    seconds: float


class FasterWhisper(Whisper):
    engine = "faster-whisper"
    decoding: ClassVar = {"sure": SURE, "beam": BEAM, "strict": STRICT}

    @property
    def workers(self) -> int:
        """All cores, also if several recordings are worked on at once: single-threaded decoders share them well."""
        if self.device == "cuda":
            return GPU_STREAMS
        return min(self._threads, MOST_WORKERS)

    @property
    def _threads(self) -> int:
        return self.settings.transcribe.threads or cores()

    @cached_property
    def _whisper(self) -> Any:
        from faster_whisper import WhisperModel

        weights = folder(self.settings)
        try:
            return WhisperModel(
                str(weights),
                device=self.device,
                compute_type=self.precision,
                cpu_threads=max(1, self._threads // self.workers),
                num_workers=self.workers,
            )
        except (RuntimeError, ValueError) as error:
            raise SetupError(
                f"The weights in {weights} cannot be loaded ({error}); if Kring fetched them, delete that folder."
            ) from None

    def supports(self, language: str) -> bool:
        if not self._whisper.model.is_multilingual:
            return language == "en"
        return self._whisper.hf_tokenizer.token_to_id(f"<|{to_whisper(language)}|>") is not None

    def encode(self, samples: Samples) -> EncoderOutput:
        from faster_whisper.audio import pad_or_trim

        features = pad_or_trim(self._whisper.feature_extractor(samples)[..., :-1])
        return EncoderOutput(
            self._whisper.encode(features), len(samples) / self._whisper.feature_extractor.sampling_rate
        )

    def languages(self, output: EncoderOutput, pieces: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        import ctranslate2
        import numpy as np

        if not self._whisper.model.is_multilingual:
            return [{"en": 1.0} for _ in pieces]
        encoded: NDArray[np.float32] = np.array(output.features.to_device(ctranslate2.Device.cpu))
        guesses = []
        for start, end in pieces:
            slice_ = np.ascontiguousarray(encoded[:, int(start * 50) : max(int(end * 50), int(start * 50) + 1)])
            [guess] = self._whisper.model.detect_language(ctranslate2.StorageView.from_array(slice_))
            guesses.append({from_whisper(token[2:-2]): probability for token, probability in guess})
        return guesses

    def decode(self, output: EncoderOutput, language: str, glossary: Sequence[str], *, english: bool) -> DecodedWindow:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import merge_punctuations

        whisper = self._whisper
        tokenizer = Tokenizer(
            whisper.hf_tokenizer,
            whisper.model.is_multilingual,
            task="translate" if english else "transcribe",
            language=to_whisper(language),
        )
        before = whisper.get_prompt(tokenizer, [], without_timestamps=True, hotwords=prompt(glossary) or None)
        decoded, tokens = self._decoded(output, tokenizer, before)
        [words] = whisper.find_alignment(tokenizer, [tokens], output.features, int(output.seconds * 100)) or [[]]
        merge_punctuations(words, PREPENDED, APPENDED)
        raw = (RawWord(float(w["start"]), float(w["end"]), w["word"], float(w["probability"])) for w in words)
        return DecodedWindow(
            decoded.text, tuple(word for word in raw if word.text), decoded.log_probability, decoded.no_speech
        )

    def _decoded(self, output: EncoderOutput, tokenizer: Any, before: list[int]) -> tuple[DecodedWindow, list[int]]:
        """The text and its tokens: greedy; by beam search if that is unsure; without repeats if that loops."""
        first = self._generate(output, tokenizer, before, beam_size=1)
        if first[0].log_probability >= SURE and not is_repetitive(first[0].text):
            return first
        best = self._generate(output, tokenizer, before, beam_size=BEAM)
        return self._generate(output, tokenizer, before, **STRICT) if is_repetitive(best[0].text) else best

    def _generate(
        self, output: EncoderOutput, tokenizer: Any, before: list[int], **how: Any
    ) -> tuple[DecodedWindow, list[int]]:
        [result] = self._whisper.model.generate(
            output.features,
            [before],
            max_length=min(len(before) + MOST_TOKENS, self._whisper.max_length),
            return_scores=True,
            return_no_speech_prob=True,
            **how,
        )
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        text = " ".join(tokenizer.decode(tokens).split())
        return DecodedWindow(text, (), result.scores[0], result.no_speech_prob), tokens
