"""What may be brought in with a browser, and what is known of a file before its first byte is sent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

from kring.details import make_details
from kring.errors import Conflict, EmptyFile, InputError, NotAllowed, NotFound, NotMedia
from kring.intake.uploads import Upload, UploadState, source_of
from kring.model import Details, Line, Manifest, Original, Sha256, now
from kring.settings import Settings
from search_ui.context import Site
from search_ui.i18n.gettext import N_
from search_ui.viewer import ArchiveView
from search_ui.viewer.visit import Person
from storage.archive.erasures import WAS_ERASED, Erasures
from storage.keys import incoming_key, manifest_key
from storage.parts import MAX_PARTS
from storage.seaweed.program import is_local
from transcribe.containers.kinds import may_be_recording

PART_BYTES = 16 * 1024 * 1024
"""What is lost if a connection breaks; the server holds a few of them in memory."""
IDLE_TIME = timedelta(minutes=15)
"""After so long without a part, another may go on with the same file: a browser that forgot who it is, mostly."""
GB = 1e9
_OTHERS_CIRCLE = N_("You may not upload to this circle; choose one of yours, or ask one of its facilitators.")
_FOR_OTHERS = N_(
    "This file is in the archive already, for a circle that you do not belong to. Ask the operator of Kring for it."
)


class FileInfo(BaseModel):
    """A file as the browser sees it, before it is sent."""

    name: Line
    size: int = Field(ge=0, le=10**15)
    type: str = Field(default="", max_length=200)
    sha256: Sha256 | None = None

    def original(self, sha256: Sha256) -> Original:
        return Original(sha256=sha256, size=self.size, file_name=self.name)


class KnownRecording(BaseModel):
    """A recording that the archive has, or is taking in."""

    id: str
    title: str
    url: str


def check_file(file: FileInfo, settings: Settings) -> None:
    """Raises NotMedia, EmptyFile or InputError if a file cannot be taken, whatever is in it."""
    if not may_be_recording(file.name, file.type):
        raise NotMedia(
            N_("{name} is not a recording by its name; choose a video or audio file (such as MP4, WebM, M4A, MP3)."),
            name=file.name,
        )
    if file.size == 0:
        raise EmptyFile(N_("{name} is empty; export or copy the recording again."), name=file.name)
    if file.size > settings.media.max_gb * GB:
        raise InputError(
            N_("{name} has {size} GB; at most {most} GB are taken. Export it smaller, or in parts."),
            name=file.name,
            size=f"{file.size / GB:.1f}",
            most=f"{settings.media.max_gb:g}",
        )


def copies_on_disk(settings: Settings) -> int:
    """How many times a file lies on this machine's disk.

    It lies there while it is worked on. If the object store is on the same disk, it lies there too: as it arrives, and
    as the original, which is there before the first is removed.
    """
    return 3 if is_local(settings.data_dir, settings.s3_access_key) else 1


def check_room(size: int, settings: Settings, *, arrived: int = 0, promised: int = 0) -> None:
    """Raises InputError if the disk will not do for a file, some of which may have arrived; `promised`: bytes that
    are to come for others."""
    existing = next(folder for folder in (settings.data_dir, *settings.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(existing).free - settings.media.spare_disk_mb * 1_000_000 - promised
    needed = size * copies_on_disk(settings) - arrived
    if needed > free:
        raise InputError(
            N_(
                "There is no room for this file: {needed} GB are needed for it and {free} GB are free, apart from the "
                "room for other files that are on their way. Wait until these have arrived, or ask the operator of "
                "Kring to make room."
            )
            if promised
            else N_(
                "There is no room for this file: {needed} GB are needed for it and {free} GB are free. "
                "The operator of Kring has to make room."
            ),
            needed=f"{needed / GB:.1f}",
            free=f"{max(0, free) / GB:.1f}",
        )


def checked_details(view: ArchiveView, values: dict[str, Any]) -> Details:
    """Details of a form, in which a field left empty says nothing.

    Raises BadMetadata, UnknownLanguage, and NotAllowed for a circle to which the viewer may not upload; UnknownCircle
    only to those who may upload to all.
    """
    details = make_details(**{name: value for name, value in values.items() if value not in ("", None)})
    if not view.may_change(details.circle):
        raise NotAllowed(_OTHERS_CIRCLE)
    view.site.archive.circle(details.circle)
    return details


def same_file(view: ArchiveView, sha256: Sha256) -> KnownRecording | None:
    """The recording these very bytes are, whichever way they came in.

    Raises Conflict if the archive has it for others than the viewer, who is told nothing more of it, and if it was
    erased.
    """
    upload_id = source_of(sha256).recording_id
    if Erasures(view.site.archive.store).has(upload_id):
        raise Conflict(WAS_ERASED, id=upload_id)
    same = list(_same_file(view.site, upload_id, sha256))
    for known in same:
        opens = view.access.may_open(view.viewer, known) if isinstance(known, Manifest) else _sees(view, known)
        if opens:
            return KnownRecording(id=known.id, title=known.details.title, url=f"/r/{known.id}")
    if same:
        raise Conflict(_FOR_OTHERS)
    return None


def _sees(view: ArchiveView, upload: Upload) -> bool:
    return view.access.may_see(view.viewer, upload.details)


def _same_file(site: Site, upload_id: str, sha256: Sha256) -> Iterator[Manifest | Upload]:
    """The recordings that have this original, or the upload that has brought it."""
    try:
        yield site.archive.manifest(upload_id)
    except NotFound:
        pass
    else:
        return
    upload = site.archive.find_upload(upload_id)
    if upload is not None and upload.state is UploadState.ARRIVED:
        yield upload
    elif site.archive.store.exists(Original(sha256=sha256, size=0, file_name="-").key):
        yield from (manifest for manifest in site.archive.manifests() if manifest.original.sha256 == sha256)


def own_upload(view: ArchiveView, upload_id: str, person: Person) -> Upload:
    """Raises NotFound, also for an upload of someone else; and NotAllowed if the person, or the key that acts for them,
    may by now not change what belongs to its circle."""
    upload = view.site.archive.find_upload(upload_id)
    if upload is None or upload.by != person.id:
        raise NotFound(N_("You are not uploading such a file; it is complete, or it was cancelled."))
    view.check_changes(upload.details.circle)
    if upload.replaces is not None:
        view.open_to_change(upload.replaces.recording_id)
    return upload


def check_free(upload: Upload, person: Person) -> None:
    """Raises Conflict if someone else is sending the same file at this moment."""
    if upload.by == person.id or upload.state is not UploadState.ARRIVING or now() - upload.changed_at > IDLE_TIME:
        return
    raise Conflict(
        N_("Someone else is uploading the same file at the moment; wait until it has arrived, or ask around.")
    )


def change_upload(site: Site, upload_id: str, change: Callable[[Upload], Upload]) -> Upload:
    """The upload as `change` makes it. Raises NotFound, and Conflict if a run has made a recording of it meanwhile.

    A run reads the document once more after it has written the manifest, so what is written before the manifest is
    there counts.
    """
    changed = site.archive.update_upload(upload_id, change)
    if site.archive.store.exists(manifest_key(upload_id)):
        raise Conflict(N_("The recording has just been taken in; change it on its own page."))
    return changed


def has_arrived(site: Site, upload: Upload) -> bool:
    """Whether all its bytes lie together."""
    info = site.archive.store.stat(incoming_key(upload.id))
    return info is not None and info.size == upload.original.size


def part_size(size: int) -> int:
    """Bytes of each part of a file but the last, in whole MiB."""
    mebibyte = 1024 * 1024
    return max(PART_BYTES, -(-size // (MAX_PARTS * mebibyte)) * mebibyte)


def part_count(upload: Upload) -> int:
    return -(-upload.original.size // upload.part_size)


def bytes_of_part(upload: Upload, number: int) -> int:
    """Raises InputError for a part beyond the end."""
    count = part_count(upload)
    if not 1 <= number <= count:
        raise InputError(N_("This file has {count} parts; there is no part {number}."), count=count, number=number)
    return upload.part_size if number < count else upload.original.size - (count - 1) * upload.part_size
