"""The text of what is attached to a recording: read once, kept beside the renditions, named in the manifest.

A document that cannot be read says why and holds up nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.steps.transcribe import Report
from kring.errors import Damaged, InputError, NotFound
from kring.model import Attachment, Content, Manifest, Pages
from services.ports import Ports
from services.scratch import require_space
from storage.contents import content_of
from storage.documents import JSON, read_document, write_document
from storage.keys import rendition_key
from storage.port import ObjectStore
from transcribe.documents.pdf import RECIPE, read_pages

PAGES = "pages.json"


def read_attachments(ports: Ports, manifest: Manifest, folder: Path, report: Report) -> Mapping[str, Attachment]:
    """SHA-256 → the attachment with its text or its problem, of those that had neither."""
    read: dict[str, Attachment] = {}
    for attachment in manifest.attachments:
        if not attachment.is_read:
            report(0.0, "reading what is attached")
            read[attachment.original.sha256] = _read(ports, attachment, folder)
    return read


def with_text(attachments: tuple[Attachment, ...], read: Mapping[str, Attachment]) -> tuple[Attachment, ...]:
    """The recording's attachments as they are by now, with what was read of them; titles may be others meanwhile."""
    return tuple(
        attachment.model_copy(update={"text": text.text, "text_content": text.text_content, "problem": text.problem})
        if (text := read.get(attachment.original.sha256)) is not None
        else attachment
        for attachment in attachments
    )


def _read(ports: Ports, attachment: Attachment, folder: Path) -> Attachment:
    store, original = ports.archive.store, attachment.original
    key = rendition_key(original.sha256, RECIPE, PAGES)
    if (text := _text_there(store, key)) is not None:
        return attachment.model_copy(update={"text": key, "text_content": text})
    require_space(folder, original.size, ports.settings)
    path = folder / f"attachment-{original.sha256[:16]}.pdf"
    store.get_file(original.key, path)
    try:
        pages = read_pages(path)
    except InputError as error:
        return attachment.model_copy(update={"problem": error.sentence})
    finally:
        path.unlink()
    data = write_document(pages, compact=True)
    store.put_bytes(key, data, media_type=JSON)
    return attachment.model_copy(update={"text": key, "text_content": content_of(data)})


def _text_there(store: ObjectStore, key: str) -> Content | None:
    """Size and hash of the text at `key`, if it was read before; None: there is none that can be read."""
    try:
        data = store.get_bytes(key).data
        read_document(Pages, key, data)
    except (NotFound, Damaged):
        return None
    return content_of(data)
