"""Where people speak in a recording, and that speech in stretches an engine can take one after another.

The audio is read in blocks and never held whole: a twelve-hour meeting needs no more memory than a short one. Silence
and music never reach an engine, because Whisper invents words for them. A stretch ends in a pause, so no word is cut.
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
BLOCK = 300 * RATE
MAGIC = {b"fLaC": "flac", b"RIFF": "wav"}
VAD = {"threshold": 0.5, "min_silence_duration_ms": 2000, "speech_pad_ms": 400, "max_speech_duration_s": 30}
"""faster-whisper's defaults, and no stretch of speech over 30 s without a place to cut (one Whisper window)."""

Span = tuple[int, int]
"""First sample and the one after the last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech of several spans run together, as an engine hears it."""

    spans: tuple[Span, ...]
    samples: Samples

    def original(self, start: float, end: float) -> tuple[float, float]:
        """Seconds in the recording for seconds in this stretch, within the span that holds their middle."""
        middle = int((start + end) / 2 * RATE)
        before = 0
        for first, last in self.spans:
            if middle < before + last - first or (first, last) == self.spans[-1]:
                break
            before += last - first
        shift = (first - before) / RATE
        return tuple(min(max(time + shift, first / RATE), last / RATE) for time in (start, end))  # type: ignore[return-value]


def read_blocks(path: Path, size: int = BLOCK) -> Iterator[Samples]:
    """The samples of a 16 kHz mono FLAC or WAV file, -1 to 1, `size` at a time.

    The demuxer is chosen by the first bytes and given an open file, so that nothing in the file can name another.
    Raises NotFound where there is no file and NotMedia for anything that `transcribe.render` would not have made.
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


def find_speech(blocks: Iterable[Samples]) -> tuple[int, list[Span]]:
    """The number of samples, and the spans in which someone speaks, in order, none over 30 s.

    Speech that runs into the end of a block is heard again together with the next one.
    """
    import numpy as np
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(**VAD)
    spans: list[Span] = []
    offset = 0
    pending = np.zeros(0, dtype=np.float32)
    found: list[Span] = []
    for block in blocks:
        pending = np.concatenate([pending, block])
        found = [(int(span["start"]), int(span["end"])) for span in get_speech_timestamps(pending, options)]
        keep = found.pop()[0] if found and found[-1][1] >= len(pending) else len(pending)
        spans += [(offset + start, offset + end) for start, end in found]
        offset += keep
        pending = pending[keep:]
    total = offset + len(pending)
    if len(pending):  # the last span, which no further block will continue
        spans.append((offset, total))
    return total, spans


def group(spans: Sequence[Span], seconds: float) -> list[tuple[Span, ...]]:
    """Consecutive spans together, up to `seconds` of speech in each group; spans that touch become one."""
    groups: list[list[Span]] = []
    size = 0
    for start, end in spans:
        if not groups or size + end - start > seconds * RATE:
            groups.append([(start, end)])
            size = end - start
            continue
        last = groups[-1]
        if last[-1][1] == start:
            last[-1] = (last[-1][0], end)
        else:
            last.append((start, end))
        size += end - start
    return [tuple(spans) for spans in groups]


def cut(blocks: Iterable[Samples], groups: Sequence[tuple[Span, ...]]) -> Iterator[Stretch]:
    """The speech of each group, in order, each given out as soon as its last sample has been read."""
    import numpy as np

    waiting = iter(groups)
    group = next(waiting, None)
    held = np.zeros(0, dtype=np.float32)
    offset = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while group is not None and group[-1][1] <= offset + len(held):
            yield Stretch(group, np.concatenate([held[start - offset : end - offset] for start, end in group]))
            group = next(waiting, None)
        if group is None:
            return
        drop = min(max(group[0][0] - offset, 0), len(held))
        held, offset = held[drop:], offset + drop


def places(spans: Sequence[Span], count: int = 5, seconds: float = 30) -> list[tuple[Span, ...]]:
    """Up to `count` groups of about `seconds` of speech, spread evenly: where to detect a language."""
    windows = group(spans, seconds)
    if len(windows) <= count:
        return windows
    edges = [round(number * len(windows) / count) for number in range(count + 1)]
    return [windows[(first + last) // 2] for first, last in pairwise(edges)]
