"""Who asks: the viewer of one request, and the account they have signed in with."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request

from kring.access import ANONYMOUS, Viewer, ViewerKind
from kring.errors import KringError
from kring.link import PAGE as SIGN_IN
from kring.people.accounts import Account, KeyScope
from search_ui.i18n.gettext import N_

BY_LINK = N_(
    "Uploading and correcting is for facilitators, who sign in with a link that holds a code. A facilitator of your "
    "circle or the operator of Kring can send you one; “kring link” shows the operator's own."
)
NO_ROLE = N_(
    "Uploading and correcting is for the facilitators of a circle, and you are none of them yet. Ask one of them, or "
    "the operator of Kring, to make you one."
)
NOT_HERE = N_(
    "Uploading and correcting is switched off at this address. The operator of Kring can allow it with "
    "KRING_WEB__FACILITATORS."
)


@dataclass(frozen=True, slots=True)
class Visit:
    """`viewer` has the roles of the `account`, or all of them if they came by the operator's link, or if all who reach
    the pages have them."""

    viewer: Viewer = ANONYMOUS
    account: Account | None = None
    scopes: frozenset[KeyScope] | None = None
    """What the key may be used for by which a program acts for the account; None: no program, but a person asks."""
    session_hash: str = ""
    """Of the session that the account is signed in with."""
    read_only: bool = False
    """Nobody changes anything here."""
    providers: tuple[tuple[str, str], ...] = ()
    """Slug and name of each provider of accounts at which people can sign in."""
    here: str = "/"
    """The path and the parameters that were asked for."""
    key_given: bool = False
    """They did come by the operator's link."""
    private_prefix: str = field(default="", repr=False)
    """What the addresses begin with that a podcast app may fetch for the account: `/f/<token>`; empty if it is none."""

    @property
    def signed_in(self) -> bool:
        return self.viewer.kind is not ViewerKind.ANONYMOUS

    @property
    def may_edit(self) -> bool:
        """Whether they may upload, or correct, in any circle."""
        return self.viewer.may_change_something and not self.read_only

    @property
    def sign_in_url(self) -> str:
        """The way in, and from there back to where they are."""
        return (
            SIGN_IN
            if self.here == "/" or self.here.startswith(SIGN_IN)
            else f"{SIGN_IN}?{urlencode({'next': self.here})}"
        )

    @property
    def refusal(self) -> str:
        """Why they may not, and what to do about it."""
        if self.read_only:
            return NOT_HERE
        return NO_ROLE if self.signed_in else BY_LINK


@dataclass(frozen=True, slots=True)
class Person:
    """Who changes something, as it is stored beside the change. `name` is empty if they have given none."""

    id: str
    name: str = ""


_NOBODY = Visit()
_current: ContextVar[Visit] = ContextVar("visit", default=_NOBODY)


def set_current(visit: Visit) -> None:
    """`visit` is what `current` says while this request is answered."""
    _current.set(visit)


def current() -> Visit:
    """Of the request that is being answered, for templates; outside of one nobody asks."""
    return _current.get()


def visit_of(request: Request) -> Visit:
    """Who asks. Raises StorageDown if that could not be found out."""
    visit: Visit | KringError = request.scope["state"]["visit"]
    if isinstance(visit, KringError):
        raise visit
    return visit


VisitDep = Annotated[Visit, Depends(visit_of)]
