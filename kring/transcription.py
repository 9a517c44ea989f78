"""What a recording and its circle say about how it is transcribed. Pure."""

from __future__ import annotations

from kring.languages import UNDETERMINED
from kring.model import Circle, Manifest, Transcript

ENGLISH = "en"
"""The language of the extra track that Whisper can translate a recording into."""


def stated_language(manifest: Manifest, circle: Circle) -> str | None:
    """The language that the recording, else its circle, is said to be in; None: it is to be detected."""
    return manifest.details.language or circle.language


def glossary_of(manifest: Manifest, circle: Circle) -> tuple[str, ...]:
    """The terms the engine is told to expect: the circle's, then the names of the presenters; each once."""
    terms: dict[str, str] = {}
    for term in (*circle.glossary, *manifest.details.presenters):
        terms.setdefault(term.casefold(), term)
    return tuple(terms.values())


def translated_from(transcript: Transcript) -> str | None:
    """The language the English track is made from; None: it is to be detected, being unknown or changing half-way."""
    changes = any(segment.language for segment in transcript.segments)
    return None if changes or transcript.language == UNDETERMINED else transcript.language


def wants_english(manifest: Manifest, circle: Circle) -> bool:
    """Whether an English track is made: as the recording says, else as its circle does."""
    asked = manifest.details.english
    return circle.english if asked is None else asked
