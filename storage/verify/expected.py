"""What should lie in the bucket, by what one manifest says; nothing here reads an object."""

from __future__ import annotations

from collections.abc import Iterator

from kring.model import Content, Manifest, Media, Renditions
from storage.keys import MEDIA_MARK, PROBE_RECIPE, RENDITIONS_MARK, rendition_key, transcripts_of


def keys_of(manifest: Manifest) -> Iterator[str]:
    """Every key a manifest names."""
    yield manifest.original.key
    if manifest.captions is not None:
        yield manifest.captions.key
    if manifest.renditions is not None:
        yield from manifest.renditions.keys
    yield from (track.key for track in (manifest.transcript, manifest.english) if track is not None)
    for attachment in manifest.attachments:
        yield attachment.original.key
        if attachment.text is not None:
            yield attachment.text


def contents_of(manifest: Manifest) -> dict[str, Content]:
    """Key → what its bytes are, of all that this manifest knows it of."""
    contents = {original.key: Content(sha256=original.sha256, size=original.size) for original in manifest.received}
    if manifest.renditions is not None:
        contents |= manifest.renditions.contents
    for track in (manifest.transcript, manifest.english):
        if track is not None and track.content is not None:
            contents[track.key] = track.content
    for attachment in manifest.attachments:
        if attachment.text is not None and attachment.text_content is not None:
            contents[attachment.text] = attachment.text_content
    return contents


def marks_of(manifest: Manifest) -> dict[str, Media | Renditions]:
    """Key → what it says, of the objects that say of this recording's original which steps are complete."""
    marks: dict[str, Media | Renditions] = {}
    sha256 = manifest.original.sha256
    if manifest.media is not None:
        marks[rendition_key(sha256, PROBE_RECIPE, MEDIA_MARK)] = manifest.media
    if manifest.renditions is not None:
        marks[rendition_key(sha256, manifest.renditions.recipe, RENDITIONS_MARK)] = manifest.renditions
    return marks


def foreign_keys(manifest: Manifest) -> list[str]:
    """Keys it names that belong to another original: then it is not what Kring wrote."""
    sha256 = manifest.original.sha256
    own = (f"renditions/{sha256}/", transcripts_of(sha256))
    made = list(manifest.renditions.keys) if manifest.renditions is not None else []
    made += [track.key for track in (manifest.transcript, manifest.english) if track is not None]
    strange = [key for key in made if not key.startswith(own)]
    return strange + [
        attachment.text
        for attachment in manifest.attachments
        if attachment.text is not None and not attachment.text.startswith(f"renditions/{attachment.original.sha256}/")
    ]
