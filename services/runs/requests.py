"""Asking for runs: of a recording that is there, and of one that is to be fetched."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kring.errors import KringError
from kring.intake.item import Item
from kring.intake.requests import Request
from kring.intake.uploads import Upload, attempt_of, item_of
from kring.model import Manifest, now
from services.runs.port import Runs, run_tags
from storage.archive.archive import Archive
from storage.archive.requests import Requests

log = logging.getLogger(__name__)


def start_again(runs: Runs, manifest: Manifest) -> None:
    """Ask for another run of a received recording: one for each version of it. Raises as `Runs` does."""
    details = manifest.details
    runs.start(manifest.id, title=details.title, circle=details.circle, after=f"version {manifest.version}")


def try_start_again(runs: Runs, manifest: Manifest) -> bool:
    """As `start_again`; False if runs cannot be asked for now, so that `reconcile` starts it later."""
    return _try(lambda: start_again(runs, manifest), manifest.id)


def try_start_upload(runs: Runs, upload: Upload) -> bool:
    """Ask for a run that takes in an upload that has arrived; False if `discover` has to start it later."""

    def start() -> None:
        details = upload.details
        item, attempt = item_of(upload), attempt_of(upload)
        runs.start(upload.id, title=details.title, circle=details.circle, item=item, after=attempt)

    return _try(start, upload.id)


def _try(start: Callable[[], None], recording_id: str) -> bool:
    try:
        start()
    except KringError as error:
        log.warning("No run could be asked for; it is started later (%s): %s", recording_id, error)
        return False
    return True


def keep_request(archive: Archive, item: Item) -> None:
    """Store the request for a recording before Prefect is asked: it is started even if Prefect never hears of it."""
    details = item.details
    parameters = {"recording_id": item.recording_id, "title": details.title, "item": item.model_dump(mode="json")}
    tags = run_tags(item.recording_id, details.circle)
    Requests(archive.store).keep(Request(id=item.recording_id, parameters=parameters, tags=tags, asked_at=now()))
