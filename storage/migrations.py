"""The versions of stored documents. One that an older Kring wrote is brought up to date when it is read, and written
back that way with its next change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kring.model import SCHEMA_VERSION

HASHED = 2
"""From this version on documents are stored with their SHA-256: one that has none was not stored by Kring."""

Plain = Mapping[str, Any]
"""A document as JSON says it."""


def version_of(plain: Plain) -> int:
    """The first version, where it says none or nonsense."""
    version = plain.get("schema_version", 1)
    return version if isinstance(version, int) and version >= 1 else 1


def upgraded(plain: Plain) -> Plain:
    """The document as this program writes it."""
    while (version := version_of(plain)) < SCHEMA_VERSION:
        plain = {**UPGRADES[version](plain), "schema_version": version + 1}
    return plain


def _same(plain: Plain) -> Plain:
    return plain


UPGRADES: dict[int, Callable[[Plain], Plain]] = {1: _same}
"""From each version to the next: pure, on the JSON; the version itself is counted up by `upgraded`."""
