"""The glossary of a circle as the engines take it: names and terms Whisper shall expect. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST = 500
"""Characters: Whisper reads half its 448 tokens of text as what came before, and a token of Norwegian, Danish or Dutch
names is about two and a half characters."""


def fitting_terms(terms: Iterable[str]) -> tuple[str, ...]:
    """The first terms that fit, each once."""
    chosen: list[str] = []
    room = MOST
    for term in filter(None, dict.fromkeys(" ".join(term.split()) for term in terms)):
        room -= len(term) + 2
        if room < 0:
            break
        chosen.append(term)
    return tuple(chosen)


def prompt(terms: Sequence[str]) -> str:
    """As if it had been said just before: a list with commas, ended like a sentence."""
    chosen = fitting_terms(terms)
    return f"{', '.join(chosen)}." if chosen else ""
