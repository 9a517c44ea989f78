"""Passages for the search index's suite, made short to write and easy to read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from index.port import Fragment, Passage, Query, Results, SearchIndex
from tests.support.patience import PATIENCE


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
    topics: Sequence[str] = (),
    organisations: Sequence[str] = (),
    pages: Sequence[str] = (),
    attachment: str = "a" * 64,
) -> list[Passage]:
    """One recording of 30-second passages; a time is known for each word, two words a second.

    `pages`: what the pages of its one attachment say, a passage each.
    """
    spoken = [
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
            topics=tuple(topics),
            organisations=tuple(organisations),
        )
        for number, text in enumerate(texts or ("",))
    ]
    of_page = {"start": 0.0, "end": 0.0, "starts": (), "speakers": (), "attachment": attachment}
    written = [
        replace(
            spoken[0],
            id=f"{recording_id(name)}-{len(spoken) + number}",
            text=text,
            page=number + 1,
            attachment_title="Lysark",
            **of_page,  # type: ignore[arg-type]
        )
        for number, text in enumerate(pages)
    ]
    return [*spoken, *written]


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


def write_during_a_rebuild(index: SearchIndex, other: SearchIndex) -> None:
    """While `index` is rebuilt `other`, which may be the same, writes: nothing of it is lost."""
    index.rebuild([*recording("a", "gamle ord"), *recording("b", "gamle ord"), *recording("c", "gamle ord")])
    begun, go_on = threading.Event(), threading.Event()

    def from_the_bucket() -> Iterator[Passage]:
        yield from recording("a", "gamle ord")
        begun.set()
        assert go_on.wait(PATIENCE)
        yield from recording("b", "gamle ord")
        yield from recording("c", "gamle ord")

    with ThreadPoolExecutor(1) as pool:
        rebuilding = pool.submit(index.rebuild, from_the_bucket())
        assert begun.wait(PATIENCE)
        other.replace(recording_id("a"), recording("a", "nye ord", "flere ord", version=2))
        other.replace(recording_id("d"), recording("d", "nye ord"))
        other.remove(recording_id("b"))
        assert sorted(search(other, "nye")) == sorted(ids("a", "d"))
        go_on.set()
        rebuilding.result(60)
    assert index.versions() == {recording_id("a"): 2, recording_id("c"): 1, recording_id("d"): 1}
    assert sorted(search(index, "nye")) == sorted(ids("a", "d"))
    assert index.search(Query("ord")).facets["circle"] == {"personvern": 3}
