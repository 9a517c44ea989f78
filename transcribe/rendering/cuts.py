"""The filters by which passages are neither heard nor seen; the clock goes on through them."""

from __future__ import annotations

from collections.abc import Iterable

Stretches = tuple[tuple[float, float], ...]
"""From when to when, in seconds of the original's player."""

_BLOCKS = 100  # a second; ffmpeg silences whole blocks of samples


def silence(cuts: Stretches, rate: int) -> list[str]:
    """Filters for sound of `rate` samples a second whose times count from 0. A block that a passage reaches into is
    silent as a whole, and so are its neighbours: resampling has let some of the passage into them."""
    if not cuts:
        return []
    wider = tuple((start - 2 / _BLOCKS, end + 1 / _BLOCKS) for start, end in cuts)
    return [f"asetnsamples=n={rate // _BLOCKS}:p=0", f"volume=volume=0:enable='{_during(wider)}'"]


def cover(cuts: Stretches) -> list[str]:
    """Filters for a picture."""
    return [f"drawbox=x=0:y=0:w=iw:h=ih:color=black:t=fill:enable='{_during(cuts)}'"] if cuts else []


def is_cut(cuts: Stretches, at: float) -> bool:
    return any(start <= at < end for start, end in cuts)


def _during(stretches: Iterable[tuple[float, float]]) -> str:
    return "+".join(f"gte(t,{start:.3f})*lt(t,{end:.3f})" for start, end in stretches)
