"""The versions of stored documents. One that an older Kring wrote is brought up to date when it is read, and written
back that way with its next change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kring.model import SCHEMA_VERSION
from storage.migrations.sentences_2 import stored_sentence

HASHED = 2
"""From this version on documents are stored with their SHA-256: one that has none was not stored by Kring."""

Plain = Mapping[str, Any]
"""A document as JSON says it."""


def version_of(plain: Plain) -> int:
    """The first version, if the document says none or nonsense."""
    version = plain.get("schema_version", 1)
    return version if isinstance(version, int) and version >= 1 else 1


def upgraded(plain: Plain) -> Plain:
    """The document as this program writes it."""
    while (version := version_of(plain)) < SCHEMA_VERSION:
        plain = {**UPGRADES[version](plain), "schema_version": version + 1}
    return plain


def _same(plain: Plain) -> Plain:
    return plain


def _with_sentences(plain: Plain) -> Plain:
    """Version 3: why something stopped or was left out is stored as a template and its values."""
    changed = dict(plain)
    match plain.get("problem"):
        case str(problem):
            changed["problem"] = stored_sentence(problem)
        case dict(problem) if isinstance(problem.get("message"), str):
            changed["problem"] = {**problem, "message": stored_sentence(problem["message"])}
    for name in ("attachments", "items", "problems"):
        if isinstance(parts := plain.get(name), list):
            changed[name] = [_part(part) if isinstance(part, dict) else part for part in parts]
    return changed


def _part(part: Plain) -> Plain:
    """An attached document, or something that was left out of a source or a feed."""
    sentences = {name: stored_sentence(part[name]) for name in ("problem", "says") if isinstance(part.get(name), str)}
    return {**part, **sentences}


UPGRADES: dict[int, Callable[[Plain], Plain]] = {1: _same, 2: _with_sentences, 3: _same}
"""From each version to the next: pure, on the JSON; the version itself is counted up by `upgraded`."""
