"""Where people speak in a recording, and that speech in windows an engine can take one after another.

The audio is read in blocks and never held whole: a twelve-hour meeting needs no more memory than a short one. Silence
never reaches an engine, because Whisper takes as long over it as over speech and invents words for it. A window ends
in a pause; only speech of half a minute without one is cut where the voice is faintest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from kring.errors import NotFound, NotMedia

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second; Whisper and Silero VAD know no other."""
FRAME = 512
"""Samples for which Silero VAD gives one probability: 32 ms."""
BLOCK = 960 * FRAME
"""About 30 s; with blocks of 300 s the detector alone took 180 MB."""
WARM_UP = 32 * FRAME
"""Samples of the block before that the detector hears again: it begins each block without memory."""
MAGIC = {b"fLaC": "flac", b"RIFF": "wav"}

VAD = {"low": 0.2, "high": 0.5, "silence": 0.5, "pad": 0.4}
"""Speech is where the probability stays above `low` and reaches `high` once; silences shorter than `silence`
seconds are part of it, and so are `pad` seconds around it. With 0.5 for both, as is usual, quiet words of a noisy
meeting were lost, and with less padding Whisper stopped early: with noise and echo at 8 dB 12 words in 100 were wrong
instead of 10."""
ENDING = 0.1
"""Seconds a word may end late."""
BREATH = 6
"""Frames without a voice (0.2 s) at which speech may be parted between two windows; no word goes on after them."""
WINDOW = 28.0
"""Seconds of speech a window holds at most: Whisper hears 30 s at a time, and a little silence at the end tells it to
stop."""

SampleSpan = tuple[int, int]
"""First sample and the one after the last."""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Speech of several spans run together, as an engine hears it."""

    spans: tuple[SampleSpan, ...]
    samples: Samples

    @property
    def seconds(self) -> float:
        return sum(last - first for first, last in self.spans) / RATE

    def shares(self) -> list[tuple[tuple[float, float], float]]:
        """Of each span its start and end in seconds of the recording, and its share of the stretch."""
        return [((first / RATE, last / RATE), (last - first) / RATE / self.seconds) for first, last in self.spans]

    def without_sound(self) -> SpeechChunk:
        """Only its place, for when it has been heard: the speech of four hours is a gigabyte."""
        return SpeechChunk(self.spans, self.samples[:0].copy())

    def parts(self, seconds: float) -> list[SpeechChunk]:
        """The same speech in stretches of up to so many seconds, of whole spans."""
        return self.split(len(spans) for spans in pack(self.spans, seconds))

    def split(self, counts: Iterable[int]) -> list[SpeechChunk]:
        """In stretches of so many spans each."""
        chunks: list[SpeechChunk] = []
        first = begin = 0
        for count in counts:
            spans = self.spans[first : first + count]
            end = begin + sum(last - start for start, last in spans)
            chunks.append(SpeechChunk(spans, self.samples[begin:end]))
            first, begin = first + count, end
        return chunks

    def original(self, start: float, end: float) -> tuple[float, float]:
        """Seconds in the recording for seconds in this stretch, within the span that holds (nearly) their end: the
        alignment of words gives a pause to the word after it."""
        decisive = int(max(end - ENDING, (start + end) / 2) * RATE)
        before = 0
        for first, last in self.spans:
            if decisive < before + last - first or (first, last) == self.spans[-1]:
                break
            before += last - first
        shift = (first - before) / RATE
        return tuple(min(max(time + shift, first / RATE), last / RATE) for time in (start, end))  # type: ignore[return-value]


def read_blocks(path: Path, size: int = BLOCK) -> Iterator[Samples]:
    """The samples of a 16 kHz mono FLAC or WAV file, -1 to 1, `size` at a time.

    The demuxer is chosen by the first bytes and given an open file, so that nothing in the file can name another.
    Raises NotFound if there is no file and NotMedia for anything that `transcribe.rendering.render` would not have
    made.
    """
    import av
    import numpy as np

    not_ours = NotMedia(
        f"{path.name} is not speech audio as Kring prepares it (16 kHz mono FLAC or WAV); render it again."
    )
    try:
        with path.open("rb") as file:
            format_ = MAGIC.get(file.read(4))
            if format_ is None:
                raise not_ours
            file.seek(0)
            with av.open(file, mode="r", format=format_) as container:
                stream = container.streams.audio[0]
                if stream.rate != RATE or stream.channels != 1:
                    raise not_ours
                to_float = av.AudioResampler(format="flt", layout="mono", rate=RATE)
                held: list[Samples] = []
                count = 0
                for frame in container.decode(stream):
                    for plain in to_float.resample(frame):
                        held.append(plain.to_ndarray()[0].astype(np.float32, copy=False))
                        count += held[-1].shape[0]
                    if count >= size:
                        joined = np.concatenate(held)
                        yield joined[:size]
                        held, count = [joined[size:]], count - size
    except FileNotFoundError:
        raise NotFound(f"There is no audio at {path}; render the recording again.") from None
    except (av.FFmpegError, IndexError):
        raise not_ours from None
    if count:
        yield np.concatenate(held)


@dataclass(frozen=True, slots=True)
class VoiceActivity:
    """What the detector says of a recording."""

    total: int
    """Samples."""
    probabilities: NDArray[np.float32]
    """Of speech, for each `FRAME` samples."""


def detect_voice(blocks: Iterable[Samples]) -> VoiceActivity:
    """Silero's voice activity detector over a whole recording."""
    import numpy as np
    from faster_whisper.vad import get_vad_model

    detector = get_vad_model()
    total = 0
    before = np.zeros(WARM_UP, dtype=np.float32)
    all_probabilities: list[Samples] = []
    held = np.zeros(0, dtype=np.float32)

    def detect(samples: Samples) -> None:
        nonlocal before
        padded = np.pad(samples, (0, -len(samples) % FRAME))
        probabilities = detector(np.concatenate([before, padded])).reshape(-1)
        all_probabilities.append(probabilities[WARM_UP // FRAME :])
        before = np.concatenate([before, padded])[-WARM_UP:]

    for block in blocks:
        total += len(block)
        held = np.concatenate([held, block])
        while len(held) >= BLOCK:
            detect(held[:BLOCK])
            held = held[BLOCK:]
    if len(held):
        detect(held)
    return VoiceActivity(
        total, np.concatenate(all_probabilities) if all_probabilities else np.zeros(0, dtype=np.float32)
    )


def spans_of(voice: VoiceActivity, longest: float = WINDOW) -> list[SampleSpan]:
    """Where people speak, in order, none longer than `longest` seconds; spans may touch."""
    import numpy as np

    silence, pad = (round(VAD[name] * RATE / FRAME) for name in ("silence", "pad"))
    runs = [
        (first, last)
        for first, last in runs_of(np.flatnonzero(voice.probabilities >= VAD["low"]), silence)
        if voice.probabilities[first:last].max() >= VAD["high"]
    ]
    frames = -(-voice.total // FRAME)
    padded: list[SampleSpan] = []
    for number, (first, last) in enumerate(runs):
        room_before = (first - runs[number - 1][1]) // 2 if number else first
        room_after = (runs[number + 1][0] - last + 1) // 2 if number + 1 < len(runs) else frames - last
        span = first - min(pad, room_before), last + min(pad, room_after)
        padded += _parted(voice, span, int(longest * RATE / FRAME))
    phrases = [phrase for span in padded for phrase in _phrases(voice, span)]
    return [(first * FRAME, min(last * FRAME, voice.total)) for first, last in phrases]


def _phrases(voice: VoiceActivity, span: SampleSpan) -> list[SampleSpan]:
    """A span in parts that touch, cut amid its short silences: the smaller the parts, the fuller the windows."""
    import numpy as np

    first, last = span
    quiet = runs_of(np.flatnonzero(voice.probabilities[first:last] < VAD["low"]) + first)
    cuts = [(begin + end) // 2 for begin, end in quiet if end - begin >= BREATH and first < begin and end < last]
    return list(pairwise([first, *cuts, last]))


def runs_of(frames: NDArray[np.intp], apart: int = 1) -> list[SampleSpan]:
    """Ascending frames, those no further `apart` together: the first of each run, and the one after its last."""
    import numpy as np

    parts = np.split(frames, np.flatnonzero(np.diff(frames) > apart) + 1) if len(frames) else []
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _parted(voice: VoiceActivity, span: SampleSpan, longest: int) -> list[SampleSpan]:
    """A span in parts of at most `longest` frames, cut in the second half where speech is least likely."""
    import numpy as np

    parts = []
    first, last = span
    while last - first > longest:
        half = first + longest // 2
        at = half + int(np.argmin(voice.probabilities[half : first + longest]))
        parts.append((first, at))
        first = at
    return [*parts, (first, last)]


def pack(spans: Sequence[SampleSpan], seconds: float = WINDOW) -> list[tuple[SampleSpan, ...]]:
    """Consecutive spans together, up to `seconds` of speech in each window."""
    groups: list[list[SampleSpan]] = []
    size = 0
    for start, end in spans:
        if not groups or size + end - start > seconds * RATE:
            groups.append([])
            size = 0
        groups[-1].append((start, end))
        size += end - start
    return [tuple(spans) for spans in groups]


def cut(blocks: Iterable[Samples], groups: Sequence[tuple[SampleSpan, ...]]) -> Iterator[SpeechChunk]:
    """The speech of each group, in order, each given out as soon as its last sample has been read."""
    import numpy as np

    waiting = iter(groups)
    group = next(waiting, None)
    held = np.zeros(0, dtype=np.float32)
    offset = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while group is not None and group[-1][1] <= offset + len(held):
            yield SpeechChunk(group, np.concatenate([held[start - offset : end - offset] for start, end in group]))
            group = next(waiting, None)
        if group is None:
            return
        drop = min(max(group[0][0] - offset, 0), len(held))
        held, offset = held[drop:], offset + drop
