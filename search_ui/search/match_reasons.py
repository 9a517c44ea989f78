"""Why a recording is found that does not hold a word as it was asked for: said once, not on every card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.port import Because, Reason, RecordingHit


@dataclass(frozen=True, slots=True)
class Why:
    """All that was found for one word that was asked for."""

    asked: str
    found: tuple[str, ...]
    because: Because


def whys(reasons: Iterable[Reason]) -> tuple[Why, ...]:
    """One sentence for each word that was asked for."""
    grouped: dict[tuple[str, Because], dict[str, None]] = {}
    for reason in reasons:
        found = grouped.setdefault((reason.asked, reason.because), {})
        found[_in_a_sentence(reason.found)] = None
    return tuple(Why(asked, tuple(found), because) for (asked, because), found in grouped.items())


def _in_a_sentence(word: str) -> str:
    """Without the capital that the beginning of a sentence gave it; what has more capitals keeps them."""
    return word.lower() if word == word.capitalize() else word


def shared(hits: Sequence[RecordingHit]) -> tuple[Why, ...]:
    """What is true of every card of a page: said above them. A single card says it itself."""
    if len(hits) < 2:
        return ()
    first, *others = (whys(hit.reasons) for hit in hits)
    return tuple(why for why in first if all(why in other for other in others))


def own(hit: RecordingHit, said: Sequence[Why]) -> tuple[Why, ...]:
    """What a card says itself."""
    return tuple(why for why in whys(hit.reasons) if why not in said)
