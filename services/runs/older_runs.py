"""What only the SQLite database of an earlier Kring's Prefect knows: recordings asked for and never received.

Files, feeds and uploads are found again by looking; addresses that people gave to `kring add` are not. So they are read
from the database that was set aside, once, and written down in the bucket as requests.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from kring.intake.item import Item
from kring.intake.requests import Request
from kring.model import SourceRef
from services.runs.port import FLOW, RECORDING_ID, is_shutdown
from services.secret_addresses import hide_secrets
from storage.archive.archive import Archive
from storage.archive.erasures import is_settled
from storage.archive.requests import Requests

SET_ASIDE = "before-postgresql-prefect.db"
READ = "old-prefect.db"
NEWEST_LAST = """
    SELECT run.parameters, run.tags, run.state_type, state.message, run.expected_start_time, state.timestamp,
    run.created
    FROM flow_run AS run JOIN flow ON flow.id = run.flow_id LEFT JOIN flow_run_state AS state ON state.id = run.state_id
    WHERE flow.name = ? ORDER BY run.created
"""

log = logging.getLogger(__name__)


def take_over(data_dir: Path, archive: Archive) -> int:
    """Keep as requests what was asked for there; how many. Does nothing if there is no such database (any more)."""
    database = data_dir / "prefect" / SET_ASIDE
    if not database.exists():
        return 0
    requests, count = Requests(archive.store), 0
    for request in requests_in(database):
        if not is_settled(archive.store, request.id):
            requests.keep(_without_secrets(request, archive))
            count += 1
    database.rename(database.with_name(READ))
    return count


def requests_in(database: Path) -> list[Request]:
    """Of each recording that was to be fetched and whose last run did not end well, what was asked for.

    Nothing if the database cannot be read.
    """
    try:
        with closing(sqlite3.connect(database)) as connection:
            rows = connection.execute(NEWEST_LAST, (FLOW,)).fetchall()
    except sqlite3.DatabaseError as error:
        log.warning("What Prefect kept in %s cannot be read (%s); add again what was not fetched.", database, error)
        return []
    newest: dict[str, Request | None] = {}
    for parameters, tags, state, message, expected, since, created in rows:
        try:
            parsed = json.loads(parameters)
            recording_id = parsed["recording_id"]
            if not RECORDING_ID.fullmatch(recording_id):
                continue
            Item.model_validate(parsed.get("item"))
            cancelled = state == "CANCELLED" and not is_shutdown(message or "")
            newest[recording_id] = None if state == "COMPLETED" else Request(
                id=recording_id,
                parameters=parsed,
                tags=tuple(json.loads(tags or "[]")),
                asked_at=_moment(expected or created),
                cancelled_at=_moment(since or created) if cancelled else None,
            )  # fmt: skip
        except (ValueError, TypeError, LookupError, AttributeError):
            continue  # nothing was to be fetched, or this Kring would not know how, or the row is damaged
    return [request for request in newest.values() if request is not None]


def _without_secrets(request: Request, archive: Archive) -> Request:
    """As it would be asked for today: what is secret in an address is kept aside."""
    item = Item.model_validate(request.parameters["item"])
    item = item.model_copy(update={"ref": SourceRef.of(item.ref.source, item.ref.external_id)})
    hidden = hide_secrets(archive.store, item).model_dump(mode="json")
    return request.model_copy(update={"parameters": {**request.parameters, "item": hidden}})


def _moment(text: str) -> datetime:
    """SQLAlchemy's text of a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
