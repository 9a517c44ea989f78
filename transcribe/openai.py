"""openai-whisper: the reference implementation on PyTorch; slower, for comparison and for its own checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kring.errors import SetupError
from transcribe.engine import Whisper, fair_threads
from transcribe.languages import from_whisper, to_whisper
from transcribe.listening import TEMPERATURES, RawSegment, RawWord
from transcribe.weights import checkpoint

if TYPE_CHECKING:
    from transcribe.speech import Samples

DEVICE = "cpu"


class OpenAIWhisper(Whisper):
    precision = "fp32"
    engine = "openai-whisper"
    beam = 1
    """Greedy, as is its own default: five took 3.4 times the processor time."""
    stretch_seconds = 60.0
    """It tells nothing before a call is done, so calls are short for the sake of progress."""

    @cached_property
    def _whisper(self) -> Any:
        import pickle

        import torch
        import whisper

        torch.set_num_threads(fair_threads(self.settings))
        torch.manual_seed(0)  # only the hotter temperatures draw lots
        weights = checkpoint(self.settings)
        try:
            model = whisper.load_model(str(weights), device=DEVICE)
        except (RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise SetupError(f"The weights in {weights} cannot be loaded; delete that file. ({error})") from None
        heads = whisper._ALIGNMENT_HEADS.get(self.model)
        if heads is not None:  # without them words get their times from every head, which is less exact
            model.set_alignment_heads(heads)
        return model

    def knows(self, language: str) -> bool:
        from whisper.tokenizer import LANGUAGES

        if not self._whisper.is_multilingual:
            return language == "en"
        return to_whisper(language) in list(LANGUAGES)[: self._whisper.num_languages]

    def languages(self, samples: Samples) -> dict[str, float]:
        import whisper

        if not self._whisper.is_multilingual:
            return {"en": 1.0}
        window = whisper.pad_or_trim(samples)
        mel = whisper.log_mel_spectrogram(window, self._whisper.dims.n_mels).to(self._whisper.device)
        _token, probabilities = whisper.detect_language(self._whisper, mel)
        return {from_whisper(code): probability for code, probability in probabilities.items()}

    def hear(self, samples: Samples, language: str, prompt: str | None) -> Iterator[RawSegment]:
        import whisper

        result = whisper.transcribe(
            self._whisper,
            samples,
            language=to_whisper(language),
            initial_prompt=prompt,
            carry_initial_prompt=prompt is not None,
            temperature=TEMPERATURES,
            best_of=5,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_speech_threshold=None,  # hallucinations.sift does it, and keeps what it takes out
            fp16=False,
            verbose=None,
        )
        for segment in result["segments"]:
            words = tuple(
                RawWord(word["start"], word["end"], word["word"], word["probability"]) for word in segment["words"]
            )
            yield RawSegment(
                segment["start"],
                segment["end"],
                segment["text"],
                words,
                segment["avg_logprob"],
                segment["no_speech_prob"],
            )
