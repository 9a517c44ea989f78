"""Writing down what people do on the pages, before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from kring.people.accounts import Account
from kring.people.audit import Act
from search_ui.auth.identity import visitor
from search_ui.context import site_of
from search_ui.viewer.visit import visit_of
from storage.audit import Audit, Doer


@dataclass(frozen=True, slots=True)
class Recorder:
    """Of one request. Methods raise StorageDown: then it is not done either."""

    _audit: Audit
    _request: Request

    def note(self, act: Act, about: str | None = None, says: str | None = None) -> None:
        """Who asks is about to do this."""
        person = visitor(self._request)
        operator = visit_of(self._request).viewer.operator
        self._audit.record(Doer(person.id, person.name, as_operator=operator), act, about, says)

    def note_operator(self, act: Act, says: str) -> None:
        """Somebody of whom nothing is known but that they have the operator's link does this."""
        self._audit.record(Doer("link", as_operator=True), act, None, says)

    def note_of(self, account: Account, act: Act, says: str | None = None) -> None:
        """Somebody with this account does this."""
        self._audit.record(Doer(account.id, account.name, as_operator=account.roles.operator), act, account.id, says)


def recorder(request: Request) -> Recorder:
    return Recorder(site_of(request).get(Audit), request)


RecorderDep = Annotated[Recorder, Depends(recorder)]
