"""Signing in with the accounts people have already: to the provider and back, and out there too."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query as Parameter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from kring import link
from kring.errors import NotAllowed, NotFound, ProviderDown
from kring.people.accounts import NAMELESS, ProviderLogin, Session, name_in
from kring.people.audit import Act
from kring.people.rules import roles_from
from kring.settings import Provider, Settings
from search_ui.auth.cookies import set_cookie
from search_ui.auth.identity import KEY_COOKIE, SESSION_COOKIE
from search_ui.auth.providers.openid import STALE, PendingSignIn, ProviderClient, ProviderIdentity
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sessions import Sessions
from search_ui.auth.sign_in import START, SessionsDep, begin_session, own_path
from search_ui.context import SiteDep, origin_of, shared
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_
from search_ui.viewer.visit import VisitDep

PENDING_COOKIE = "kring_signing_in"
PENDING_SECONDS = 600
"""How long people may stay at the provider."""
NO_PROVIDER = N_("There is no provider of accounts at this address.")

router = APIRouter(include_in_schema=False)


class Providers:
    """The clients of all providers, by their slugs."""

    def __init__(self, settings: Settings) -> None:
        self._clients = {provider.slug: ProviderClient(provider) for provider in settings.providers}

    def client(self, slug: str) -> ProviderClient:
        """Raises NotFound."""
        try:
            return self._clients[slug]
        except KeyError:
            raise NotFound(NO_PROVIDER) from None


ProvidersDep = Annotated[Providers, Depends(shared(Providers))]


@router.get(f"{link.PAGE}/{{provider}}")
def go_there(
    provider: str,
    request: Request,
    site: SiteDep,
    providers: ProvidersDep,
    next: Annotated[str, Parameter(max_length=1000)] = START,  # noqa: A002  of the address
) -> Response:
    back = f"{origin_of(site, request)}{link.PAGE}/{provider}/back"
    url, pending = providers.client(provider).begin(back, own_path(next))
    kept = base64.urlsafe_b64encode(pending.model_dump_json().encode()).decode()
    set_cookie(request, PENDING_COOKIE, kept, seconds=PENDING_SECONDS)
    return RedirectResponse(url, status_code=303)


@router.get(f"{link.PAGE}/{{provider}}/back")
def come_back(
    provider: str,
    request: Request,
    visit: VisitDep,
    providers: ProvidersDep,
    sessions: SessionsDep,
    record: RecorderDep,
) -> Response:
    """The provider has sent the browser here. Who is signed in already connects this login with their account."""
    client, pending = providers.client(provider), _pending(request.cookies.get(PENDING_COOKIE, ""))
    if PENDING_COOKIE in request.cookies:  # good for one try
        set_cookie(request, PENDING_COOKIE, "")
    if pending is None or pending.provider != provider or time.time() - pending.at > PENDING_SECONDS:
        raise NotAllowed(STALE)
    identity = client.finish(_single(request), pending)
    login = _login(client.provider, identity)
    into = visit.account.id if visit.account else None
    account = sessions.people.accept_login(login, name_in(identity.name[:300]) or NAMELESS, into=into)
    sessions.forget()
    record.note_of(account, Act.SIGN_IN, f"at {client.provider.name}")
    if visit.session_hash:
        sessions.people.end_session(visit.session_hash)
    begin_session(request, sessions, account, provider=client.provider.slug, id_token=identity.id_token)
    return RedirectResponse(own_path(pending.onward), status_code=303)


@router.post("/sign-out")
def sign_out(
    request: Request,
    site: SiteDep,
    visit: VisitDep,
    providers: ProvidersDep,
    sessions: SessionsDep,
    record: RecorderDep,
) -> Response:
    """End the session, forget in this browser that it came by the operator's link, and sign out at the provider."""
    if visit.account:
        record.note_of(visit.account, Act.SIGN_OUT)
    session = _ended(sessions, visit.session_hash) if visit.session_hash else None
    for cookie in (SESSION_COOKIE, KEY_COOKIE):
        if cookie in request.cookies:
            set_cookie(request, cookie, "")
    if session is None or session.provider is None or session.id_token is None:
        return RedirectResponse(START, status_code=303)
    try:
        client = providers.client(session.provider)
        url = client.sign_out_url(session.id_token, f"{origin_of(site, request)}{START}")
    except (NotFound, ProviderDown):  # signed out here all the same
        url = None
    if url is None:
        return RedirectResponse(START, status_code=303)
    # Not a redirect: our policy lets forms lead to our own pages only, and browsers hold redirects to it.
    return page("signed_out.html", url=url, provider=client.provider.name)


def _ended(sessions: Sessions, session_hash: str) -> Session | None:
    """What the session was, which is over now."""
    try:
        session = sessions.people.session(session_hash)
    except NotFound:
        return None
    sessions.people.end_session(session_hash)
    sessions.forget()
    return session


def _login(provider: Provider, identity: ProviderIdentity) -> ProviderLogin:
    by_rules = roles_from(provider.rules, identity.claims)
    return ProviderLogin(issuer=provider.issuer, subject=identity.subject, by_rules=by_rules)


def _pending(kept: str) -> PendingSignIn | None:
    """What the browser has kept; None if it is nothing of ours."""
    try:
        return PendingSignIn.model_validate_json(base64.urlsafe_b64decode(kept.encode("ascii", "replace")))
    except (binascii.Error, ValidationError, ValueError):
        return None


def _single(request: Request) -> Mapping[str, str]:
    """The parameters that were given once."""
    given = request.query_params
    return {name: given[name] for name in given if len(given.getlist(name)) == 1}
