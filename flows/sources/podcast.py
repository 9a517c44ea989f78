"""The transcripts a feed offers for its episodes (`podcast:transcript` of Podcasting 2.0).

feedparser keeps the last of several, and podcasts offer several: text to read, captions, JSON. So the feed is read
once more for them alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

KINDS = ("text/vtt", "application/x-subrip", "application/srt", "text/srt", "application/json")
"""What is read, the best first. Text and HTML without times are none of them."""


def transcripts(feed: bytes) -> dict[str, str]:
    """The best transcript's address by the episode's guid; nothing of a feed that is not well-formed XML."""
    try:
        root = fromstring(feed)
    except (ParseError, DefusedXmlException, LookupError, ValueError):  # also: an encoding nobody knows
        return {}
    found: dict[str, str] = {}
    for entry in root.iter():
        if _name(entry) in {"item", "entry"}:
            guid = next((part.text or "" for part in entry if _name(part) in {"guid", "id"}), "").strip()
            best = min(_offered(entry), default=None)
            if guid and best:
                found.setdefault(guid, best[2])
    return found


def _offered(entry: Element) -> Iterator[tuple[int, int, str]]:
    """(kind's place, place in the feed, address) of each transcript that can be used."""
    for place, part in enumerate(entry):
        kind, url = part.get("type", "").partition(";")[0].strip().lower(), part.get("url", "").strip()
        if _name(part) == "transcript" and kind in KINDS and url:
            yield KINDS.index(kind), place, url


def _name(element: Element) -> str:
    """Without its namespace; the tag of a comment is no text."""
    return str(element.tag).rpartition("}")[2]
