"""Passkeys: signing in with what a person's own device keeps (https://www.w3.org/TR/webauthn-3/), and making them.

The device signs a challenge. The browser brings it back in a cookie that scripts cannot read; it is good for one try
and for five minutes.
"""

from __future__ import annotations

import json
import time
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kring.errors import NotAllowed, NotFound
from kring.model import now
from kring.people.accounts import Account, Passkey
from kring.people.audit import Act
from search_ui.auth.browser_name import browser_name
from search_ui.auth.cookies import set_cookie
from search_ui.auth.own_account import PAGE as ACCOUNT, OwnAccountDep
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sign_in import START, SessionsDep, begin_session, own_path
from search_ui.context import Site, SiteDep, origin_of
from search_ui.i18n.gettext import N_

API = "/api/passkeys"
CHALLENGE_COOKIE = "kring_challenge"
CHALLENGE_SECONDS = 300
NOT_KNOWN = N_("This passkey is not known here, or no longer. Sign in another way, and make a new one on your account.")
STALE = N_("That took too long, or was begun in another browser. Try again.")
NOT_MADE = N_("The passkey could not be made. Try again, or with another device.")
NO_PASSKEY = N_("You have no such passkey; it may have been removed already.")
MOST_PASSKEYS = 20

router = APIRouter(include_in_schema=False)

Credential = Annotated[dict[str, Any], Body(embed=True)]


class Done(BaseModel):
    """The page to go on with."""

    url: str


@router.post(f"{API}/options")
def making_options(request: Request, site: SiteDep, account: OwnAccountDep) -> Response:
    options = generate_registration_options(
        rp_id=rp_id_of(site, request),
        rp_name="Kring",
        user_id=account.id.encode(),
        user_name=account.name,
        user_display_name=account.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id)) for passkey in account.passkeys
        ],
    )
    _keep(request, options.challenge)
    return Response(options_to_json(options), media_type="application/json")


@router.post(API)
def make(
    request: Request,
    site: SiteDep,
    account: OwnAccountDep,
    sessions: SessionsDep,
    record: RecorderDep,
    credential: Credential,
) -> Done:
    """Keep what the device has made. Raises NotAllowed."""
    try:
        made = verify_registration_response(
            credential=json.dumps(credential),
            expected_challenge=_challenge(request),
            expected_rp_id=rp_id_of(site, request),
            expected_origin=origin_of(site, request),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise NotAllowed(NOT_MADE) from None
    passkey = Passkey(
        id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        device=browser_name(request.headers.get("user-agent", "")),
        made_at=now(),
    )
    record.note_of(account, Act.KEY, "made a passkey")
    sessions.people.change(
        account.id,
        lambda old: old.model_copy(update={"passkeys": (*old.passkeys, passkey)[-MOST_PASSKEYS:]}),
    )
    sessions.forget()
    return Done(url=ACCOUNT)


@router.post(f"{ACCOUNT}/passkeys/{{passkey_id}}/remove")
def remove(passkey_id: str, account: OwnAccountDep, sessions: SessionsDep, record: RecorderDep) -> Response:
    """Raises NotFound."""
    if passkey_id not in {passkey.id for passkey in account.passkeys}:
        raise NotFound(NO_PASSKEY)
    record.note_of(account, Act.KEY, "removed a passkey")
    sessions.people.change(
        account.id,
        lambda old: old.model_copy(update={"passkeys": tuple(each for each in old.passkeys if each.id != passkey_id)}),
    )
    sessions.forget()
    return RedirectResponse(ACCOUNT, status_code=303)


@router.post(f"{API}/sign-in/options")
def signing_in_options(request: Request, site: SiteDep) -> Response:
    options = generate_authentication_options(
        rp_id=rp_id_of(site, request), user_verification=UserVerificationRequirement.REQUIRED
    )
    _keep(request, options.challenge)
    return Response(options_to_json(options), media_type="application/json")


@router.post(f"{API}/sign-in")
def sign_in(
    request: Request,
    site: SiteDep,
    sessions: SessionsDep,
    record: RecorderDep,
    credential: Credential,
    next: Annotated[str, Body(embed=True, max_length=1000)] = START,  # noqa: A002  as the form calls it
) -> Done:
    """Let in whose device has signed the challenge. Raises NotAllowed."""
    challenge = _challenge(request)
    account, passkey = _owner(sessions.people.account, credential)
    try:
        signed = verify_authentication_response(
            credential=json.dumps(credential),
            expected_challenge=challenge,
            expected_rp_id=rp_id_of(site, request),
            expected_origin=origin_of(site, request),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise NotAllowed(NOT_KNOWN) from None
    used = passkey.model_copy(update={"sign_count": signed.new_sign_count})
    account = sessions.people.change(
        account.id,
        lambda old: old.model_copy(
            update={"passkeys": tuple(used if each.id == used.id else each for each in old.passkeys)}
        ),
    )
    record.note_of(account, Act.SIGN_IN, "with a passkey")
    begin_session(request, sessions, account)
    return Done(url=own_path(next))


def rp_id_of(site: Site, request: Request) -> str:
    """For which host passkeys are good: that of the pages."""
    return urlsplit(origin_of(site, request)).hostname or ""


def _owner(account_of: Any, credential: dict[str, Any]) -> tuple[Account, Passkey]:
    """Whose passkey it says it is. Raises NotAllowed."""
    try:
        account: Account = account_of(base64url_to_bytes(credential["response"]["userHandle"]).decode("ascii"))
        passkey = next(each for each in account.passkeys if each.id == credential["id"])
    except (NotFound, KeyError, TypeError, ValueError, StopIteration):
        raise NotAllowed(NOT_KNOWN) from None
    if account.blocked:
        raise NotAllowed(NOT_KNOWN)
    return account, passkey


def _keep(request: Request, challenge: bytes) -> None:
    kept = f"{int(time.time())}.{bytes_to_base64url(challenge)}"
    set_cookie(request, CHALLENGE_COOKIE, kept, seconds=CHALLENGE_SECONDS)


def _challenge(request: Request) -> bytes:
    """What the device was to sign, once. Raises NotAllowed."""
    at, _dot, challenge = request.cookies.get(CHALLENGE_COOKIE, "").partition(".")
    if CHALLENGE_COOKIE in request.cookies:
        set_cookie(request, CHALLENGE_COOKIE, "")
    if not at.isdecimal() or len(at) > 12 or time.time() - int(at) > CHALLENGE_SECONDS or not challenge:
        raise NotAllowed(STALE)
    try:
        return base64url_to_bytes(challenge)
    except ValueError:
        raise NotAllowed(STALE) from None
