"""What facilitators have taken away and can put back, what their circles will keep no longer, and what was erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from fastapi import APIRouter
from starlette.responses import Response

from kring.errors import Damaged, NotFound
from kring.model import Manifest
from kring.model.erased import Erasure, Place
from search_ui.auth.identity import FacilitatorDep
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.removal.removing import LIST
from search_ui.viewer import ArchiveView, ArchiveViewDep
from services.removal.retention import RETENTION, Expiry, expiry_of
from services.removal.withdrawal import withdrawn_ids
from storage.archive.erasures import Erasures
from storage.notices import Notices

SHOWN = 100
"""Receipts on the page, the newest."""
PLACES = {
    Place.RUNS: N_("in the list of runs"),
    Place.LOGS: N_("in logs"),
    Place.SCRATCH: N_("files in progress"),
    Place.ORIGINALS: N_("files that came in"),
    Place.RENDITIONS: N_("files made for playing"),
    Place.TRANSCRIPTS: N_("transcripts"),
    Place.CORRECTIONS: N_("corrections"),
    Place.DOCUMENTS: N_("what was known about it"),
    Place.INDEX: N_("the search index, written anew"),
    Place.STORE: N_("the storage’s files, written anew"),
}

router = APIRouter(include_in_schema=False)


@router.get(LIST)
def removed_page(view: ArchiveViewDep, person: FacilitatorDep) -> Response:  # noqa: ARG001
    receipts = list(islice(_receipts(view), SHOWN + 1))
    return page(
        "removed.html",
        names=view.names,
        withdrawn=list(_withdrawn(view)),
        expiring=sorted(_expiring(view), key=lambda expiry: expiry.on),
        receipts=receipts[:SHOWN],
        more=len(receipts) > SHOWN,
        anew=(Place.INDEX, Place.STORE),
        retention=RETENTION.id,
        places={place: _(name) for place, name in PLACES.items()},
    )


def _withdrawn(view: ArchiveView) -> Iterator[Manifest]:
    erasing = Erasures(view.site.archive.store).ids()
    for recording_id in withdrawn_ids(view.site.archive):
        manifest = _changeable(view, recording_id)
        if manifest is not None and manifest.withdrawn is not None and recording_id not in erasing:
            yield manifest


def _expiring(view: ArchiveView) -> Iterator[Expiry]:
    circles, today = view.site.circles.all(), datetime.now(UTC).date()
    for recording_id, noticed in Notices(view.site.archive.store).all().items():
        manifest = _changeable(view, recording_id)
        if manifest is not None:
            expiry = expiry_of(manifest, circles.get(manifest.details.circle), noticed, today)
            if expiry is not None:
                yield expiry


def _changeable(view: ArchiveView, recording_id: str) -> Manifest | None:
    """None for what the viewer may not change, and for what has gone."""
    try:
        manifest = view.without_note().open(recording_id)
    except (NotFound, Damaged):
        return None
    return manifest if view.may_change(manifest.details.circle) else None


def _receipts(view: ArchiveView) -> Iterator[Erasure]:
    """The newest first, those of the viewer's circles."""
    for erasure in Erasures(view.site.archive.store).newest():
        if erasure.other_id_of is None and view.may_change(erasure.circle):
            yield erasure
