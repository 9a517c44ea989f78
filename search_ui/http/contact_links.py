"""Addresses in a line of text that people wrote, as links: of e-mail, and of the web. Pure; the page escapes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

_ADDRESS = re.compile(
    r"""(?P<web>https?://[^\s<>"']+)|(?P<mail>[^\s<>"'()\[\],;:@/]+@[^\s<>"'()\[\],;:@/]+\.[^\s<>"'()\[\],;:@/]+)""",
    re.IGNORECASE,
)
_AFTER = ".,;:!?)]»”’…"
"""Signs behind an address that belong to the sentence."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of the text; `url`: empty if it is no address."""

    text: str
    url: str = ""


def linked(text: str) -> list[TextPart]:
    """The text in parts, which joined are the text."""
    return [part for part in _parts(text) if part.text]


def _parts(text: str) -> Iterator[TextPart]:
    at = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_AFTER)
        yield TextPart(text[at : found.start()])
        yield TextPart(address, address if found["web"] else f"mailto:{quote(address, safe='@+')}")
        at = found.start() + len(address)
    yield TextPart(text[at:])
