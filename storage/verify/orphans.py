"""Objects that no manifest names: replaced, left by a crash, or of no recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kring.intake.uploads import Upload
from kring.model import Manifest
from storage.keys import (
    ADDRESSES,
    API_KEYS,
    ASIDE,
    AUDIT,
    CIRCLES,
    CORRECTIONS,
    CUTTING,
    ERASED,
    ERASING,
    FEED_TOKENS,
    FEEDS,
    FINDINGS,
    INDEX_OWNER,
    INVITATIONS,
    LEFT_OUT,
    LOGINS,
    MEDIA_MARK,
    NOTICES,
    PEOPLE,
    PROBE_RECIPE,
    RECORDINGS,
    RENDITIONS_MARK,
    REQUESTS,
    RUNS,
    SESSIONS,
    UPLOADS,
    WITHDRAWN,
    incoming_key,
    rendition_key,
    transcripts_of,
)
from storage.port import ObjectInfo
from storage.verify.expected import keys_of, marks_of


def made_by_original(objects: Mapping[str, ObjectInfo]) -> dict[str, dict[str, ObjectInfo]]:
    """SHA-256 of an original → all that was made of it."""
    made: dict[str, dict[str, ObjectInfo]] = defaultdict(dict)
    for key, info in objects.items():
        if key.startswith(("transcripts/", "renditions/")):
            made[key.split("/")[1]][key] = info
    return made


def manifest_set_aside(objects: Mapping[str, ObjectInfo]) -> bool:
    """Whether a manifest was set aside and has not come back: what it named still belongs to its recording."""
    aside = (key.removeprefix(ASIDE) for key in objects if key.startswith(f"{ASIDE}{RECORDINGS}"))
    return any(key not in objects for key in aside)


def _named_by(upload: Upload) -> Iterator[str]:
    """Keys of what has arrived for an upload that is not complete yet."""
    yield incoming_key(upload.id)
    if upload.captions is not None:
        yield upload.captions.key
    yield from (attachment.original.key for attachment in upload.attachments)


OWN = (
    *(RECORDINGS, CIRCLES, RUNS, UPLOADS, REQUESTS, FEEDS, LEFT_OUT, ASIDE),
    *(PEOPLE, INVITATIONS, LOGINS, API_KEYS, FEED_TOKENS, SESSIONS, AUDIT, ERASED, ERASING, CUTTING, WITHDRAWN),
)
"""Where Kring's own documents lie, which nothing has to name."""


def unnamed_objects(
    manifests: list[Manifest], uploads: list[Upload], objects: dict[str, ObjectInfo]
) -> Iterator[ObjectInfo]:
    """Objects that neither a manifest nor an upload names, and that are none of Kring's own documents."""
    ids = {manifest.id for manifest in manifests}
    named = {key for manifest in manifests for key in (*keys_of(manifest), *marks_of(manifest))}
    # What `probe` found is there before the manifest says so.
    named |= {rendition_key(manifest.original.sha256, PROBE_RECIPE, MEDIA_MARK) for manifest in manifests}
    named |= {key for upload in uploads for key in _named_by(upload)}
    for key, info in objects.items():
        expected = key.startswith(OWN) or key in (FINDINGS, INDEX_OWNER, NOTICES)
        corrected = key.startswith(CORRECTIONS) and key.removeprefix(CORRECTIONS).partition("/")[0] in ids
        to_fetch = key.startswith(ADDRESSES) and key.removeprefix(ADDRESSES).removesuffix(".json") not in ids
        if not (expected or corrected or to_fetch or key in named):
            yield info


def older_objects(
    manifests: list[Manifest], unnamed: tuple[ObjectInfo, ...], objects: Mapping[str, ObjectInfo]
) -> Iterator[ObjectInfo]:
    """Those of `unnamed` that were replaced by what the recording has now."""
    folders = {transcripts_of(manifest.original.sha256) for manifest in manifests if manifest.transcript is not None}
    rendered = {manifest.original.sha256 for manifest in manifests if manifest.renditions is not None}
    for info in unnamed:
        folder = info.key.rpartition("/")[0] + "/"
        complete = f"{folder}{RENDITIONS_MARK}" in objects and folder.split("/")[1] in rendered
        if folder in folders or complete:
            yield info
