"""Who sends a request. As long as there are no logins: a browser, by a cookie it is given once it does something worth
remembering.

The cookie is a secret of the browser; what Kring stores and shows is a hash of it, and the name people give themselves.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.errors import NotAllowed
from kring.model import Line
from search_ui.context import site_of
from search_ui.http import edit_permission

ID_COOKIE = "kring_person"
NAME_COOKIE = "kring_name"
NAME_HEADER = "kring-name"
"""Carried by changes whose name is typed but not kept yet, percent-encoded; pages of other sites cannot send it."""
YEAR = 365 * 24 * 3600
_SECRET = re.compile(r"[0-9a-f]{32}")
_NAME: TypeAdapter[str] = TypeAdapter(Line)

router = APIRouter(prefix="/api", tags=["people"])


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is empty if they have given none."""

    id: str
    name: str = ""


class Me(BaseModel):
    id: str
    name: str
    may_edit: bool


class NewName(BaseModel):
    name: Line | None = None


def visitor(request: Request) -> Person:
    """The person who asks; a new browser is given its cookie with the answer."""
    secret = _cookies_to_set(request).get(ID_COOKIE) or request.cookies.get(ID_COOKIE, "")
    if not _SECRET.fullmatch(secret):
        secret = secrets.token_hex(16)
        set_cookie(request, ID_COOKIE, secret)
    name = request.headers.get(NAME_HEADER, request.cookies.get(NAME_COOKIE, ""))
    return Person(hashlib.sha256(secret.encode()).hexdigest()[:16], _name_in(name))


def facilitator(request: Request) -> Person:
    """The person who asks, if they may upload and correct. Raises NotAllowed."""
    allowed = edit_permission.current()
    if not allowed.may_edit:
        raise NotAllowed(allowed.refusal)
    return visitor(request)


FacilitatorDep = Annotated[Person, Depends(facilitator)]


def _name_in(quoted: str) -> str:
    """The name in it, as it may be stored; a client can send anything there, and has no name then."""
    try:
        return _NAME.validate_python(unquote(quoted))
    except ValidationError:
        return ""


@router.get("/me")
def me(request: Request) -> Me:
    """What this browser is known as; it gets no cookie for asking."""
    secret = request.cookies.get(ID_COOKIE, "")
    known = visitor(request) if _SECRET.fullmatch(secret) else Person("")
    return Me(id=known.id, name=known.name, may_edit=edit_permission.current().may_edit)


@router.post("/me")
def set_name(called: NewName, request: Request, person: FacilitatorDep) -> Me:
    """Remember, in this browser, the name shown beside what this person changes; none: forget it."""
    name = called.name or ""
    set_cookie(request, NAME_COOKIE, quote(name))
    return Me(id=person.id, name=name, may_edit=True)


def set_cookie(request: Request, cookie: str, value: str) -> None:
    """Have the browser remember this; an empty value: forget it."""
    _cookies_to_set(request)[cookie] = value


def _cookies_to_set(request: Request) -> dict[str, str]:
    """The cookies that go out with the answer to this request."""
    cookies: dict[str, str] = request.scope["state"]["cookies"]
    return cookies


class IdentityMiddleware:
    """ASGI middleware: knows for `edit_permission.current` who asks, and has browsers remember what is `give`n to them.

    `secure`: people reach the pages over HTTPS, and the cookies shall never travel without.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._flags = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookies: dict[str, str] = {}
        scope.setdefault("state", {})["cookies"] = cookies
        request = Request(scope)
        edit_permission.set_current(edit_permission.permission_of(request, site_of(request).settings))

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in cookies.items():
                    headers.append("Set-Cookie", f"{name}={value}; Max-Age={YEAR if value else 0}; {self._flags}")
            await send(message)

        await self._app(scope, receive, send_with_cookies)
