"""Feeds to follow: any search, a circle, a network or a topic, for feed readers and podcast programs.

A feed shows what the pages show to the same viewer: to programs, which do not sign in, what is public; at a private
address (`private_addresses.py`) what its owner may see, and then all that programs fetch has such an address too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from index.port import Order, RecordingHit
from kring.errors import BadQuery, NotFound
from kring.model import Manifest, State, now
from search_ui.context import origin_of
from search_ui.feeds import rss
from search_ui.http.rendering import static_address, text
from search_ui.i18n.gettext import LANGUAGES, _, current_language, using_language
from search_ui.i18n.localisation import message_of
from search_ui.recording import captions, chapters as chaptering
from search_ui.recording.media import etag_matches, playback_url
from search_ui.search.collections import Collection, CollectionDep
from search_ui.search.links import feed_url, search_url, sorted_by
from search_ui.search.params import SearchParams, SearchParamsDep
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import visit_of

ITEMS = 50
PASSAGES = 5
"""Passages found that an item quotes at most."""
WRITER = 1
"""Grows when the same recordings are written otherwise, so that programs fetch the feed again."""
AT_ONCE = 8
"""Manifests asked of the store at the same time."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class FeedRecording:
    """A recording of the feed as the archive knows it."""

    hit: RecordingHit
    manifest: Manifest
    size: int
    chapters: bool


@router.api_route("/feed.xml", methods=["GET", "HEAD"])
def search_feed(request: Request, view: ArchiveViewDep, params: SearchParamsDep) -> Response:
    return feed_response(view, request, params, None)


@router.api_route("/c/{value}/feed.xml", methods=["GET", "HEAD"])
@router.api_route("/n/{value}/feed.xml", methods=["GET", "HEAD"])
@router.api_route("/t/{value:path}/feed.xml", methods=["GET", "HEAD"])
def collection_feed(
    request: Request,
    view: ArchiveViewDep,
    params: SearchParamsDep,
    collection: CollectionDep,
) -> Response:
    with using_language(
        next((language for language in LANGUAGES if language == collection.language), current_language())
    ):
        return feed_response(view, request, params.within(collection.scope), collection)


def feed_response(view: ArchiveView, request: Request, params: SearchParams, collection: Collection | None) -> Response:
    """200, 304 if the program has it already, or 400 in words. Raises SearchDown, StorageDown."""
    try:
        hits = view.search(sorted_by(params, Order.NEWEST).query(per_page=ITEMS, passages=PASSAGES)).hits
    except BadQuery as error:
        return PlainTextResponse(message_of(error), status_code=400, headers={"Cache-Control": "no-store"})
    origin, prefix = origin_of(view.site, request), visit_of(request).private_prefix
    facts = repr((WRITER, origin, prefix, feed_url(params), collection, current_language(), hits))
    etag = f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie", "ETag": f"W/{etag}"}
    given = request.headers.get("if-none-match")
    if given is not None and etag_matches(given, etag):
        return Response(status_code=304, headers=headers)
    recordings = published_recordings(view, hits)
    changed = max((recording.manifest.changed_at for recording in recordings), default=None)
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    channel = channel_of(view, origin, prefix, params, collection, recordings, changed or now())
    return Response(rss.write(channel), media_type=rss.MEDIA_TYPE, headers=headers)


def published_recordings(view: ArchiveView, hits: Sequence[RecordingHit]) -> list[FeedRecording]:
    """Those of them that are still there and published, in the same order."""

    listing = view.without_note()

    def opened(hit: RecordingHit) -> FeedRecording | None:
        try:
            manifest = listing.open(hit.recording_id)
        except NotFound:
            return None  # erased since it was found
        if manifest.state is not State.PUBLISHED or manifest.renditions is None:
            return None
        info = view.site.archive.store.stat(manifest.renditions.playback)
        return (
            FeedRecording(hit, manifest, info.size, bool(chaptering.chapters_of(view.site, manifest))) if info else None
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [recording for recording in pool.map(opened, hits) if recording is not None]


def channel_of(
    view: ArchiveView,
    origin: str,
    prefix: str,
    params: SearchParams,
    collection: Collection | None,
    recordings: Sequence[FeedRecording],
    changed: datetime,
) -> rss.FeedChannel:
    """`prefix`: what paths begin with that programs fetch; those of pages, which people open, begin with none."""
    address = feed_url(params)
    return rss.FeedChannel(
        title=title_of(params, collection),
        url=origin + search_url(params),
        address=origin + (f"{prefix}{address.partition('?')[0]}" if prefix else address),
        description=_("Recordings of knowledge circles, with the passages found and what was said in them."),
        author=collection.name if collection else "Kring",
        language=_language(recordings, collection),
        image=origin + static_address("cover.png"),
        changed=changed,
        items=[item_of(view, origin, prefix, params, recording) for recording in recordings],
        private=bool(prefix),
    )


def title_of(params: SearchParams, collection: Collection | None) -> str:
    """What the subscription is called in a list of many."""
    name = collection.name if collection else "Kring"
    return _("{name}: “{words}”").format(name=name, words=params.text) if params.text else name


def item_of(
    view: ArchiveView, origin: str, prefix: str, params: SearchParams, recording: FeedRecording
) -> rss.FeedItem:
    manifest, hit = recording.manifest, recording.hit
    details, files = manifest.details, origin + prefix
    return rss.FeedItem(
        guid=manifest.id,
        title=details.title,
        url=f"{origin}/r/{manifest.id}",
        published=datetime.combine(details.date, time(12), UTC),
        description=text(
            "feed_item.html", hit=hit, details=details, names=view.names, origin=origin, words=params.text
        ),
        media=rss.MediaFile(files + playback_url(manifest), manifest.renditions.playback_type),  # type: ignore[union-attr]
        size=recording.size,
        seconds=manifest.duration or hit.duration,
        image=f"{files}/media/{manifest.id}/poster" if hit.poster else None,
        people=details.presenters,
        transcripts=tuple(
            rss.MediaFile(files + download.address, download.file.media_type, _track_language(manifest, download.track))
            for download in captions.downloads(manifest)
            if download.file in captions.TIMED
        ),
        chapters=f"{files}/r/{manifest.id}/chapters.json" if recording.chapters else None,
    )


def _track_language(manifest: Manifest, track: captions.Track) -> str | None:
    reference = captions.reference(manifest, track)
    return reference.language if reference else None


def _language(recordings: Sequence[FeedRecording], collection: Collection | None) -> str:
    """The collection's, else the one spoken in most of the recordings, else the visitor's."""
    spoken = Counter(recording.hit.language for recording in recordings if recording.hit.language not in {"", "und"})
    most = spoken.most_common(1)
    return (collection.language if collection else None) or (most[0][0] if most else current_language())
