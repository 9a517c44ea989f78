"""Asking for runs: of a recording that is there, and of one that is to be fetched."""

from __future__ import annotations

import logging

from kring.errors import OrchestratorDown, SetupError
from kring.intake.item import Item
from kring.intake.requests import Request
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
    try:
        start_again(runs, manifest)
    except (OrchestratorDown, SetupError) as error:
        log.warning("No run could be asked for; reconcile starts %s: %s", manifest.id, error)
        return False
    return True


def keep_request(archive: Archive, item: Item) -> None:
    """Store the request for a recording before Prefect is asked: it is started even if Prefect never hears of it."""
    details = item.details
    parameters = {"recording_id": item.recording_id, "title": details.title, "item": item.model_dump(mode="json")}
    tags = run_tags(item.recording_id, details.circle)
    Requests(archive.store).keep(Request(id=item.recording_id, parameters=parameters, tags=tags, asked_at=now()))
