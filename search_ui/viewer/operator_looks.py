"""Writing down which recordings operators look at by nothing but being operators: once an hour each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kring.access import Viewer
from kring.people.audit import Act
from search_ui.recent import Recent
from search_ui.viewer.visit import Visit
from storage.audit import Audit, Doer

SAYS = "opened it, which is not for them but as an operator"


@dataclass(frozen=True, slots=True)
class Looker:
    """An operator, or a program that acts for one."""

    who: Doer
    otherwise: Viewer
    """Who they would be without that power."""


def looker_of(visit: Visit) -> Looker | None:
    """Whose looks are written down; None: who is no operator, or everyone who reaches the pages is one."""
    if visit.account is not None and visit.account.roles.operator:
        who = Doer(visit.account.id, visit.account.name, as_operator=True)
        return Looker(who, replace(visit.account.viewer, operator=False))
    if visit.key_given and visit.viewer.operator:
        return Looker(Doer("link", as_operator=True), replace(visit.viewer, operator=False))
    return None


class OperatorLooks(Recent[tuple[str, str], None]):
    """Those of the last hour."""

    SECONDS = 3600.0

    def __init__(self, audit: Audit) -> None:
        super().__init__()
        self._audit = audit

    def note(self, who: Doer, recording_id: str) -> None:
        """Raises StorageDown: then it is not shown either."""
        self.get((who.id, recording_id), lambda _: self._record(who, recording_id))

    def _record(self, who: Doer, recording_id: str) -> None:
        self._audit.record(who, Act.LOOK, recording_id, SAYS)
