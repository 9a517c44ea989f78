"""What one person has brought in: what is on its way, and the recordings that have become of the rest."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from kring.errors import Damaged, NotFound
from kring.intake.uploads import Upload, UploadState, page_id_of
from kring.model import Manifest, State, Step
from kring.sentence import ShownSentence
from search_ui.auth.identity import FacilitatorDep
from search_ui.context import Site, shared
from search_ui.http import formatting
from search_ui.i18n.gettext import N_, _
from search_ui.upload.parts import received
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from storage.archive.archive import Archive
from storage.keys import RECORDINGS

router = APIRouter(prefix="/api/uploads", tags=["uploads"])

STATE_TEXTS = {
    "arriving": N_("Not all of it has arrived yet"),
    "arrived": N_("It has arrived and is processed next"),
    "working": N_("It is being worked on"),
    "waiting": N_("It is waiting for its turn"),
    "published": N_("It is published"),
    "failed": N_("It was stopped by a problem"),
}


class OwnUpload(BaseModel):
    """`text` says in words what `state` is; `received` and `size` are bytes."""

    id: str
    title: str
    circle: str
    circle_name: str
    file_name: str
    size: int
    received: int
    state: Literal["arriving", "arrived", "working", "waiting", "published", "failed"]
    text: str
    problem: ShownSentence | None
    url: str
    at: datetime
    """When it was begun."""


class OwnRecordings:
    """The recordings that people have uploaded with a browser, read again only if one has changed."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, Manifest | None]] = {}

    def by(self, person: Person) -> list[Manifest]:
        """Raises StorageDown."""
        with self._lock:
            self._look()
            manifests = [manifest for _, manifest in self._known.values()]
        return [manifest for manifest in manifests if manifest is not None and manifest.brought_by == person.id]

    def _look(self) -> None:
        seen: dict[str, tuple[str, Manifest | None]] = {}
        for info in self._archive.store.list(RECORDINGS):
            known = self._known.get(info.key)
            if known is None or known[0] != info.etag:
                known = (info.etag, self._read(info.key.removeprefix(RECORDINGS).removesuffix(".json")))
            seen[info.key] = known
        self._known = seen

    def _read(self, recording_id: str) -> Manifest | None:
        """None if it was not uploaded with a browser, or it has gone."""
        try:
            manifest = self._archive.manifest(recording_id)
        except (NotFound, Damaged):
            return None
        return manifest if manifest.brought_by is not None else None


OwnRecordingsDep = Annotated[OwnRecordings, Depends(shared(OwnRecordings))]


@router.get("")
def mine(
    view: ArchiveViewDep,
    person: FacilitatorDep,
    brought: OwnRecordingsDep,
) -> list[OwnUpload]:
    """What you have brought in, the newest first, as far as you may still see it."""
    return uploads_of(view, person, brought)


def uploads_of(view: ArchiveView, person: Person, own: OwnRecordings) -> list[OwnUpload]:
    opens = view.access.may_open
    recordings = {
        manifest.id: _recording(view, manifest) for manifest in own.by(person) if opens(view.viewer, manifest)
    }
    uploads = {upload.id: _upload(view, upload) for upload in view.site.archive.uploads() if upload.by == person.id}
    return sorted((uploads | recordings).values(), key=lambda upload: upload.at, reverse=True)


def _upload(view: ArchiveView, upload: Upload) -> OwnUpload:
    arrived = upload.original.size if upload.state is UploadState.ARRIVED else received(view.site, upload)
    return OwnUpload(
        id=upload.id,
        title=upload.details.title,
        circle=upload.details.circle,
        circle_name=view.names.circle(upload.details.circle),
        file_name=upload.original.file_name,
        size=upload.original.size,
        received=arrived,
        state=upload.state.value,
        text=_(STATE_TEXTS[upload.state.value]),
        problem=upload.problem,
        url=f"/r/{page_id_of(upload)}",
        at=upload.begun_at,
    )


def _recording(view: ArchiveView, manifest: Manifest) -> OwnUpload:
    state, text = _state(view.site, manifest)
    return OwnUpload(
        id=manifest.id,
        title=manifest.details.title,
        circle=manifest.details.circle,
        circle_name=view.names.circle(manifest.details.circle),
        file_name=manifest.original.file_name,
        size=manifest.original.size,
        received=manifest.original.size,
        state=state,
        text=text,
        problem=manifest.problem.message if manifest.problem else None,
        url=f"/r/{manifest.id}",
        at=manifest.received_at,
    )


def _state(site: Site, manifest: Manifest) -> tuple[Literal["working", "waiting", "published", "failed"], str]:
    if manifest.state is State.PUBLISHED:
        return "published", _(STATE_TEXTS["published"])
    activity = site.leases.read(manifest.id)
    if activity is not None and site.leases.is_alive(activity):
        return "working", f"{_(STATE_TEXTS['working'])}: {_step(activity.step)}"
    if manifest.problem is not None and not manifest.problem.transient:
        return "failed", _(STATE_TEXTS["failed"])
    return "waiting", _(STATE_TEXTS["waiting"])


def _step(step: Step) -> str:
    return _(formatting.STEPS[step])
