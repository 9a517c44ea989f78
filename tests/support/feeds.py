"""Feeds as publishers write them, for tests: entries of RSS, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable

from flows.sources.feeds.feed import Feed
from kring.intake.item import Item
from kring.model import Manifest, Original, now
from kring.settings import FeedSource, Settings
from storage.archive.archive import Archive
from storage.port import ObjectStore

DAY = "<pubDate>Tue, 04 Mar 2025 00:30:00 +0200</pubDate>"

SPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:p="https://podcastindex.org/namespace/1.0"'
)

Read = Callable[..., Feed]


def rss(*items: str, more: str = "") -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES}><channel><title>F</title>{more}'
    return f"{head}{''.join(items)}</channel></rss>".encode()


def item(name: str, *, guid: str | None = "", url: str = "", day: str = DAY, more: str = "") -> str:
    known = "" if guid is None else f"<guid>{guid or name}</guid>"
    sound = f'<enclosure url="{url or f"{name}.mp3"}" type="audio/mpeg" length="1"/>'
    return f"<item><title>{name}</title>{known}{day}{sound}{more}</item>"


def following(href: str, rel: str = "next") -> str:
    return f'<atom:link rel="{rel}" href="{href}"/>'


def titles(feed: Feed) -> list[str]:
    return [one.details.title for one in feed.list()]


def received(store: ObjectStore, *items: Item) -> None:
    """Create manifests for items, as their runs do."""
    for one in items:
        original = Original(sha256="0" * 64, size=1, file_name=one.file_name)
        manifest = Manifest(
            id=one.recording_id, source=one.ref, details=one.details, original=original,
            received_at=now(), changed_at=now(),
        )  # fmt: skip
        Archive(store).create(manifest)


def feed_at(address: str, settings: Settings, *, name: str = "the feed", seconds: float = 0.5) -> Feed:
    wanted = FeedSource(kind="feed", name=name, url=address, circle="privacy", allow_private=True)
    return Feed(wanted, settings, seconds=seconds)
