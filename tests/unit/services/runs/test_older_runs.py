"""Taking over what an earlier Kring's Prefect kept: rows that lack something hold up none of the others."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kring.model import ADDRESS, SourceRef
from services.runs.older_runs import READ, SET_ASIDE, take_over
from services.runs.port import FLOW
from storage.archive.archive import Archive
from storage.archive.requests import Requests
from storage.memory.store import MemoryStore

TABLES = """
    CREATE TABLE flow (id, name);
    CREATE TABLE flow_run (flow_id, parameters, tags, state_type, state_id, expected_start_time, created);
    CREATE TABLE flow_run_state (id, message, timestamp);
"""
MOMENT = "2026-03-02 12:00:00.000000"


def wanted(title: str) -> dict[str, Any]:
    ref = SourceRef(source=ADDRESS, external_id=f"https://example.org/{title}")
    details = {"title": title, "circle": "privacy", "date": "2026-03-02"}
    item = {"ref": ref.model_dump(), "details": details, "file_name": title, "location": ref.external_id}
    return {"recording_id": ref.recording_id, "title": title, "item": item}


def test_rows_that_lack_something_are_taken_or_left_and_the_file_is_done_with(tmp_path: Path) -> None:
    rows = [
        (json.dumps(wanted("whole")), "[]", "SCHEDULED", MOMENT),
        (json.dumps(wanted("no start")), "[]", "SCHEDULED", None),
        (json.dumps(wanted("no tags")), None, "CANCELLED", None),
        (json.dumps(wanted("no moment")), "[]", "SCHEDULED", "soon"),
        (None, "[]", "SCHEDULED", MOMENT),
        ("{", "[]", "SCHEDULED", MOMENT),
        ("[1]", "[]", "SCHEDULED", MOMENT),
        ("{}", "[]", "SCHEDULED", MOMENT),
        (json.dumps({"recording_id": 5}), "[]", "SCHEDULED", MOMENT),
        (json.dumps(wanted("odd tags")), "5", "SCHEDULED", MOMENT),
    ]
    folder = tmp_path / "prefect"
    folder.mkdir()
    with closing(sqlite3.connect(folder / SET_ASIDE)) as connection, connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO flow VALUES (1, ?)", (FLOW,))
        for row in rows:
            connection.execute("INSERT INTO flow_run VALUES (1, ?, ?, ?, NULL, ?, ?)", (*row, MOMENT))
    store = MemoryStore()
    assert take_over(tmp_path, Archive(store)) == 3
    kept = Requests(store).all().values()
    assert {request.title for request in kept} == {"whole", "no start", "no tags"}
    assert {request.asked_at.isoformat() for request in kept} == {"2026-03-02T12:00:00+00:00"}
    assert [path.name for path in folder.iterdir()] == [READ]
