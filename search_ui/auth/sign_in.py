"""The way in, and out again: the code of a link is exchanged for a cookie, with a script or by pasting it.

There are two kinds of links. The operator's (`kring.link`) lets in whoever has it, until there is another. An
invitation lets in one person, once, who has an account from then on.
"""

from __future__ import annotations

import re
from collections import Counter
from time import monotonic
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Query as Parameter, Request
from starlette.responses import RedirectResponse, Response

from kring import link
from kring.errors import NotFound
from kring.people.accounts import Account
from kring.people.audit import Act
from search_ui.auth.browser_name import browser_name
from search_ui.auth.cookies import set_cookie
from search_ui.auth.identity import KEY_COOKIE, SESSION_COOKIE
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sessions import Sessions
from search_ui.context import SiteDep, shared
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.server.room import client_network
from search_ui.viewer.visit import VisitDep

MAX_FORM_BYTES = 4_000
"""Bytes; a longer one is refused unread. A whole link fits in, with the address before it."""
WRONG_A_MINUTE = 10
"""Wrong codes that one address may try before it hears to wait; a good code is taken all the same."""
START = "/"
WRONG = N_(
    "This link or code is not valid, or no longer valid: an invitation lets in once, within a week. Ask who sent it "
    "for another one; the operator of Kring finds the present link with “kring link”."
)
TOO_OFTEN = N_("Too many wrong codes came from your network. Wait a minute, then try again.")
_PATH = re.compile(r"/(?![/\\])[!-~]{0,1000}")

router = APIRouter(include_in_schema=False)

SessionsDep = Annotated[Sessions, Depends(shared(Sessions))]


class WrongCodes:
    """How many each address has tried within this minute."""

    def __init__(self) -> None:
        self._minute = 0.0
        self._tried: Counter[str] = Counter()

    def too_many(self, address: str) -> bool:
        if (minute := monotonic() // 60) != self._minute:
            self._minute, self._tried = minute, Counter()
        return self._tried[client_network(address)] >= WRONG_A_MINUTE

    def count(self, address: str) -> None:
        self._tried[client_network(address)] += 1


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, each of which was sent once; empty if it is none.

    Raises HTTPException (413) if it says that it is longer than `MAX_FORM_BYTES`; without a length no body is read.
    """
    return fields_of(await body_of(request, MAX_FORM_BYTES))


async def body_of(request: Request, most: int) -> bytes:
    """Raises HTTPException (413) if it says that it has more bytes than `most`."""
    if int(request.headers.get("content-length", "0")) > most:
        raise HTTPException(413, _("That is more than Kring takes at once; send less"))
    return await request.body()


def fields_of(body: bytes, most: int = 10) -> dict[str, str]:
    """The fields of a form, at most so many, each of which was sent once; empty if it is none."""
    try:
        fields = parse_qs(body.decode("ascii", errors="replace"), max_num_fields=most)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items() if len(values) == 1}


FormDep = Annotated[dict[str, str], Depends(form_of)]


def own_path(path: str) -> str:
    """`path`, if it leads to a page of ours; else the start page."""
    return path if _PATH.fullmatch(path) else START


@router.get(link.PAGE)
def sign_in_page(next: Annotated[str, Parameter(max_length=1000)] = START) -> Response:  # noqa: A002  of the address
    return _sign_in(own_path(next))


@router.post(link.PAGE)
def sign_in(
    request: Request,
    site: SiteDep,
    visit: VisitDep,
    sessions: SessionsDep,
    form: FormDep,
    record: RecorderDep,
    wrong: Annotated[WrongCodes, Depends(shared(WrongCodes))],
) -> Response:
    """`code`: a code, or a link with one after its `#`. `next`: the page to go on with.

    Who has signed in already brings an invitation to the account they have.
    """
    code, onward = form.get("code", "").rpartition("#")[2].strip(), own_path(form.get("next", START))
    address = request.client.host if request.client else ""
    if site.settings.web.facilitators == "all":  # who comes may everything already
        return RedirectResponse(onward, status_code=303)
    if site.settings.web.facilitators == "link" and link.is_secret(site.settings, code):
        record.note_operator(Act.SIGN_IN, "by the operator's link")
        set_cookie(request, KEY_COOKIE, link.key_of(code))
        return RedirectResponse(onward, status_code=303)
    try:
        account = sessions.people.accept(code, into=visit.account.id if visit.account else None)
    except NotFound:
        if wrong.too_many(address):
            return _sign_in(onward, 429, _(TOO_OFTEN))
        wrong.count(address)
        return _sign_in(onward, 403, _(WRONG))
    sessions.forget()
    record.note_of(account, Act.SIGN_IN, "by an invitation")
    if visit.account and account.id == visit.account.id:
        return RedirectResponse(onward, status_code=303)
    begin_session(request, sessions, account)
    return RedirectResponse(onward, status_code=303)


def begin_session(
    request: Request, sessions: Sessions, account: Account, *, provider: str | None = None, id_token: str | None = None
) -> None:
    """Sign the browser in that sends this request."""
    browser = browser_name(request.headers.get("user-agent", ""))
    secret = sessions.people.begin_session(account, browser, provider=provider, id_token=id_token)
    set_cookie(request, SESSION_COOKIE, secret)


def _sign_in(onward: str, status: int = 200, problem: str = "") -> Response:
    response = page("sign_in.html", status, problem=problem, onward=onward)
    response.headers["Cache-Control"] = "no-store"
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response
