"""Whether everything that was said was written down: speech time against transcribed time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from kring.model import Hole, Segment
from transcribe.pipeline.vad import FRAME, RATE, VoiceActivity, detect_voice, read_blocks

SURE = 0.5
"""Probability from which a frame counts as speech: a breath or a rustle leaves no hole."""
NEAR = 0.5
"""Seconds around a word in which speech belongs to it."""
TOGETHER = 2.0
"""Seconds without speech that do not part a hole …"""
SMALLEST = 3.0
"""… and the speech in one, in seconds, from which it counts: about a sentence."""


def coverage(audio: Path, segments: Sequence[Segment]) -> tuple[float, tuple[Hole, ...]]:
    """Seconds of speech in `audio` (as `transcribe.rendering.render` prepares it), and where it is missing from
    `segments`.

    Raises NotFound, NotMedia.
    """
    voice = detect_voice(read_blocks(audio))
    return speech_seconds(voice), holes(voice, written_times(segments))


def speech_seconds(voice: VoiceActivity) -> float:
    return round(int((voice.probabilities >= SURE).sum()) * FRAME / RATE, 1)


def written_times(segments: Iterable[Segment]) -> list[tuple[float, float]]:
    """When something was written down: each word, or the segment if its words have no times."""
    return [
        (part.start, part.end)
        for segment in segments
        for part in (segment.words or (segment,))  # both have a start and an end
    ]


def voiced(voice: VoiceActivity, start: float, end: float) -> float:
    """Share of the time between two seconds that is surely speech."""
    frames = voice.probabilities[int(start * RATE / FRAME) : int(end * RATE / FRAME) + 1]
    return float((frames >= SURE).mean()) if len(frames) else 0.0


def holes(voice: VoiceActivity, written: Iterable[tuple[float, float]]) -> tuple[Hole, ...]:
    """Stretches of sure speech of which nothing was `written` (start and end in seconds), in order."""
    import numpy as np

    covered = np.zeros(len(voice.probabilities), dtype=bool)
    for start, end in written:
        covered[max(int((start - NEAR) * RATE / FRAME), 0) : max(int((end + NEAR) * RATE / FRAME) + 1, 0)] = True
    frames = np.flatnonzero((voice.probabilities >= SURE) & ~covered)
    if not len(frames):
        return ()
    between = np.diff(np.cumsum(covered)[frames])  # words stand between two frames, or a silence
    parts = np.split(frames, np.flatnonzero((between > 0) | (np.diff(frames) > TOGETHER * RATE / FRAME)) + 1)
    holes_ = []
    for part in parts:
        if len(part) * FRAME >= SMALLEST * RATE:
            first, last = int(part[0]), int(part[-1]) + 1
            end = math.floor(min(last * FRAME, voice.total) / RATE * 100) / 100  # never after the recording's
            holes_.append(Hole(round(first * FRAME / RATE, 2), end))
    return tuple(holes_)
