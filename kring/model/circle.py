"""Circles: groups inside a network that meet."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kring.model.values import SCHEMA_VERSION, Frozen, Line, Slug

MOST_TERMS = 2000
"""Terms of a glossary; an engine takes the first hundred or so."""


class Visibility(StrEnum):
    """Who may find and play a recording."""

    PUBLIC = "public"
    NETWORK = "network"
    CIRCLE = "circle"


class Circle(Frozen):
    """A group inside a network that meets. Stored at `circles/<slug>.json`."""

    schema_version: int = SCHEMA_VERSION
    slug: Slug
    name: Line
    network: Slug
    network_name: Line
    language: str | None = None
    """Whisper language code set for recordings that say none; None: detect from speech."""
    glossary: Annotated[tuple[Line, ...], Field(max_length=MOST_TERMS)] = ()
    """Names and terms said there (municipalities, systems, laws), spelled as they should be written down."""
    english: bool = False
    """Whether recordings that do not say otherwise get an English track, translated by Whisper, beside their own."""
    visibility: Visibility = Visibility.NETWORK
