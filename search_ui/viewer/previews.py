"""That a recording is there, for a viewer who may not see it: what its circle lets others know of it, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from index.port import PreviewHit
from kring.model import Circle

MOST = 5
"""Previews that are shown; of more it is only said that there are more."""


@dataclass(frozen=True, slots=True)
class Preview:
    """All that is told. There is no id in it: its page is not there for this viewer."""

    title: str
    circle_name: str
    network_name: str
    date: date
    contact: str
    """Whom to ask, as the circle says; empty if it does not say."""


@dataclass(frozen=True, slots=True)
class Previews:
    shown: tuple[Preview, ...] = ()
    more: bool = False
    """There are others."""


def previews_of(hits: Iterable[PreviewHit], circles: Mapping[str, Circle]) -> Previews:
    """What is told of these. Nothing of a circle that is not among `circles`, or has no previews any more."""
    told = [
        Preview(hit.title, circle.name, circle.network_name, hit.date, circle.contact or "")
        for hit in hits
        if (circle := circles.get(hit.circle)) is not None and circle.previews
    ]
    return Previews(tuple(told[:MOST]), len(told) > MOST)
