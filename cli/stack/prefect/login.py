"""The way into Prefect's own pages: a link that `kring up` prints, with a secret of its own.

Prefect's pages keep the auth string in the browser's `localStorage`, which belongs to one port of one host; a cookie
would be sent to every port of this machine, other people's programs included. So the link opens a small page that
exchanges the link's secret for the auth string and puts it there. The secret stands after the `#`, which browsers send
to nobody and no log shows; like the auth string it is another one after every start.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/kring"
LONGEST_SECRET = 200
"""Bytes; more is not read."""
SCRIPT = """
const say = (words) => { document.querySelector("p").textContent = words; };
fetch(location.pathname, { method: "POST", body: location.hash.slice(1) }).then(async (answer) => {
  const text = await answer.text();
  if (!answer.ok) return say(text);
  localStorage.setItem("prefect-password", text);
  location.replace("/");
}).catch(() => say("The Prefect server does not answer."));
"""
PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Kring's flow runs</title>
<p>Opening Prefect …</p><noscript><p>This page needs JavaScript.</p></noscript>
<script>{SCRIPT}</script></html>
"""
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'sha256-{b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}


def new_auth_string() -> SecretStr:
    """What the local Prefect server asks of whoever calls its API, in the form name:password."""
    return SecretStr(f"kring:{secrets.token_urlsafe(32)}")


def link_secret(auth_string: str) -> str:
    """The link's secret; it tells nothing about the auth string, but whoever knows that one can make the link."""
    return hmac.new(auth_string.encode(), b"the link to the pages of Prefect", hashlib.sha256).hexdigest()


def login_link(api_url: str, auth_string: SecretStr) -> str:
    """The address that lets a browser into the pages of the local Prefect server; as secret as the auth string."""
    return f"{api_url.removesuffix('/api')}{PATH}#{link_secret(auth_string.get_secret_value())}"


class Login:
    """ASGI middleware that answers at PATH, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp, auth_string: str) -> None:
        self._app = app
        self._secret = link_secret(auth_string).encode()
        self._password = b64encode(auth_string.encode()).decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse, Response

        if scope["method"] == "GET":
            response = Response(PAGE, headers=HEADERS, media_type="text/html")
        elif scope["method"] != "POST":
            response = PlainTextResponse("Only GET and POST.", 405, HEADERS)
        elif hmac.compare_digest(await _beginning(Request(scope, receive)), self._secret):
            response = PlainTextResponse(self._password, headers=HEADERS)
        else:
            response = PlainTextResponse(
                "This link is no longer good: take the one that `kring up` printed last.", 403, HEADERS
            )
        await response(scope, receive, send)


async def _beginning(request: Request) -> bytes:
    """The body, as far as a secret may be long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_SECRET:
            break
    return body[:LONGEST_SECRET]
