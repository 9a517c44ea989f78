"""Making private addresses of feeds, and revoking them; the page of one's account lists them."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from index.port import Order
from kring.errors import InputError, NotFound
from kring.people.accounts import feed_viewer
from kring.people.audit import Act
from search_ui.auth import own_account
from search_ui.auth.own_account import OwnAccountDep, check_room, line_of
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sign_in import FormDep, SessionsDep
from search_ui.context import origin_of
from search_ui.feeds.private_addresses import PREFIX
from search_ui.feeds.routes import title_of
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_
from search_ui.search.collections import Collection, find_collection
from search_ui.search.links import KINDS, feed_url, search_url, sorted_by
from search_ui.search.params import SearchParamsDep
from search_ui.search.results import OWN_FEEDS, circle_of
from search_ui.viewer import ArchiveView, ArchiveViewDep

MOST_NAME = 300
NOTHING_MORE = N_(
    "Everyone may see what you see there, so a podcast app needs no address of yours: give it the feed's."
)
NOT_THERE = N_("There is no such page whose recordings could be followed; open it again and try once more.")
NO_FEED = N_("You have no such private address; it may have been revoked already.")

router = APIRouter(include_in_schema=False)


@router.post(OWN_FEEDS)
def make_feed(
    request: Request,
    view: ArchiveViewDep,
    account: OwnAccountDep,
    sessions: SessionsDep,
    params: SearchParamsDep,
    form: FormDep,
    record: RecorderDep,
) -> Response:
    """A private address for the search of the parameters, `within` the page of a circle, a network or a topic (its
    path), or none; called `name`, or what the feed is called. Raises InputError, SearchDown."""
    collection = _collection(form.get("within", ""), view)
    params = params.within(collection.scope) if collection else params
    circle, title = circle_of(params), title_of(params, collection)
    if not view.access.sees_more_than_all(feed_viewer(account, view.site.circles.all(), circle)):
        raise InputError(NOTHING_MORE)
    check_room(sessions.people.feed_tokens.of(account.id))
    view.search(sorted_by(params, Order.NEWEST).query(per_page=1))  # what cannot be understood is said to a person
    name = line_of(form.get("name") or title[:MOST_NAME])
    record.note_of(account, Act.KEY, f"made a private feed of {f'the circle {circle}' if circle else 'a search'}")
    feed = feed_url(params)
    token = sessions.people.feed_tokens.make(account, name, feed, circle)
    response = page(
        "private_feed.html",
        title=title,
        address=f"{origin_of(view.site, request)}{PREFIX}{token}{feed.partition('?')[0]}",
        back=search_url(params),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(f"{OWN_FEEDS}/{{token_hash}}/revoke")
def revoke_feed(token_hash: str, account: OwnAccountDep, sessions: SessionsDep, record: RecorderDep) -> Response:
    """Raises NotFound, also for an address of somebody else."""
    tokens = dict(sessions.people.feed_tokens.of(account.id))
    if token_hash not in tokens:
        raise NotFound(NO_FEED)
    circle = tokens[token_hash].circle
    record.note_of(account, Act.KEY, f"revoked a private feed of {f'the circle {circle}' if circle else 'a search'}")
    sessions.people.feed_tokens.revoke(token_hash)
    sessions.forget()
    return RedirectResponse(own_account.PAGE, status_code=303)


def _collection(path: str, view: ArchiveView) -> Collection | None:
    """The collection whose page has this path; None if no path is given. Raises InputError."""
    if not path:
        return None
    letter, _, value = unquote(path).strip("/").partition("/")
    if letter not in KINDS:
        raise InputError(NOT_THERE)
    try:
        return find_collection(KINDS[letter], value, view)
    except NotFound:
        raise InputError(NOT_THERE) from None
