"""Circles: groups inside a network that meet."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kring.model.values import SCHEMA_VERSION, Frozen, Line, Slug

MOST_TERMS = 2000
"""Terms of a glossary; an engine takes the first hundred or so."""

MOST_MONTHS = 1200
"""A century."""


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
    purpose: Line | None = None
    """What it meets for, as people are told."""
    contact: Line | None = None
    """Whom to ask about its recordings: a name, an address."""
    previews: bool = False
    """Whether those who may not see a recording of it find its title, date and contact, and nothing that was said."""
    retention_months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] | None = None
    """So long after the day it met a recording is kept, unless it is marked to be; None: until a person erases it."""
