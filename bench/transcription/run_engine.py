"""One engine listens to one file, in this process: `python -m bench.transcription.run_engine NAME AUDIO OUT.json`.

OUT.json has `text`, `seconds` (spent on listening, without the start of the process; for Kring, which loads its
weights when it first listens, with them) and for Kring its `transcript`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kring.settings import Settings, WorkerSettings
from transcribe.engines.registry import open_transcriber
from transcribe.models.weights import folder

OUTPUT = dict[str, Any]


def kring(audio: Path, settings: Settings) -> OUTPUT:
    """The default engine, with the machine to itself: a worker that takes one recording at a time."""
    settings = settings.model_copy(update={"worker": WorkerSettings(limit=1)})
    began = time.perf_counter()
    transcript = open_transcriber(settings).transcribe(audio)
    seconds = time.perf_counter() - began
    text = " ".join(segment.text.strip() for segment in transcript.segments)
    return {"text": text, "seconds": seconds, "transcript": transcript.model_dump(mode="json")}


def faster_whisper(audio: Path, settings: Settings, **options: Any) -> OUTPUT:
    from faster_whisper import WhisperModel

    return _listen(WhisperModel(str(folder(settings)), device="cpu", **options), audio)


def faster_whisper_batched(audio: Path, settings: Settings, **options: Any) -> OUTPUT:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    return _listen(BatchedInferencePipeline(WhisperModel(str(folder(settings)), device="cpu", **options)), audio)


def _listen(model: Any, audio: Path) -> OUTPUT:
    began = time.perf_counter()
    segments, _information = model.transcribe(str(audio))
    text = " ".join(segment.text.strip() for segment in segments)
    return {"text": text, "seconds": time.perf_counter() - began}


ENGINES: dict[str, Callable[[Path, Settings], OUTPUT]] = {
    "kring": kring,
    "faster-whisper": faster_whisper,
    "faster-whisper int8": lambda audio, settings: faster_whisper(audio, settings, compute_type="int8"),
    "faster-whisper-batched": faster_whisper_batched,
    "faster-whisper-batched int8": lambda audio, settings: faster_whisper_batched(audio, settings, compute_type="int8"),
}


def main() -> None:
    name, audio, out = sys.argv[1:]
    output = ENGINES[name](Path(audio), Settings())
    Path(out).write_text(json.dumps(output), "utf-8")


if __name__ == "__main__":
    main()
