"""The page on which a facilitator takes a recording away. Erasing asks twice. It works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from kring.errors import InputError
from kring.model import Line, Manifest, State
from kring.people.accounts import name_in
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sign_in import FormDep
from search_ui.context import SiteDep
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from services.removal.erasure import ask_erasure
from services.removal.retention import Expiry, expiry_of
from services.removal.withdrawal import put_back, withdraw
from storage.archive.erasures import Erasures
from storage.audit import Doer
from storage.notices import Notices

NO_REASON = N_("Write in a few words why, in at most 300 characters; it stays in the record of what people did.")
LIST = "/removed"

router = APIRouter(include_in_schema=False)


def manifest_to_remove(
    recording_id: str,
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001  first of all: whether there is anything that they may change
) -> Manifest:
    """The recording, for who may change it. Raises NotFound, NotAllowed, and Conflict for one that is being erased."""
    return view.open_to_change(recording_id)


ManifestDep = Annotated[Manifest, Depends(manifest_to_remove)]


@dataclass(frozen=True, slots=True)
class RemovalState:
    """What is to become of a recording, as its facilitators are told."""

    being_erased: bool
    being_cut: bool
    expiry: Expiry | None


def removal_state(view: ArchiveView, manifest: Manifest) -> RemovalState:
    """For who may change it; others are told nothing of it."""
    store = view.site.archive.store
    circle = view.site.circles.all().get(manifest.details.circle)
    expiry = None
    if circle is not None and circle.retention_months is not None and not manifest.keep:
        noticed = Notices(store).all().get(manifest.id)
        expiry = expiry_of(manifest, circle, noticed, datetime.now(UTC).date())
    return RemovalState(
        being_erased=manifest.withdrawn is not None and Erasures(store).has(manifest.id),
        being_cut=manifest.state is not State.PUBLISHED and bool(manifest.cuts),
        expiry=expiry,
    )


@router.get("/r/{recording_id}/remove")
def removal_page(person: FacilitatorDep, recording_id: str, view: ArchiveViewDep) -> Response:  # noqa: ARG001
    manifest = view.open_to_change(recording_id, even_if_erased=True)
    return _page(view, manifest)


@router.post("/r/{recording_id}/withdraw")
def withdraw_recording(
    manifest: ManifestDep, site: SiteDep, person: FacilitatorDep, form: FormDep, record: RecorderDep
) -> Response:
    """Hide it, for a `reason`."""
    reason = reason_in(form)
    record.note(Act.WITHDRAW, manifest.id, f"withdrew it: {reason}")
    withdraw(site.archive, site.reindexing, manifest.id, doer_of(person), reason)
    return see_other(f"/r/{manifest.id}")


@router.post("/r/{recording_id}/put-back")
def put_back_recording(
    manifest: ManifestDep,
    site: SiteDep,
    person: FacilitatorDep,  # noqa: ARG001  who may is all there is to ask
    record: RecorderDep,
) -> Response:
    record.note(Act.WITHDRAW, manifest.id, "put it back")
    put_back(site.archive, site.reindexing, manifest.id)
    return see_other(f"/r/{manifest.id}")


@router.post("/r/{recording_id}/keep")
def keep_recording(
    manifest: ManifestDep,
    site: SiteDep,
    person: FacilitatorDep,  # noqa: ARG001  who may is all there is to ask
    form: FormDep,
    record: RecorderDep,
) -> Response:
    """Whether it stays (`keep` is `yes`) however long its circle keeps recordings."""
    keep = form.get("keep") == "yes"
    record.note(Act.KEEP, manifest.id, "keeps it for good" if keep else "keeps it as long as its circle does")
    site.archive.update(manifest.id, lambda old: old.model_copy(update={"keep": keep}))
    return see_other(f"/r/{manifest.id}/remove")


@router.post("/r/{recording_id}/erase")
def erase_recording(
    manifest: ManifestDep, view: ArchiveViewDep, person: FacilitatorDep, form: FormDep, record: RecorderDep
) -> Response:
    """First asks, with the `reason`, whether the person is sure; with `sure` it is hidden, and erased in a moment."""
    reason = reason_in(form)
    if form.get("sure") != "yes":
        return _page(view, manifest, reason)
    site = view.site
    record.note(Act.ERASE, manifest.id, reason)
    ask_erasure(site.archive, site.reindexing, manifest.id, doer_of(person), reason)
    return see_other(LIST)


def _page(view: ArchiveView, manifest: Manifest, erase_for: str = "") -> Response:
    """`erase_for`: the reason for which it is to be erased, if who asks is sure."""
    circle = view.site.circles.all().get(manifest.details.circle)
    return page(
        "remove.html",
        manifest=manifest,
        details=manifest.details,
        names=view.names,
        state=removal_state(view, manifest),
        months=circle.retention_months if circle else None,
        corrections=manifest.corrected,
        erase_for=erase_for,
    )


def reason_in(form: dict[str, str]) -> Line:
    """Why it is done. Raises InputError."""
    reason = name_in(form.get("reason", ""))
    if reason is None:
        raise InputError(NO_REASON)
    return reason


def doer_of(person: Person) -> Doer:
    return Doer(person.id, person.name or None)


def see_other(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
