"""Feeds as text: RSS 2.0 that podcast programs play too. Pure; whatever a title holds, the document stays well-formed.

RSS: https://www.rssboard.org/rss-specification; what programs for podcasts ask for beyond it:
https://podcasters.apple.com/support/823-podcast-requirements and
https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
CATEGORY = "Government"
"""The one of Apple's categories that fits: https://podcasters.apple.com/support/1691-apple-podcasts-categories."""
MEDIA_TYPE = "application/rss+xml"

_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # of all podcasts, by the podcast namespace's document
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2

for _prefix, _namespace in {"atom": ATOM, "itunes": ITUNES, "podcast": PODCAST}.items():
    ET.register_namespace(_prefix, _namespace)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """Something a program fetches; `language` if it is known."""

    url: str
    media_type: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One recording. All addresses are absolute; `description` is HTML and is written as text."""

    guid: str
    title: str
    url: str
    published: datetime
    description: str
    media: MediaFile
    size: int
    seconds: float
    image: str | None = None
    people: tuple[str, ...] = ()
    transcripts: tuple[MediaFile, ...] = ()
    chapters: str | None = None


@dataclass(frozen=True, slots=True)
class FeedChannel:
    """What is subscribed to. `url` is the page for people, `address` the feed's own."""

    title: str
    url: str
    address: str
    description: str
    author: str
    language: str
    image: str
    changed: datetime
    items: Sequence[FeedItem]
    private: bool = False
    """It is no directory's business."""


def write(channel: FeedChannel) -> bytes:
    """The whole feed as UTF-8."""
    rss = ET.Element("rss", {"version": "2.0"})
    node = ET.SubElement(rss, "channel")
    _add(node, "title", channel.title)
    _add(node, "link", channel.url)
    _add(node, f"{{{ATOM}}}link", href=channel.address, rel="self", type=MEDIA_TYPE)
    _add(node, "description", channel.description)
    _add(node, "language", channel.language)
    _add(node, "lastBuildDate", _rfc822(channel.changed))
    _add(node, "generator", "Kring")
    image = ET.SubElement(node, "image")
    _add(image, "url", channel.image)
    _add(image, "title", channel.title)
    _add(image, "link", channel.url)
    _add(node, f"{{{ITUNES}}}image", href=channel.image)
    _add(node, f"{{{ITUNES}}}author", channel.author)
    _add(node, f"{{{ITUNES}}}category", text=CATEGORY)
    _add(node, f"{{{ITUNES}}}explicit", "false")
    _add(node, f"{{{PODCAST}}}guid", guid_of(channel.address))
    _add(node, f"{{{PODCAST}}}medium", "podcast")
    if channel.private:
        _add(node, f"{{{ITUNES}}}block", "Yes")
        _add(node, f"{{{PODCAST}}}block", "yes")
    for item in channel.items:
        _write_item(ET.SubElement(node, "item"), item)
    written: bytes = ET.tostring(rss, encoding="utf-8", xml_declaration=True)
    return written


def _write_item(node: ET.Element, item: FeedItem) -> None:
    _add(node, "title", item.title)
    _add(node, "link", item.url)
    _add(node, "guid", item.guid, isPermaLink="false")
    _add(node, "pubDate", _rfc822(item.published))
    _add(node, "description", item.description)
    _add(node, "enclosure", url=item.media.url, length=str(item.size), type=item.media.media_type)
    _add(node, f"{{{ITUNES}}}duration", str(round(item.seconds)))
    _add(node, f"{{{ITUNES}}}explicit", "false")
    if item.image:
        _add(node, f"{{{ITUNES}}}image", href=item.image)
    for name in item.people:
        _add(node, f"{{{PODCAST}}}person", name)
    for file in item.transcripts:
        spoken = {"language": file.language} if file.language else {}
        timed = {"rel": "captions"} if file.media_type != "text/plain" else {}
        _add(node, f"{{{PODCAST}}}transcript", url=file.url, type=file.media_type, **spoken, **timed)
    if item.chapters:
        _add(node, f"{{{PODCAST}}}chapters", url=item.chapters, type="application/json+chapters")


def guid_of(address: str) -> str:
    """The podcast's id for ever, made of its address without scheme and slashes at the end."""
    return str(uuid.uuid5(_GUIDS, re.sub(r"^https?://", "", address).rstrip("/")))


def _add(parent: ET.Element, tag: str, content: str | None = None, /, **attributes: str) -> None:
    node = ET.SubElement(parent, tag, {name: clean(value) for name, value in attributes.items()})
    node.text = None if content is None else clean(content)


def clean(text: str) -> str:
    """`text` without the characters that XML has no way to write."""
    return _NOT_XML.sub("", text)


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
