"""What a feed offers: `python podcast.py MOST`, the feed as standard input, one JSON value a line as the answer.

First `{"version": …}`, empty for what is no feed, then an entry a line, `MOST` of them at most. It runs in a process of
its own, under hard limits (`flows.sources.feed_process`), because a feed can be made to cost any amount of time and
memory: feedparser is patient with what is badly written, and quadratic in places. So nothing but readers of feeds and
the standard library is imported.
"""

from __future__ import annotations

import codecs
import io
import json
import logging
import math
import re
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import feedparser
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

KINDS = ("text/vtt", "application/x-subrip", "application/srt", "text/srt", "application/json")
"""What is read, the best first. Text and HTML without times are none of them."""
MOST_CHARACTERS = 8000
"""Of an address or a name; longer ones are left out, longer titles cut."""
MOST_ENCLOSURES = 20
_REFERENCE = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]+)|0*([0-9]+));?")
_NO_CHARACTER = "&#65533;"
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
"""How feeds begin in which a sign takes two bytes, and what that is called."""


def read(feed: bytes, most: int) -> Iterator[dict[str, Any]]:
    """The feed's version, then its entries: `id`, `title`, `published` (year to second, in UTC), `enclosures` (address
    and type) and `transcript`. What is missing or much too long is None; `long` says that it was the id."""
    feed = possible(feed)
    parsed = feedparser.parse(io.BytesIO(feed), sanitize_html=False, resolve_relative_uris=False)
    yield {"version": parsed.version}
    offered = transcripts(feed)
    for entry in parsed.entries[:most]:
        name = _text(entry.get("id"))
        moment = entry.get("published_parsed") or entry.get("updated_parsed")
        links = [(_text(link.get("href")), str(link.get("type") or "")[:100]) for link in entry.get("enclosures", [])]
        yield {
            "id": name,
            "long": bool(entry.get("id")) and name is None,
            "title": str(entry.get("title") or "")[:MOST_CHARACTERS],
            "published": list(moment[:6]) if moment else None,
            "enclosures": [link for link in links[:MOST_ENCLOSURES] if link[0]],
            "transcript": _text(offered.get(name)) if name else None,
        }


def possible(feed: bytes) -> bytes:
    """The feed, with a sign for "no character" where it refers to one that there is not: feedparser fails on such."""
    encoding = next((name for start, name in _WIDE if feed.startswith(start)), "latin-1")
    return _REFERENCE.sub(_checked, feed.decode(encoding, "replace")).encode(encoding, "replace")


def _checked(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits, base) if len(digits) < 9 else math.inf  # Python counts to no more than 4,300 digits
    return _NO_CHARACTER if number > sys.maxunicode or 0xD800 <= number <= 0xDFFF else reference[0]


def transcripts(feed: bytes) -> dict[str, str]:
    """The best transcript's address by the episode's guid; nothing of a feed that is not well-formed XML.

    feedparser keeps the last of several, and podcasts offer several: text to read, captions, JSON. So the feed is read
    once more for them alone.
    """
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


def _text(value: object) -> str | None:
    """None for what is none, is too long, or holds signs that cannot be written down."""
    text = value if isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS else None
    return None if text is None or any("\ud800" <= sign <= "\udfff" for sign in text) else text


def _offered(entry: Element) -> Iterator[tuple[int, int, str]]:
    """(kind's place, place in the feed, address) of each transcript that can be used."""
    for place, part in enumerate(entry):
        kind, url = part.get("type", "").partition(";")[0].strip().lower(), part.get("url", "").strip()
        if _name(part) == "transcript" and kind in KINDS and url:
            yield KINDS.index(kind), place, url


def _name(element: Element) -> str:
    """Without its namespace; the tag of a comment is no text."""
    return str(element.tag).rpartition("}")[2]


def main() -> None:
    logging.disable()
    for value in read(sys.stdin.buffer.read(), int(sys.argv[1])):
        sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main()
