"""Writing down which recordings operators look at by nothing but being operators: once an hour each."""

from __future__ import annotations

from kring.people.audit import Act
from search_ui.recent import Recent
from search_ui.viewer.visit import Visit
from storage.audit import Audit, Doer

SAYS = "opened it, which is not for them but as an operator"


def looker_of(visit: Visit) -> Doer | None:
    """Whose looks are written down; None: who is no operator, or everyone who reaches the pages is one."""
    if not visit.viewer.operator:
        return None
    if visit.account is not None:
        return Doer(visit.account.id, visit.account.name, as_operator=True)
    return Doer("link", as_operator=True) if visit.key_given else None


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
