"""A bar chart of speeds as an SVG of its own, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, NAMES, VALUES = 760, 220, 200
"""Pixels: of all, and what is left of and right of the bars."""
_EDGE, _TOP, _ROW, _BAR = 20, 64, 30, 18


class Bar(NamedTuple):
    name: str
    speed: float
    """Seconds of recording per second."""
    error_rate: float
    """A fraction."""


_STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; fill: #59636e; }
  .page { fill: #ffffff; }
  .ours { fill: #0b6e4f; }
  .other { fill: #8b949e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .page { fill: #0d1117; }
    .ours { fill: #3fb68b; }
    .other { fill: #6e7681; }
  }
"""
"""With a ground of its own: a page may be light where the person who reads it prefers dark."""


def svg(bars: Sequence[Bar], ours: str, under: str) -> str:
    """The bars in the order given, that named `ours` in a colour of its own; `under` is a line of small print."""
    low = _TOP + _ROW * len(bars) + 20
    wide, high = WIDTH + 2 * _EDGE, low + 2 * _EDGE
    longest = max(bar.speed for bar in bars)
    title = "Speed of transcription, in times real time"
    told = "; ".join(f"{bar.name} {bar.speed:.1f} times real time, word error rate {_percent(bar)}" for bar in bars)
    rows = [line for number, bar in enumerate(bars) for line in _row(bar, number, longest, ours)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
            'role="img" aria-labelledby="title what">',
            f'<title id="title">{title}</title>',
            f'<desc id="what">{escape(told)}. {escape(under)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{wide}" height="{high}" rx="8"/>',
            f'<g transform="translate({_EDGE} {_EDGE})">',
            f'<text class="title" x="0" y="16">{title}</text>',
            '<text class="small" x="0" y="40">Longer is faster. In brackets: word error rate, less is better.</text>',
            *rows,
            f'<text class="small" x="0" y="{low}">{escape(under)}</text>',
            "</g>",
            "</svg>\n",
        ]
    )


def _row(bar: Bar, number: int, longest: float, ours: str) -> list[str]:
    top = _TOP + _ROW * number
    line = top + _BAR - 4
    length = max(1.0, (WIDTH - NAMES - VALUES) * bar.speed / longest)
    kind = "ours" if bar.name == ours else "other"
    return [
        f'<text x="{NAMES - 10}" y="{line}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="{kind}" x="{NAMES}" y="{top}" width="{length:.1f}" height="{_BAR}" rx="2"/>',
        f'<text x="{NAMES + length + 8:.1f}" y="{line}">{bar.speed:.1f}× real time ({_percent(bar)})</text>',
    ]


def _percent(bar: Bar) -> str:
    return f"{100 * bar.error_rate:.1f} %"
