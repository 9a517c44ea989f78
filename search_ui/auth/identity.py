"""Who sends a request: somebody who has signed in, somebody who came by the operator's link, or a browser.

A browser that has done something worth remembering without an account is known by a cookie. The cookie is a secret of
the browser; what Kring stores and shows is a hash of it, and the name people give themselves.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring import link
from kring.access import Viewer, ViewerKind
from kring.errors import BadKey, KringError, NotAllowed
from kring.model import Line
from kring.people.accounts import KeyScope, name_in
from search_ui.auth.cookies import cookie_to_set, set_cookie
from search_ui.auth.providers.proxy import ProxyAccounts
from search_ui.auth.sessions import Sessions
from search_ui.context import Site, site_of
from search_ui.http.caching import keep_private
from search_ui.i18n.gettext import N_
from search_ui.server.room import HEALTH
from search_ui.viewer.archive_view import ArchiveView
from search_ui.viewer.visit import Person, Visit, current, set_current, visit_of

KEY_COOKIE = "kring_key"
"""Of a browser that came by the operator's link (`kring.link`)."""
SESSION_COOKIE = "kring_session"
ID_COOKIE = "kring_person"
NAME_COOKIE = "kring_name"
NAME_HEADER = "kring-name"
"""Carried by changes whose name is typed but not kept yet, percent-encoded; pages of other sites cannot send it."""
BAD_KEY = N_("This key is not valid, or no longer valid. Make another one on the page of your account.")
NOT_IN_SCOPE = N_("This key was not made for that. Make one that is, on the page of your account.")
OPERATORS_ONLY = N_("This is for the operators of Kring.")
_SAME_FOR_ALL = ("/static/", HEALTH)
_SECRET = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"kring_[A-Za-z0-9_-]{43}")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")
_OPERATOR = Viewer(ViewerKind.PERSON, operator=True)

router = APIRouter(prefix="/api", tags=["people"])


class Me(BaseModel):
    id: str
    name: str
    may_edit: bool


class NewName(BaseModel):
    name: Line | None = None


def find_visit(request: Request, site: Site) -> Visit:
    """Who sends this request. Raises BadKey, and StorageDown if it cannot be found out."""
    if (authorization := request.headers.get("authorization")) is not None:
        return _with_key(request, site, authorization)
    web = site.settings.web
    proxied = site.get(ProxyAccounts).who(request.scope, request.headers)
    signed_in = None
    if proxied is None and _SESSION.fullmatch(secret := request.cookies.get(SESSION_COOKIE, "")):
        signed_in = site.get(Sessions).who(secret)
    key = request.cookies.get(KEY_COOKIE, "")  # the secret is read each time, so that another one counts at once
    key_given = web.facilitators == "link" and bool(key) and link.is_key(site.settings, key)
    account = proxied or (signed_in.account if signed_in else None)
    viewer = account.viewer if account else Viewer()
    return Visit(
        viewer=_OPERATOR if key_given or web.facilitators == "all" else viewer,
        account=account,
        session_hash=signed_in.session_hash if signed_in else "",
        read_only=web.facilitators == "nobody",
        providers=tuple((provider.slug, provider.name) for provider in site.settings.providers),
        here=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        key_given=key_given,
    )


def _with_key(request: Request, site: Site, authorization: str) -> Visit:
    """The visit of a program that brings a key, and is nobody else by its cookies."""
    scheme, _, key = authorization.partition(" ")
    found = site.get(Sessions).key(key.strip()) if scheme.lower() == "bearer" and _KEY.fullmatch(key.strip()) else None
    if found is None:
        raise BadKey(BAD_KEY)
    return Visit(
        viewer=found.secret.viewer(found.account, site.circles.all()),
        account=found.account,
        scopes=frozenset(found.secret.scopes),
        read_only=site.settings.web.facilitators == "nobody",
        here=request.url.path,
    )


def view_again(request: Request) -> ArchiveView:
    """What who asked may see at this moment, long after they did. Raises StorageDown."""
    site = site_of(request)
    visit = find_visit(request, site)
    return ArchiveView(site, visit.viewer, read_only=visit.read_only)


def visitor(request: Request) -> Person:
    """The person who asks; a new browser without an account is given its cookie with the answer."""
    if account := visit_of(request).account:
        return Person(account.id, account.name)
    secret = cookie_to_set(request, ID_COOKIE) or request.cookies.get(ID_COOKIE, "")
    if not _SECRET.fullmatch(secret):
        secret = secrets.token_hex(16)
        set_cookie(request, ID_COOKIE, secret)
    name = request.headers.get(NAME_HEADER, request.cookies.get(NAME_COOKIE, ""))
    return Person(hashlib.sha256(secret.encode()).hexdigest()[:16], name_in(unquote(name)) or "")


def facilitator(request: Request) -> Person:
    """The person who asks, if there is anything that they may upload or correct. Raises NotAllowed."""
    visit = visit_of(request)
    if not visit.may_edit:
        raise NotAllowed(visit.refusal)
    if visit.scopes is not None and scope_of(request.url.path) not in visit.scopes:
        raise NotAllowed(NOT_IN_SCOPE)
    return visitor(request)


def scope_of(path: str) -> KeyScope | None:
    """What a key must be for to change something at this address; None: nothing there is for programs."""
    if path.startswith("/api/uploads"):
        return KeyScope.UPLOAD
    return KeyScope.CORRECT if path.startswith("/api/recordings/") else None


def operator(request: Request) -> Person:
    """The person who asks, if they are an operator. Raises NotAllowed."""
    person = facilitator(request)
    if not visit_of(request).viewer.operator:
        raise NotAllowed(OPERATORS_ONLY)
    return person


FacilitatorDep = Annotated[Person, Depends(facilitator)]
OperatorDep = Annotated[Person, Depends(operator)]


@router.get("/me")
def me(request: Request) -> Me:
    """Who the sender is, or what this browser is known as; it gets no cookie for asking."""
    known = Person("")
    if visit_of(request).account or _SECRET.fullmatch(request.cookies.get(ID_COOKIE, "")):
        known = visitor(request)
    return Me(id=known.id, name=known.name, may_edit=current().may_edit)


@router.post("/me")
def set_name(called: NewName, request: Request, person: FacilitatorDep) -> Me:
    """Remember, in this browser, the name shown beside what this person changes; none: forget it. Who has signed in
    changes their name on the page of their account."""
    if visit_of(request).account:
        return Me(id=person.id, name=person.name, may_edit=True)
    name = called.name or ""
    set_cookie(request, NAME_COOKIE, quote(name))
    return Me(id=person.id, name=name, may_edit=True)


class IdentityMiddleware:
    """ASGI middleware: finds out who asks, has browsers remember what is given to them, and has nobody keep answers to
    people who have signed in.

    `secure`: people reach the pages over HTTPS, and the cookies shall never travel without.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._flags = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookies: dict[str, tuple[str, int]] = {}
        state = scope.setdefault("state", {})
        state["cookies"] = cookies
        request = Request(scope)
        visit = state.get("visit", Visit())  # it is known already who asks at a private feed's address
        try:
            if "visit" not in state and not scope["path"].startswith(_SAME_FOR_ALL):
                visit = await _found(request)
            state["visit"] = visit
        except KringError as error:  # said by the routes that need to know, see `visit_of`
            state["visit"] = error
        set_current(visit)

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, (value, seconds) in cookies.items():
                    headers.append("Set-Cookie", f"{name}={value}; Max-Age={seconds}; {self._flags}")
                if visit.signed_in:
                    keep_private(scope, headers)
            await send(message)

        await self._app(scope, receive, send_with_cookies)


async def _found(request: Request) -> Visit:
    site = site_of(request)
    asks = SESSION_COOKIE in request.cookies or "authorization" in request.headers
    if asks or site.settings.trusted_proxy is not None:  # the bucket may have to be asked
        return await run_in_threadpool(find_visit, request, site)
    return find_visit(request, site)
