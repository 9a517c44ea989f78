"""Who is it? As long as nobody logs in: a browser, by a cookie it is given once it does something worth remembering.

The cookie is a secret of the browser; what Kring stores and shows is a hash of it, and the name people give themselves.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.errors import NotAllowed
from kring.model import Line
from kring.settings import Web
from search_ui.i18n import N_
from search_ui.site import site_of

ID_COOKIE = "kring_person"
NAME_COOKIE = "kring_name"
NAME_HEADER = "kring-name"
"""Carried by changes whose name is typed but not kept yet, percent-encoded; pages of other sites cannot send it."""
YEAR = 365 * 24 * 3600
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of requests that came through a proxy: whoever sent them is not at this machine."""

NOT_HERE = N_(
    "Uploading and correcting is switched off at this address. Whoever runs Kring allows it with "
    "KRING_WEB__FACILITATORS."
)

_allowed: ContextVar[bool] = ContextVar("allowed", default=False)
_SECRET = re.compile(r"[0-9a-f]{32}")
_NAME: TypeAdapter[str] = TypeAdapter(Line)

router = APIRouter(prefix="/api", tags=["people"])


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is empty where they have given none."""

    id: str
    name: str = ""


class Me(BaseModel):
    id: str
    name: str
    may_edit: bool


class Called(BaseModel):
    name: Line | None = None


def visitor(request: Request) -> Person:
    """Whoever asks; a browser that is new here is given its cookie with the answer."""
    secret = _given(request).get(ID_COOKIE) or request.cookies.get(ID_COOKIE, "")
    if not _SECRET.fullmatch(secret):
        secret = secrets.token_hex(16)
        _given(request)[ID_COOKIE] = secret
    name = request.headers.get(NAME_HEADER, request.cookies.get(NAME_COOKIE, ""))
    return Person(hashlib.sha256(secret.encode()).hexdigest()[:16], _called(name))


def facilitator(request: Request) -> Person:
    """Whoever asks, being allowed to upload and correct. Raises NotAllowed."""
    if not may_edit(request):
        raise NotAllowed(NOT_HERE)
    return visitor(request)


def may_edit(request: Request) -> bool:
    """Whether this request may change anything (`web.facilitators`)."""
    web = site_of(request).settings.web
    match web.facilitators:
        case "all":
            return True
        case "nobody":
            return False
        case "local":
            return _is_local(request, web)


def allowed() -> bool:
    """`may_edit` of the request that is being answered, for templates; False outside of one."""
    return _allowed.get()


def _is_local(request: Request, web: Web) -> bool:
    """From this machine, by its loopback name, and not through a proxy, which would make everybody local."""
    public = (urlsplit(web.public_url).hostname or "").lower()
    through_proxy = any(header in request.headers for header in FORWARDED) or (public and public not in LOOPBACK_NAMES)
    named = (request.url.hostname or "").lower() in LOOPBACK_NAMES
    return named and not through_proxy and request.client is not None and _is_loopback(request.client.host)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _called(quoted: str) -> str:
    """The name in it, as it may be stored; whoever runs the browser can write anything there, and then has none."""
    try:
        return _NAME.validate_python(unquote(quoted))
    except ValidationError:
        return ""


@router.get("/me")
def me(request: Request) -> Me:
    """What this browser is known as; it gets no cookie for asking."""
    secret = request.cookies.get(ID_COOKIE, "")
    known = visitor(request) if _SECRET.fullmatch(secret) else Person("")
    return Me(id=known.id, name=known.name, may_edit=may_edit(request))


@router.post("/me")
def call_me(called: Called, request: Request, person: Annotated[Person, Depends(facilitator)]) -> Me:
    """Remember, in this browser, the name shown beside what this person changes; none: forget it."""
    name = called.name or ""
    _given(request)[NAME_COOKIE] = quote(name)
    return Me(id=person.id, name=name, may_edit=True)


def _given(request: Request) -> dict[str, str]:
    """The cookies that go out with the answer to this request."""
    cookies: dict[str, str] = request.scope["state"]["cookies"]
    return cookies


class People:
    """ASGI middleware: knows for `allowed` who asks, gives browsers what `visitor` and `call_me` want them to remember.

    `secure`: people reach the pages over HTTPS, and the cookies shall never travel without.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._flags = f"Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookies: dict[str, str] = {}
        scope.setdefault("state", {})["cookies"] = cookies
        _allowed.set(may_edit(Request(scope)))

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in cookies.items():
                    headers.append("Set-Cookie", f"{name}={value}; {self._flags}")
            await send(message)

        await self._app(scope, receive, send_with_cookies)
