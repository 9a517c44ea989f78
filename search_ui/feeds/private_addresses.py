"""Private addresses of feeds: `/f/<token>` before the address of a feed, and of all that podcast apps fetch for it.

The token is a secret. It is taken out of the address before anything else sees the request, so that no log can hold it;
the routes answer as at the address without it, for a viewer that is the token's alone.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kring.errors import BadQuery, KringError
from kring.people.accounts import FeedToken
from search_ui.auth.sessions import SecretInUse, Sessions
from search_ui.auth.sign_in import WrongCodes
from search_ui.context import Site, site_of
from search_ui.http.caching import PRIVATE
from search_ui.http.errors import answer, sentence_of, status_of
from search_ui.i18n.gettext import N_, _
from search_ui.recent import Recent
from search_ui.recording.captions import TIMED
from search_ui.search.links import params_of_feed
from search_ui.viewer import ArchiveView, Visit

PREFIX = "/f/"
STATE = "feed_token"
"""In a request's state: the token that stood in its address."""
TOKEN = re.compile(r"kring_feed_[A-Za-z0-9_-]{43}")
_TIMED = "|".join(re.escape(name) for file in TIMED for name in (file.own, file.english))
_FETCHED = re.compile(
    r"(?P<feed>(?:/[cn]/[^/]+|/t/.+)?/feed\.xml)"
    rf"|/r/(?P<read>[0-9a-f]{{16}})/(?:{_TIMED}|chapters\.json)"
    r"|/media/(?P<played>[0-9a-f]{16})/(?:playback\.[a-z0-9]+|poster)"
)
"""All that a feed links to for programs, and nothing else."""
UNKNOWN = N_(
    "There is no podcast at this address, or no longer. Who made it can make another one on the page of their account."
)
TOO_OFTEN = N_("Too many wrong addresses of podcasts were asked for from your network. Wait a minute, then try again.")
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    # Players on pages of other sites: an address with a token does not go by cookies, so it gives them nothing else.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
KEPT = "private, no-cache"

log = logging.getLogger("kring.web")


class WrongTokens(WrongCodes):
    """How many wrong tokens each address has tried within this minute."""


class ListedRecordings(Recent[tuple[str, str], bool]):
    """Whether the feed of a token (by its hash) lists a recording."""


class HiddenTokens:
    """ASGI middleware, the outermost: takes the token out of the address, and all that else says who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            token, _slash, rest = scope["path"].removeprefix(PREFIX).partition("/")
            scope.setdefault("state", {})[STATE] = token
            scope["path"] = f"/{rest}"
            scope["raw_path"] = quote(scope["path"]).encode()
            scope["query_string"] = b""  # what is searched for is said by the token
            scope["headers"] = [field for field in scope["headers"] if field[0] not in {b"cookie", b"authorization"}]
            send = sealed(scope, send)
        await self._app(scope, receive, send)


def sealed(scope: Scope, send: Send) -> Send:
    """`send` for answers at private addresses, whatever they are: kept by nobody but who asked, and a feed only to ask
    whether it has changed."""
    feed = scope["path"].endswith("/feed.xml")

    async def send_sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers["Cache-Control"] = KEPT if feed and message["status"] in {200, 304} else PRIVATE
        await send(message)

    return send_sealed


class PrivateFeeds:
    """ASGI middleware: finds out whose a token is. What it does not show is answered like a token that there is not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope.get("state", {}).get(STATE) if scope["type"] == "http" else None
        if token is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            visit = await run_in_threadpool(find_private_visit, request, token)
        except KringError as error:
            log.error("a private feed: %s", error)
            await answer(request, status_of(error), sentence_of(error))(scope, receive, send)
            return
        if visit is None:
            await refusal(request)(scope, receive, send)
            return
        scope["state"]["visit"] = visit
        nothing = False

        async def send_what_is_there(message: Message) -> None:
            nonlocal nothing
            nothing = nothing or message.get("status") == 404
            if not nothing:
                await send(message)

        await self._app(scope, receive, send_what_is_there)
        if nothing:  # said in the words in which it is always said here
            await unknown()(scope, receive, send)


def find_private_visit(request: Request, token: str) -> Visit | None:
    """Who asks with this token; None: nobody, or for what is not the token's. Raises StorageDown, SearchDown."""
    asked = _FETCHED.fullmatch(request.scope["path"])
    if asked is None or request.method not in {"GET", "HEAD"} or not TOKEN.fullmatch(token):
        return None
    site = site_of(request)
    found = site.get(Sessions).feed(token)
    if found is None:
        return None
    view = ArchiveView(site, found.secret.viewer(found.account, site.circles.all()), read_only=True)
    if not view.access.sees_more_than_all(view.viewer):  # its owner has lost the role for which it was made
        return None
    feed, recording_id = urlsplit(found.secret.feed), asked["read"] or asked["played"]
    if recording_id is None:
        if unquote(feed.path) != asked["feed"]:
            return None
        request.scope["query_string"] = feed.query.encode()
    elif not _lists(view, site, found, recording_id):
        return None
    return Visit(
        view.viewer, account=found.account, scopes=frozenset(), read_only=True, private_prefix=f"{PREFIX}{token}"
    )


def _lists(view: ArchiveView, site: Site, found: SecretInUse[FeedToken], recording_id: str) -> bool:
    """Whether the feed's search finds this recording, however many are newer. Raises SearchDown."""
    params = params_of_feed(found.secret.feed)
    if params.empty and (params.scope is None or found.secret.circle is not None):
        return True  # all that its viewer sees
    query = params.query(per_page=1, passages=1)
    alone = replace(query, filters=replace(query.filters, recording_id=recording_id))

    def look(_: object) -> bool:
        """A search that finds nothing for all that was asked for looks for less. What it looks for in one recording
        counts only if that is what it looks for in all of them."""
        try:
            found, whole = view.search(alone), view.search(query)
        except BadQuery:
            return False
        return found.total > 0 and (found.about == whole.about or not whole.together)

    return site.get(ListedRecordings).get((found.secret_hash, recording_id), look)


def refusal(request: Request) -> Response:
    """404, or 429 for who tries many tokens."""
    wrong, address = site_of(request).get(WrongTokens), request.client.host if request.client else ""
    if wrong.too_many(address):
        return PlainTextResponse(f"{_(TOO_OFTEN)}\n", 429, {"Retry-After": "60"})
    wrong.count(address)
    return unknown()


def unknown() -> Response:
    """The answer at every private address at which there is nothing."""
    return PlainTextResponse(f"{_(UNKNOWN)}\n", 404)
