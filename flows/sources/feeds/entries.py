"""What a feed says, as its confined reader (`flows.sources.feeds.reader`) gives it."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urljoin

from pydantic import Field

from kring.model import Frozen


class Link(Frozen):
    href: str
    base: str
    """The `xml:base` that counts there; it may be relative itself, or empty."""

    def against(self, document: str) -> str:
        """The whole address, in a document that came from this one; what is no address stays as it is."""
        try:
            return urljoin(urljoin(document, self.base), self.href)
        except ValueError:
            return self.href


class Offer(Link):
    """An enclosure or its like: where a recording can be fetched, and what the feed says of it."""

    where: str
    """`enclosure`, `media` (RSS) or `alternate` (Podcasting 2.0: another form of the enclosure)."""
    group: int
    """Those of one `media:group` are the same thing in different forms; 0: in none."""
    type: str
    medium: str
    expression: str
    lang: str
    isdefault: str
    default: str
    height: str
    bitrate: str
    filesize: str
    length: str

    @property
    def media_type(self) -> str:
        """`audio/mpeg`; empty if nothing is said."""
        return self.type.partition(";")[0].strip().lower()

    @property
    def is_default(self) -> bool:
        return "true" in {self.isdefault.strip().lower(), self.default.strip().lower()}

    @cached_property
    def bytes(self) -> float:
        return max(number(self.filesize), number(self.length))


class Entry(Frozen):
    id: str | None
    long: bool
    """It has an id, which is too long to know it by."""
    title: str
    plain: bool
    """The title is text and no HTML, for sure."""
    dates: tuple[str, ...]
    """As they are written: when it was published, when changed, when made; those there are."""
    offers: tuple[Offer, ...]
    transcript: Link | None


class Page(Frozen):
    """A document of a feed, which may have several."""

    version: str
    """Empty for what is no feed."""
    next_page: Link | None
    count: int = Field(ge=0)
    """Of the entries in it; `entries` may be fewer."""
    entries: tuple[Entry, ...] = ()


def number(said: str) -> float:
    """0 for what is none."""
    text = said.strip()
    return float(text) if text.replace(".", "", 1).isdecimal() and len(text) <= 18 else 0.0
