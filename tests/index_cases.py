"""Passages for the search index's suite, made short to write and easy to read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from index.port import Fragment, Passage, Query, Results, SearchIndex


def recording_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def recording(
    name: str,
    *texts: str,
    title: str = "",
    circle: str = "personvern",
    network: str = "nord",
    language: str = "nb",
    day: str = "2024-05-01",
    version: int = 1,
    speakers: Sequence[str] = (),
) -> list[Passage]:
    """One recording of 30-second passages; a time is known for each word, two words a second."""
    return [
        Passage(
            id=f"{recording_id(name)}-{number}",
            recording_id=recording_id(name),
            version=version,
            start=number * 30.0,
            end=number * 30.0 + 30,
            text=text,
            starts=_starts(text, number * 30.0),
            title=title or name,
            circle=circle,
            network=network,
            language=language,
            date=date.fromisoformat(day),
            speakers=tuple(speakers),
            duration=len(texts) * 30.0,
        )
        for number, text in enumerate(texts or ("",))
    ]


def _starts(text: str, began: float) -> tuple[tuple[int, float], ...]:
    offsets = [i for i in range(len(text)) if text[i] != " " and (i == 0 or text[i - 1] == " ")]
    return tuple((offset, began + number / 2) for number, offset in enumerate(offsets))


def found(results: Results) -> list[str]:
    return [hit.recording_id for hit in results.hits]


def ids(*names: str) -> list[str]:
    return [recording_id(name) for name in names]


def plain(fragments: Sequence[Fragment]) -> str:
    return "".join(fragment.text for fragment in fragments)


def marked(fragments: Sequence[Fragment]) -> list[str]:
    return [fragment.text for fragment in fragments if fragment.hit]


def fill(index: SearchIndex, *recordings: list[Passage]) -> None:
    index.rebuild(passage for passages in recordings for passage in passages)


def search(index: SearchIndex, text: str, **options: object) -> list[str]:
    return found(index.search(replace(Query(text), **options)))
