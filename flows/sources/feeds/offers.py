"""Which of the things a feed's entry offers is its recording. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from flows.sources.feeds.entries import Offer, number
from flows.sources.http.web import checked
from kring.errors import SourceError
from transcribe.containers.kinds import may_be_recording

UNSAID = frozenset(
    ["", "application/octet-stream", "binary/octet-stream", "application/binary", "application/force-download",
     "application/download", "application/x-download", "application/unknown", "unknown/unknown", "audio-video/generic"]
)  # fmt: skip
"""Media types that say nothing of what it is."""
_LISTS = re.compile(r".*(?:mpegurl|scpls|dash\+xml|x-ms-asx|xspf|bittorrent).*")
_LIST_NAMES = frozenset([".m3u8", ".m3u", ".pls", ".mpd", ".asx", ".xspf", ".torrent"])
_QUALITY = re.compile(r"(?:[-_.]?(?:\d{3,4}p|\d{2,4}k|x?hd|sd|low|high|lo|hi|small|large))+$", re.IGNORECASE)
_NAMES = MimeTypes()


@dataclass(frozen=True)
class Chosen:
    offer: Offer
    url: str
    first: str
    """The address that the entry offers first: it stays, whatever is added for other players."""
    others: tuple[str, ...]
    """Addresses that may well be other recordings, and no other forms of this one."""


def choose(offers: Iterable[Offer], document: str, *, language: str | None, max_bytes: int) -> Chosen | None:
    """The best one, of those that are sound or video as far as one can tell; None if there is none.

    What can be fetched comes first, what fits the archive before what is too large, the whole before a sample, the
    source's language before others, picture before sound, what the feed calls the default before the rest, then the
    higher, the denser, the larger, and of equals the first.
    """
    found: dict[str, Offer] = {}
    for offer in offers:
        if is_recording(offer):
            found.setdefault(offer.against(document), offer)
    if not found:
        return None

    def worth(url: str) -> tuple[object, ...]:
        offer = found[url]
        foreign = bool(language and offer.lang) and _tongue(offer.lang) != _tongue(language or "")
        return (
            _can_be_fetched(url),
            offer.bytes <= max_bytes,
            offer.expression.lower() != "sample",
            not foreign,
            _is_video(offer),
            offer.is_default,
            number(offer.height),
            number(offer.bitrate),
            offer.bytes,
        )

    url = max(found, key=worth)  # of equals the first
    others = tuple(other for other in found if other != url and not _is_same(found[other], other, found[url], url))
    return Chosen(found[url], url, next(iter(found)), others)


def is_recording(offer: Offer) -> bool:
    """By what the feed calls it, else by its name; `probe` looks at the bytes."""
    path = _path(offer.href)
    if is_list(offer):
        return False
    if may_be_recording(path.name, offer.media_type):
        return True
    named = _NAMES.guess_type(f"x{path.suffix.lower()}")[0] or ""
    said = offer.medium.lower() in {"", "audio", "video"}
    return offer.media_type in UNSAID and said and named in UNSAID


def is_list(offer: Offer) -> bool:
    """Whether it says where pieces of a recording are, and is none itself."""
    return _LISTS.fullmatch(offer.media_type) is not None or _path(offer.href).suffix.lower() in _LIST_NAMES


def _is_video(offer: Offer) -> bool:
    named = _NAMES.guess_type(f"x{_path(offer.href).suffix.lower()}")[0] or ""
    said = offer.medium.lower() or offer.media_type
    return said.startswith("video") or (not said.startswith("audio") and named.startswith("video/"))


def _is_same(other: Offer, other_url: str, chosen: Offer, url: str) -> bool:
    """Whether they are forms of one recording: the feed says so, or one is sound and one picture, or their names do."""
    said = "alternate" in {other.where, chosen.where} or (other.group and other.group == chosen.group)
    return bool(said) or _is_video(other) != _is_video(chosen) or _stem(other_url) == _stem(url)


def _tongue(code: str) -> str:
    two = code.strip().lower()[:2]
    return "no" if two in {"nb", "nn"} else two


def _stem(url: str) -> str:
    return _QUALITY.sub("", _path(url).stem.lower())


def _can_be_fetched(url: str) -> bool:
    try:
        return bool(checked(url))
    except SourceError:
        return False


def _path(href: str) -> PurePosixPath:
    try:
        return PurePosixPath(unquote(urlsplit(href).path))
    except ValueError:  # urlsplit's word for what is no address
        return PurePosixPath()
