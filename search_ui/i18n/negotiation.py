"""Which language a visitor is answered in: the one they chose, else the first their browser asks for and Kring has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query as Parameter, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.errors import NotFound
from search_ui.i18n.gettext import LANGUAGES, SOURCE, Language, using_language

COOKIE = "kring_language"
YEAR = 365 * 24 * 3600

_TAGS: dict[str, Language] = {"no": "nb", "nn": "nb", **{language: language for language in LANGUAGES}}
"""What browsers ask for: readers of Nynorsk or any Norwegian read Bokmål more easily than English."""

router = APIRouter(include_in_schema=False)


def negotiated(headers: Mapping[str, str]) -> Language:
    chosen = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    for language in LANGUAGES:
        if chosen == language:
            return language
    return accepted(headers.get("accept-language", ""))


def accepted(header: str) -> Language:
    """The best of `Accept-Language` (RFC 9110, 12.5.4): the highest weight, of equal ones the first."""
    best: Language = SOURCE
    weight = 0.0
    for item in header.split(","):
        tag, _, parameter = item.partition(";")
        language = _TAGS.get(tag.strip().partition("-")[0].lower())
        asked = _weight(parameter)
        if language and asked > weight:
            best, weight = language, asked
    return best


def _weight(parameter: str) -> float:
    """1 if none is given; what cannot be read weighs nothing."""
    name, _, value = parameter.replace(" ", "").partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


class LanguageMiddleware:
    """ASGI middleware: sets the language for whatever answers the request, and says on pages which one it was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = negotiated(Headers(scope=scope))

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Language"] = language
                    headers.add_vary_header("Accept-Language, Cookie")
            await send(message)

        with using_language(language):
            await self._app(scope, receive, send_named)


@router.get("/language/{code}")
def choose(code: str, request: Request, back: Annotated[str, Parameter(max_length=2000)] = "") -> Response:
    """Remember the language for a year, and return to `back`, or else to the page on which the link was followed."""
    if code not in LANGUAGES:
        raise NotFound("There is no page at this address.")
    response = RedirectResponse(local_path(back) or came_from(request.headers) or "/", status_code=303)
    response.set_cookie(COOKIE, code, max_age=YEAR, path="/", httponly=True, samesite="lax")
    response.headers["Cache-Control"] = "no-store"
    return response


def local_path(address: str) -> str:
    """`address` if it is a path of this site; else nothing."""
    if not address.isprintable() or "\\" in address or not address.startswith("/") or address.startswith("//"):
        return ""
    return address


def came_from(headers: Mapping[str, str]) -> str:
    """The path of the page that was left, if that is one of this site."""
    try:
        page = urlsplit(headers.get("referer", ""))
    except ValueError:
        return ""
    if page.netloc.lower() != headers.get("host", "").lower() or page.path.startswith("/language/"):
        return ""
    return local_path(page._replace(scheme="", netloc="", fragment="").geturl())
