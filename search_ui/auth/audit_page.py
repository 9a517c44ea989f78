"""What people did: a page for operators, with filters, and the same to take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query as Parameter
from starlette.responses import Response, StreamingResponse

from kring.people.audit import Act, AuditEntry
from search_ui.auth.identity import OperatorDep
from search_ui.context import shared
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from storage.audit import Audit

PAGE = "/audit"
SHOWN = 200
"""Entries on a page."""
ACT_NAMES = {
    Act.SIGN_IN: N_("signed in"),
    Act.SIGN_OUT: N_("signed out"),
    Act.INVITE: N_("invited"),
    Act.ROLES: N_("changed a role"),
    Act.ACCOUNT: N_("changed an account"),
    Act.KEY: N_("made or revoked a key"),
    Act.LOOK: N_("looked at a recording"),
    Act.UPLOAD: N_("uploaded"),
    Act.CORRECT: N_("corrected"),
    Act.WITHDRAW: N_("withdrew a recording or put it back"),
    Act.ERASE: N_("erased a recording"),
    Act.KEEP: N_("said how long a recording is kept"),
    Act.CHANGE: N_("changed a recording"),
    Act.CIRCLE: N_("made or changed a circle"),
}
COLUMNS = ("number", "at", "act", "by", "by_name", "as_operator", "about", "says")

router = APIRouter(include_in_schema=False)

AuditDep = Annotated[Audit, Depends(shared(Audit))]
WhoParameter = Annotated[str, Parameter(max_length=300)]


@router.get(PAGE)
def audit_page(audit: AuditDep, person: OperatorDep, act: str = "", who: WhoParameter = "") -> Response:  # noqa: ARG001
    """The newest first; `act` and `who` narrow."""
    found = list(islice(audit.matching(act, who), SHOWN + 1))
    return page(
        "audit.html",
        entries=[(entry, _(ACT_NAMES[entry.act])) for entry in found[:SHOWN]],
        more=len(found) > SHOWN,
        acts=[(known.value, _(name)) for known, name in ACT_NAMES.items()],
        act=act,
        who=who,
    )


@router.get(f"{PAGE}.csv")
def audit_csv(audit: AuditDep, person: OperatorDep, act: str = "", who: WhoParameter = "") -> Response:  # noqa: ARG001
    """All of it, as a table."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_rows(audit.matching(act, who)), media_type="text/csv", headers=headers)


def _rows(entries: Iterator[AuditEntry]) -> Iterator[str]:
    yield _row(COLUMNS)
    for entry in entries:
        said = entry.model_dump(mode="json")
        yield _row([_harmless(str(said[column] if said[column] is not None else "")) for column in COLUMNS])


def _row(cells: tuple[str, ...] | list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    """As text: spreadsheets take what begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
