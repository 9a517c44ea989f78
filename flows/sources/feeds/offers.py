"""Chooses which of the files that an entry offers is its recording. Pure."""

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

UNSPECIFIC = frozenset(
    ["", "application/octet-stream", "binary/octet-stream", "application/binary", "application/force-download",
     "application/download", "application/x-download", "application/unknown", "unknown/unknown", "audio-video/generic"]
)  # fmt: skip
"""Media types that do not tell what the file is."""
_LISTS = re.compile(r".*(?:mpegurl|scpls|dash\+xml|x-ms-asx|xspf|bittorrent).*")
_LIST_NAMES = frozenset([".m3u8", ".m3u", ".pls", ".mpd", ".asx", ".xspf", ".torrent"])
_QUALITY = re.compile(r"(?:[-_.]?(?:\d{3,4}p|\d{2,4}k|x?hd|sd|low|high|lo|hi|small|large))+$", re.IGNORECASE)
_NAMES = MimeTypes()


@dataclass(frozen=True)
class Chosen:
    offer: Offer
    url: str
    first: str
    """The first address of the entry. It identifies the entry, because feeds add further forms behind it."""
    others: tuple[str, ...]
    """Addresses that may be other recordings rather than other forms of this one."""


def choose(offers: Iterable[Offer], document: str, *, language: str | None, max_bytes: int) -> Chosen | None:
    """The best offer that appears to be audio or video; None if there is none. `document`: address of the feed.

    In order of preference: it can be fetched, has at most `max_bytes`, is whole rather than a sample, is in the
    source's language, video rather than audio, the feed's default, of greater height, bit rate, size; else the first.
    """
    by_url: dict[str, Offer] = {}
    for offer in offers:
        if is_recording(offer):
            by_url.setdefault(offer.against(document), offer)
    if not by_url:
        return None

    def preference(url: str) -> tuple[object, ...]:
        offer = by_url[url]
        foreign = bool(language and offer.lang) and _base_language(offer.lang) != _base_language(language or "")
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

    url = max(by_url, key=preference)
    others = tuple(other for other in by_url if other != url and not _is_same(by_url[other], other, by_url[url], url))
    return Chosen(by_url[url], url, next(iter(by_url)), others)


def is_recording(offer: Offer) -> bool:
    """Whether it appears to be audio or video, by its media type or its name. `probe` looks at the bytes later."""
    path = _path(offer.href)
    if is_list(offer):
        return False
    if may_be_recording(path.name, offer.media_type):
        return True
    type_by_name = _NAMES.guess_type(f"x{path.suffix.lower()}")[0] or ""
    medium_fits = offer.medium.lower() in {"", "audio", "video"}
    return offer.media_type in UNSPECIFIC and medium_fits and type_by_name in UNSPECIFIC


def is_list(offer: Offer) -> bool:
    """Whether it is a playlist, which lists the pieces of a recording."""
    return _LISTS.fullmatch(offer.media_type) is not None or _path(offer.href).suffix.lower() in _LIST_NAMES


def _is_video(offer: Offer) -> bool:
    type_by_name = _NAMES.guess_type(f"x{_path(offer.href).suffix.lower()}")[0] or ""
    declared = offer.medium.lower() or offer.media_type
    return declared.startswith("video") or (not declared.startswith("audio") and type_by_name.startswith("video/"))


def _is_same(other: Offer, other_url: str, chosen: Offer, url: str) -> bool:
    """Whether both are forms of one recording: the feed says so, one is audio and one video, or the names agree."""
    declared = "alternate" in {other.where, chosen.where} or (other.group and other.group == chosen.group)
    return bool(declared) or _is_video(other) != _is_video(chosen) or _stem(other_url) == _stem(url)


def _base_language(code: str) -> str:
    language = code.strip().lower()[:2]
    return "no" if language in {"nb", "nn"} else language


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
    except ValueError:  # raised by urlsplit for an invalid address
        return PurePosixPath()
