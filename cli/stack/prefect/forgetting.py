"""What only Kring's own Prefect server can do: delete everything that it keeps of one recording.

Prefect's API deletes a flow run and leaves its events, and no database gives the bytes of deleted rows back by itself.
So this answers at PATH, to who knows the auth string, deletes the rows of every table, and has the database write its
files anew.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/api/kring/forget"
MOST_BYTES = 1_000_000
"""Of a request: twenty thousand runs."""
TABLES = (
    "event_resources",
    "events",
    "log",
    "artifact_collection",
    "artifact",
    "task_run_state",
    "task_run",
    "flow_run_input",
    "flow_run_state",
    "flow_run",
)
"""Those in which runs are spoken of, each before the one it refers to (Prefect 3.8)."""
AT_A_TIME = 10
"""Ids that rows are looked through for at a time."""
_RECORDING = re.compile(r"[0-9a-f]{16}")
_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Forgetting:
    """ASGI middleware that answers at PATH, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp, auth_string: str) -> None:
        self._app = app
        self._authorization = f"Basic {b64encode(auth_string.encode()).decode()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        from starlette.requests import Request
        from starlette.responses import JSONResponse

        request = Request(scope, receive)
        if not hmac.compare_digest(dict(scope["headers"]).get(b"authorization", b""), self._authorization):
            response = JSONResponse({"detail": "Unauthorized"}, 401)
        elif request.method != "POST" or int(request.headers.get("content-length", MOST_BYTES)) >= MOST_BYTES:
            response = JSONResponse({"detail": "POST what is to be forgotten, in less than 1 MB."}, 400)
        else:
            response = await _answer(await request.body())
        await response(scope, receive, send)


async def _answer(body: bytes) -> Any:
    from prefect.server.database import provide_database_interface
    from starlette.responses import JSONResponse

    try:
        asked = json.loads(body)
        recording_id, run_ids = asked["recording_id"], asked["run_ids"]
        if not _RECORDING.fullmatch(recording_id) or not all(map(_RUN.fullmatch, run_ids)):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"detail": "Give a recording_id and its run_ids."}, 422)
    engine = await provide_database_interface().engine()
    rows = await delete_rows(engine, [recording_id, *run_ids])
    return JSONResponse({"rows": rows, "compacted": await compact(engine)})


async def delete_rows(engine: AsyncEngine, ids: list[str]) -> int:
    """Delete every row that speaks of one of these ids in any of its columns, and the runs that such rows belong to:
    those of chores, which tell of recordings in their log. The number of rows."""
    from sqlalchemy import delete, select

    tables = _tables()
    rows = 0
    async with engine.begin() as connection:
        state = tables["flow_run_state"]
        every_id = set(ids)
        for some in _in_parts(ids):
            told = await connection.execute(select(state.c.flow_run_id).where(_speaks(state, some)))
            every_id |= {str(run_id) for (run_id,) in told}
        for some in _in_parts(sorted(every_id)):
            for table in tables.values():
                done = await connection.execute(delete(table).where(_speaks(table, some)))
                rows += done.rowcount
    return rows


def _in_parts(ids: list[str]) -> Iterator[list[str]]:
    """SQLite takes expressions of a thousand terms: there is one for each id and column."""
    return (ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME))


def _speaks(table: Table, ids: list[str]) -> Any:
    from sqlalchemy import Text, cast, or_

    return or_(*(cast(column, Text).contains(each, autoescape=True) for column in table.c for each in ids))


def _tables() -> dict[str, Table]:
    from prefect.server.database.orm_models import Base

    return {name: Base.metadata.tables[name] for name in TABLES}


async def compact(engine: AsyncEngine) -> bool:
    """Have the database write its files without the rows that were deleted; whether it could. It may not if another
    program reads all the time, or if its user is no superuser."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    is_sqlite = engine.dialect.name == "sqlite"
    statements = (
        ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
        if is_sqlite
        # The log of writes holds them too; it goes with the checkpoint, if `wal_recycle` is off.
        else [*(f'VACUUM FULL "{name}"' for name in TABLES), "SELECT pg_switch_wal()", "CHECKPOINT", "CHECKPOINT"]
    )
    try:
        async with engine.connect() as plain:
            connection: AsyncConnection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                await connection.execute(text(statement))
    except SQLAlchemyError:
        return False
    return True
