"""What a feed offers: `python podcast.py MOST`, the feed as standard input, one JSON value a line as the answer.

First what the feed is (`flows.sources.feeds.entries.Page`, its version empty for what is no feed), then an entry a line
(`Entry`), `MOST` of them at most. It runs in a process of its own, under hard limits (`flows.sources.feeds.parsing`),
because a feed can be made to cost any amount of time and memory: feedparser is patient with what is badly written, and
quadratic in places. So nothing but readers of feeds and the standard library is imported.
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
from typing import Any, ClassVar
from urllib.parse import urljoin

import feedparser
from feedparser import api

KINDS = ("text/vtt", "application/x-subrip", "application/srt", "text/srt", "application/json")
"""Media types of transcripts that can be read, the best first. Text and HTML have no times and cannot."""
MOST_CHARACTERS = 8000
"""Per address or name; longer ones are left out, longer titles are cut."""
MOST_ENCLOSURES = 20
LONGEST_WORD = 200
"""Characters of a date or an attribute."""
NEXT = ("next", "prev-archive")
"""Relations of the link to the next page (RFC 5005); the first that is present counts."""
PODCAST = "podcast"
"""The namespace of Podcasting 2.0, which feedparser does not know."""
_REFERENCE = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]+)|0*([0-9]+));?")
_BARE = re.compile(
    r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))|&(?![#\w][\w.:-]*;)|<(?![\w:/!?])|<(?=\w[^<>]*<)", re.DOTALL
)
"""Characters that should have been escaped: `&`, and `<` if no tag begins. CDATA and comments need no escapes."""
_NO_CHARACTER = "&#65533;"
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
"""First bytes of feeds in UTF-16, and the encoding."""

Attributes = dict[str, Any]
WORDS = ("type", "medium", "expression", "lang", "isdefault", "default", "height", "bitrate", "filesize", "length")
"""The attributes of an enclosure or equivalent."""


class _Noting:
    """Before feedparser's own parsers: notes of each entry all that it offers, in order and each with its `xml:base`,
    where feedparser keeps the last one or leaves things out. Addresses stay as they are written."""

    _matchnamespaces: ClassVar[dict[str, str]] = {}
    namespaces: ClassVar[dict[str, str]] = {
        **api.StrictFeedParser.namespaces,
        "https://podcastindex.org/namespace/1.0": PODCAST,
        "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": PODCAST,
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        self._bases, self._groups, self._group, self._alternate = [""], 0, 0, Attributes()
        super().__init__(*args, **options)

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        base = next((value for name, value in attrs if name.lower() == "xml:base"), "")
        self._bases.append(_joined(self._bases[-1], base))
        super().unknown_starttag(tag, attrs)  # type: ignore[misc]

    def unknown_endtag(self, tag: str) -> None:
        super().unknown_endtag(tag)  # type: ignore[misc]
        if len(self._bases) > 1:
            self._bases.pop()

    def _start_enclosure(self, attrs: Attributes) -> None:
        self._offers("enclosure", attrs.get("url") or attrs.get("href"), attrs)
        super()._start_enclosure(attrs)  # type: ignore[misc]

    def _start_link(self, attrs: Attributes) -> None:
        rel = attrs.get("rel", "").rpartition("/")[2]  # registered relations may be written as an IANA address
        if rel == "enclosure":
            self._offers("enclosure", attrs.get("href"), attrs)
        elif rel in NEXT and not self.inentry:  # type: ignore[attr-defined]
            self.feeddata.setdefault("going_on", {}).setdefault(rel, self._link(attrs.get("href")))  # type: ignore[attr-defined]
        super()._start_link(attrs)  # type: ignore[misc]

    def _start_content(self, attrs: Attributes) -> None:
        if attrs.get("src"):
            self._offers("enclosure", attrs["src"], attrs)
        super()._start_content(attrs)  # type: ignore[misc]

    def _start_media_group(self, _attrs: Attributes) -> None:
        self._groups += 1
        self._group = self._groups

    def _end_media_group(self) -> None:
        self._group = 0

    def _start_media_content(self, attrs: Attributes) -> None:
        self._offers("media", attrs.get("url"), attrs)

    def _start_podcast_alternateenclosure(self, attrs: Attributes) -> None:
        self._alternate = attrs

    def _start_podcast_source(self, attrs: Attributes) -> None:
        kind = attrs.get("contenttype") or self._alternate.get("type", "")
        self._offers("alternate", attrs.get("uri"), {**self._alternate, "type": kind})

    def _start_podcast_transcript(self, attrs: Attributes) -> None:
        kind = attrs.get("type", "").partition(";")[0].strip().lower()
        if kind in KINDS and attrs.get("url", "").strip():
            self._note("transcripts", {"kind": KINDS.index(kind), **self._link(attrs["url"])})

    def _offers(self, where: str, href: str | None, attrs: Attributes) -> None:
        if href and href.strip():
            words = {name: str(attrs.get(name, ""))[:LONGEST_WORD] for name in WORDS}
            self._note("offers", {"where": where, "group": self._group, **self._link(href), **words})

    def _link(self, href: str | None) -> dict[str, str]:
        return {"href": (href or "").strip(), "base": self._bases[-1]}

    def _note(self, what: str, value: dict[str, Any]) -> None:
        if self.inentry and not self.insource:  # type: ignore[attr-defined]
            self.entries[-1].setdefault(what, []).append(value)  # type: ignore[attr-defined]


api.StrictFeedParser = type("StrictFeedParser", (_Noting, api.StrictFeedParser), {})
api.LooseFeedParser = type("LooseFeedParser", (_Noting, api.LooseFeedParser), {})


def read(feed: bytes, most: int) -> Iterator[dict[str, Any]]:
    """What the feed is, then its entries, as plain data. What is missing or much too long is left out."""
    parsed = feedparser.parse(io.BytesIO(possible(feed)), sanitize_html=False, resolve_relative_uris=False)
    going_on = parsed.feed.get("going_on", {})
    next_page = next((going_on[rel] for rel in NEXT if rel in going_on and _is_link(going_on[rel])), None)
    yield {"version": parsed.version, "next_page": next_page, "count": len(parsed.entries)}
    for entry in parsed.entries[:most]:
        name = _text(entry.get("id"))
        title = entry.get("title") or entry.get("itunes_title") or ""
        plain = parsed.version.startswith("atom") and entry.get("title_detail", {}).get("type") == "text/plain"
        dates = (str(entry[key])[:LONGEST_WORD] for key in ("published", "updated", "created") if key in entry)
        offers = list(filter(_is_link, entry.get("offers", [])[:MOST_ENCLOSURES]))
        transcripts = sorted(filter(_is_link, entry.get("transcripts", [])), key=lambda transcript: transcript["kind"])
        yield {
            "id": name,
            "long": bool(entry.get("id")) and name is None,
            "title": title[:MOST_CHARACTERS],
            "plain": plain,
            "dates": [date for date in dates if date],
            "offers": offers,
            "transcript": next(
                ({"href": transcript["href"], "base": transcript["base"]} for transcript in transcripts), None
            ),
        }


def possible(feed: bytes) -> bytes:
    """The feed with what its writer forgot to escape, and with a sign for "no character" where it refers to one that
    there is not: feedparser fails on such."""
    encoding = next((name for start, name in _WIDE if feed.startswith(start)), "latin-1")
    text = _REFERENCE.sub(_checked, feed.decode(encoding, "replace"))
    return _BARE.sub(_escaped, text).encode(encoding, "replace")


def _checked(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits, base) if len(digits) < 9 else math.inf  # Python counts to no more than 4,300 digits
    return _NO_CHARACTER if number > sys.maxunicode or 0xD800 <= number <= 0xDFFF else reference[0]


def _escaped(bare: re.Match[str]) -> str:
    return bare[1] or {"&": "&amp;", "<": "&lt;"}[bare[0]]


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())[:MOST_CHARACTERS]
    except ValueError:  # raised by urljoin for an invalid address
        return base


def _is_link(value: dict[str, Any]) -> bool:
    return _text(value["href"]) is not None


def _text(value: object) -> str | None:
    """The text; None if it is not text, is too long, or has surrogates, which cannot be encoded."""
    text = value if isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS else None
    return None if text is None or any("\ud800" <= sign <= "\udfff" for sign in text) else text


def main() -> None:
    logging.disable()
    for value in read(sys.stdin.buffer.read(), int(sys.argv[1])):
        sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


if __name__ == "__main__":
    main()
