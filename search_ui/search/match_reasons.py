"""Why a recording is found that does not hold a word as it was asked for: said once, not on every card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.port import Reason, ReasonKind, RecordingHit


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that was found for one word that was asked for."""

    asked: str
    found: tuple[str, ...]
    because: ReasonKind


def explanations(reasons: Iterable[Reason]) -> tuple[Explanation, ...]:
    """One sentence for each word that was asked for."""
    grouped: dict[tuple[str, ReasonKind], dict[str, None]] = {}
    for reason in reasons:
        words = grouped.setdefault((reason.asked, reason.because), {})
        words[_in_a_sentence(reason.found)] = None
    return tuple(Explanation(asked, tuple(words), because) for (asked, because), words in grouped.items())


def _in_a_sentence(word: str) -> str:
    """Without the capital that the beginning of a sentence gave it; what has more capitals keeps them."""
    return word.lower() if word == word.capitalize() else word


def shared_explanations(hits: Sequence[RecordingHit]) -> tuple[Explanation, ...]:
    """What is true of every card of a page: said above them. A single card says it itself."""
    if len(hits) < 2:
        return ()
    first, *others = (explanations(hit.reasons) for hit in hits)
    return tuple(why for why in first if all(why in other for other in others))


def own_explanations(hit: RecordingHit, shared: Sequence[Explanation]) -> tuple[Explanation, ...]:
    """What a card says itself."""
    return tuple(why for why in explanations(hit.reasons) if why not in shared)
