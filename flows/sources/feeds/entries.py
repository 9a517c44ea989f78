"""A feed's contents as types, as the confined reader (`flows.sources.feeds.reader`) returns them."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urljoin

from pydantic import Field

from kring.model import Frozen


class Link(Frozen):
    href: str
    base: str
    """The `xml:base` in force at the link; may be relative itself, or empty."""

    def against(self, document: str) -> str:
        """The absolute address; `document`: the feed's address. An `href` that cannot be parsed stays as it is."""
        try:
            return urljoin(urljoin(document, self.base), self.href)
        except ValueError:
            return self.href


class Offer(Link):
    """An enclosure or equivalent: the address of a file, and the attributes the feed gives it."""

    where: str
    """`enclosure`, `media` (RSS) or `alternate` (Podcasting 2.0: another form of the enclosure)."""
    group: int
    """Number of its `media:group`, whose members are forms of one recording; 0: not in a group."""
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
        """Such as `audio/mpeg`; empty if the feed does not give one."""
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
    """It has an id that is too long to be used; `id` is None then."""
    title: str
    plain: bool
    """The title is certainly text, not HTML."""
    dates: tuple[str, ...]
    """As written, those that are given: published, updated, created."""
    offers: tuple[Offer, ...]
    transcript: Link | None


class Page(Frozen):
    """One document of a feed, which may be split into several."""

    version: str
    """Empty if the document is not a feed."""
    next_page: Link | None
    count: int = Field(ge=0)
    """Number of entries in the document; `entries` may hold fewer."""
    entries: tuple[Entry, ...] = ()


def number(text: str) -> float:
    """The number in an attribute; 0 if it is not one."""
    text = text.strip()
    return float(text) if text.replace(".", "", 1).isdecimal() and len(text) <= 18 else 0.0
