"""The answer on a connection for which there was hardly room."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from search_ui.i18n.gettext import N_, _, using_language
from search_ui.i18n.negotiation import accepted

FULL = N_("More people are here than Kring has room for. Try again in a moment.")


async def overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI application: 503, in the reader's language."""
    with using_language(accepted(Headers(scope=scope).get("accept-language", ""))):
        headers = {"Retry-After": "5", "Connection": "close", "Cache-Control": "no-store"}
        await PlainTextResponse(f"{_(FULL)}\n", 503, headers)(scope, receive, send)
