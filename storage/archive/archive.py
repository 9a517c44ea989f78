"""The documents of the archive: manifests, circles and transcripts, as types over an object store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kring.corrections.apply import detailed, lies_in, titled
from kring.corrections.changes import Correction
from kring.errors import Damaged, NotFound, UnknownCircle
from kring.intake.uploads import Upload
from kring.model import Attachment, Circle, Content, Cut, Manifest, Original, Pages, Transcript, now
from storage.archive.corrected_cache import CorrectedTranscripts
from storage.archive.corrections import Corrections, Make
from storage.archive.reading import NoteDamage, all_documents, fetch_document, log_damaged
from storage.contents import content_of, sha256_of
from storage.documents import JSON, change_document, create_document, read_document, write_document
from storage.keys import CIRCLES, RECORDINGS, UPLOADS, circle_key, manifest_key, transcript_key, upload_key
from storage.port import ObjectStore, TransferProgress

RECEIVED_TYPE = "application/octet-stream"
"""Media type of all that comes in: what a file is said to be is not trusted until it was probed."""

_log = logging.getLogger(__name__)


class Archive:
    """What is known about every recording. All methods raise StorageDown and DiskFull as the store does.

    A document that is not what its key says raises `storage.documents.DamagedDocument`.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self._corrections = Corrections(store)
        self._corrected = CorrectedTranscripts(self.transcript_as_stored)

    def manifest(self, recording_id: str) -> Manifest:
        """Raises NotFound."""
        return self._fetch(recording_id)[0]

    def manifests(self, damaged: NoteDamage | None = None) -> Iterator[Manifest]:
        """All recordings that can be read; one damaged manifest goes to `damaged` (or the log) and hides no other."""
        return all_documents(self.store, Manifest, RECORDINGS, damaged)

    def some_manifests(self, ids: Iterable[str]) -> Iterator[Manifest]:
        """Those of these recordings that are there and can be read."""
        for recording_id in ids:
            try:
                yield self.manifest(recording_id)
            except NotFound:
                continue
            except Damaged as error:
                log_damaged(manifest_key(recording_id), error)

    def ids(self) -> Iterator[str]:
        """The ids of all recordings, also of those whose manifest cannot be read."""
        for info in self.store.list(RECORDINGS):
            yield info.key.removeprefix(RECORDINGS).removesuffix(".json")

    def create(self, manifest: Manifest) -> Manifest:
        """Store a new manifest; if this recording has one already, that one is returned unchanged."""
        new = create_document(self.store, manifest_key(manifest.id), manifest)
        return manifest if new else self.manifest(manifest.id)

    def update(self, recording_id: str, change: Callable[[Manifest], Manifest]) -> Manifest:
        """The manifest as `change` makes it, with the next version; nothing is written if nothing changed.

        `change` is called again with the newer manifest if another process wrote in between, so it does nothing but
        compute. Raises NotFound, and Conflict if others never stop writing.
        """

        def versioned(old: Manifest) -> Manifest:
            new = change(old)
            if new == old:
                return old
            changed = {"id": old.id, "version": old.version + 1, "changed_at": now(), "once": _once(old, new)}
            return new.model_copy(update=changed)

        return change_document(
            self.store,
            f"{RECORDINGS}{recording_id}.json",
            lambda: self._fetch(recording_id),
            versioned,
            name=f"The recording {recording_id}",
        )

    def circle(self, slug: str) -> Circle:
        """Raises UnknownCircle, which names the circles there are."""
        return self._fetch_circle(slug)[0]

    def circles(self, damaged: NoteDamage | None = None) -> list[Circle]:
        """All circles that can be read, in order of their slugs."""
        return sorted(all_documents(self.store, Circle, CIRCLES, damaged), key=lambda circle: circle.slug)

    def put_circle(self, circle: Circle) -> None:
        """Store a circle, over an older one of the same slug."""
        self.store.put_bytes(circle_key(circle.slug), write_document(circle), media_type=JSON)

    def create_circle(self, circle: Circle) -> bool:
        """Whether it was stored; False: there is one of this slug already, which stays as it is."""
        return create_document(self.store, circle_key(circle.slug), circle)

    def change_circle(self, slug: str, change: Callable[[Circle], Circle]) -> Circle:
        """The circle as `change` makes it, which is called again if another process wrote in between.

        Raises UnknownCircle, and Conflict if others never stop writing.
        """
        return change_document(
            self.store,
            f"{CIRCLES}{slug}.json",
            lambda: self._fetch_circle(slug),
            change,
            name=f"The circle {slug}",
        )

    def transcript(self, key: str) -> Transcript:
        """Raises NotFound."""
        return self.transcript_as_stored(key)[0]

    def transcript_as_stored(self, key: str) -> tuple[Transcript, Content]:
        """The transcript at `key`, and what its bytes are. Raises NotFound."""
        data = self.store.get_bytes(key).data
        return read_document(Transcript, key, data), content_of(data)

    def transcript_of(self, manifest: Manifest) -> Transcript | None:
        """The recording's transcript as people have corrected it, as far as `manifest` says so; None: it has none yet.

        Raises NotFound if the transcript has gone.
        """
        if manifest.transcript is None:
            return None
        corrections = self._corrections.first(manifest.id, manifest.corrected)
        if manifest.cuts:  # remembered ones may be as they were before
            corrections = tuple(each for each in corrections if not lies_in(each, manifest.cuts))
        return self._corrected.get(manifest.transcript.key, corrections, manifest.transcript.content)

    def corrected(self, key: str, corrections: Iterable[Correction]) -> Transcript:
        """The transcript at `key` with these corrections of one recording. Raises NotFound."""
        return self._corrected.get(key, corrections)

    def corrections(self, recording_id: str) -> tuple[Correction, ...]:
        """Everything people have changed about a recording, in order."""
        return self._corrections.of(recording_id)

    def erase_corrections(self, recording_id: str, cuts: Iterable[Cut]) -> int:
        """Write over those that lie in these passages, by ones that say nothing; how many there were."""
        lying = [each for each in self.corrections(recording_id) if lies_in(each, cuts)]
        for correction in lying:
            self._corrections.erase(correction)
        return len(lying)

    def last_corrections(self) -> dict[str, int]:
        """Recording → the number of its last correction, of all that have any."""
        return self._corrections.last()

    def forget_remembered(self) -> None:
        """Hold no transcript and no correction in memory; what is asked for next is read again."""
        self._corrections.forget()
        self._corrected.forget()

    def correct(self, recording_id: str, make: Make) -> Correction:
        """Store what `make` makes of the corrections there are as the next one, and have the manifest say so.

        `make` is called again with the newer ones if another process was first, so it does nothing but compute.
        Raises NotFound, Conflict if others never stop, and what `make` raises.
        """
        corrections = self._corrections.append(recording_id, make, after=self.manifest(recording_id).corrected)
        self._settle(recording_id, corrections)
        return corrections[-1]

    def settle_corrections(self, recording_id: str) -> Manifest:
        """Have the manifest say what the stored corrections do, if a crash has kept it from being written."""
        return self._settle(recording_id, self.corrections(recording_id))

    def _settle(self, recording_id: str, corrections: tuple[Correction, ...]) -> Manifest:
        last = corrections[-1].number if corrections else 0

        def change(manifest: Manifest) -> Manifest:
            if manifest.corrected >= last:
                return manifest
            details = detailed(manifest.details, corrections)
            attachments = titled(manifest.attachments, corrections)
            return manifest.model_copy(update={"corrected": last, "details": details, "attachments": attachments})

        return self.update(recording_id, change)

    def put_transcript(self, sha256: str, transcript: Transcript) -> str:
        """Store what was heard in the original `sha256` and return the key; one already there stays as it is."""
        key = transcript_key(sha256, transcript.fingerprint)
        if not create_document(self.store, key, transcript, compact=True):
            _log.debug("%s is there already", key)
        return key

    def put_original(self, original: Original, path: Path, *, progress: TransferProgress | None = None) -> bool:
        """Store bytes as they came in under the key of their hash; False: they were there already, and are whole."""
        if self._is_whole(original):
            return False
        self.store.put_file(original.key, path, media_type=RECEIVED_TYPE, progress=progress)
        return True

    def _is_whole(self, original: Original) -> bool:
        """Reads it: the same bytes may be brought once more because the stored ones are damaged."""
        info = self.store.stat(original.key)
        if info is None or info.size != original.size:
            return False
        try:
            return sha256_of(self.store, original.key) == original.sha256
        except (NotFound, Damaged):
            return False

    def attached(self, manifest: Manifest) -> list[tuple[Attachment, Pages]]:
        """The recording's documents whose text was read, with their pages. Raises NotFound."""
        return [
            (attachment, read_document(Pages, attachment.text, self.store.get_bytes(attachment.text).data))
            for attachment in manifest.attachments
            if attachment.text is not None
        ]

    def upload(self, upload_id: str) -> Upload:
        """What a person is uploading. Raises NotFound."""
        return self._fetch_upload(upload_id)[0]

    def find_upload(self, upload_id: str) -> Upload | None:
        """None if there is none (any more)."""
        try:
            return self.upload(upload_id)
        except NotFound:
            return None

    def uploads(self, damaged: NoteDamage | None = None) -> Iterator[Upload]:
        """All that is being brought in and can be read, as `manifests` does it."""
        return all_documents(self.store, Upload, UPLOADS, damaged)

    def create_upload(self, upload: Upload) -> Upload:
        """Store a new upload; if there is one of this id already, that one is returned unchanged."""
        return upload if create_document(self.store, upload_key(upload.id), upload) else self.upload(upload.id)

    def update_upload(self, upload_id: str, change: Callable[[Upload], Upload]) -> Upload:
        """The upload as `change` makes it, under the conditions of `update`."""

        def dated(old: Upload) -> Upload:
            new = change(old)
            return old if new == old else new.model_copy(update={"id": old.id, "changed_at": now()})

        return change_document(
            self.store,
            f"{UPLOADS}{upload_id}.json",
            lambda: self._fetch_upload(upload_id),
            dated,
            name=f"The upload {upload_id}",
        )

    def forget_upload(self, upload_id: str) -> None:
        """Its document is gone afterwards; its bytes are the caller's to delete, before this."""
        self.store.delete(upload_key(upload_id))

    def _fetch_upload(self, upload_id: str) -> tuple[Upload, str]:
        try:
            return fetch_document(self.store, Upload, upload_key, upload_id)
        except NotFound:
            raise NotFound("There is no such upload; it is complete, or it was taken back. Begin it again.") from None

    def _fetch(self, recording_id: str) -> tuple[Manifest, str]:
        try:
            return fetch_document(self.store, Manifest, manifest_key, recording_id)
        except NotFound:
            raise NotFound(f"There is no recording {recording_id}; `kring status` lists the ones there are.") from None

    def _fetch_circle(self, slug: str) -> tuple[Circle, str]:
        try:
            return fetch_document(self.store, Circle, circle_key, slug)
        except NotFound:
            known_slugs = ", ".join(circle.slug for circle in self.circles()) or "none yet"
            raise UnknownCircle(
                "There is no circle {slug}; there are: {there}. "
                "Make it with `kring circle add`, then `kring reconcile --retry-failed`.",
                slug=repr(slug),
                there=known_slugs,
            ) from None


def _once(old: Manifest, new: Manifest) -> tuple[Original, ...]:
    """The originals that `new` names no longer."""
    named = {original.sha256 for original in new.received}
    dropped = {original.sha256: original for original in (*new.once, *old.received)}
    return tuple(original for sha256, original in dropped.items() if sha256 not in named)
