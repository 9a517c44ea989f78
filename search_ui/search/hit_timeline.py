"""Where in a recording something was found, as places on a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from index.port import PassageHit
from search_ui.http import formatting

LABEL = 100
"""Characters of the excerpt that names a mark, about."""
_BEFORE = 30


@dataclass(frozen=True, slots=True)
class TimelineMark:
    at: float
    place: str
    """As an SVG coordinate: `24.3%`."""
    label: str


def timeline_marks(hits: Iterable[PassageHit], duration: float) -> list[TimelineMark]:
    """One for each passage in which a word is said that is marked, in order of time; none if the duration is not
    known."""
    if duration <= 0:
        return []
    spoken = [hit for hit in hits if hit.attachment is None and any(fragment.hit for fragment in hit.fragments)]
    return [
        TimelineMark(hit.hit_at, svg_position(hit.hit_at, duration), f"{formatting.clock(hit.hit_at)} {_around(hit)}")
        for hit in sorted(spoken, key=lambda hit: hit.hit_at)
    ]


def svg_position(at: float, duration: float) -> str:
    return f"{100 * fraction(at, duration):.2f}%" if duration > 0 else "0%"


def fraction(at: float, duration: float) -> float:
    """How much of the whole has passed, 0 to 1."""
    return min(1.0, max(0.0, at / duration)) if duration > 0 else 0.0


def _around(hit: PassageHit) -> str:
    """A few words around the first that is marked."""
    before = ""
    for fragment in hit.fragments:
        if fragment.hit:
            break
        before += fragment.text
    text = formatting.plain(hit.fragments)
    start = 0 if len(before) <= _BEFORE else before.find(" ", len(before) - _BEFORE) + 1 or len(before)
    end = len(text) if len(text) <= start + LABEL else text.rfind(" ", start, start + LABEL)
    end = end if end > start else start + LABEL
    begun = text[start:end].strip(" …")
    return f"{'… ' if start else ''}{begun}{' …' if end < len(text) else ''}"
