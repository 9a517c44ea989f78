"""Signing in at a provider of accounts (OpenID Connect): where to send people, and what comes back with them.

Authorisation code with PKCE, state and nonce: https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth. Knows
nothing of requests.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from kring.errors import NotAllowed, ProviderDown
from kring.settings import Provider
from search_ui.i18n.gettext import N_

SECONDS = 10
"""How long a provider may take for an answer."""
KNOWN_SECONDS = 3600.0
"""How long its documents and keys are believed; a token signed with a key that is new has them fetched at once."""
SKEW = 60
"""Seconds by which its clock and ours may differ."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that only the provider can make; others, or none, are refused."""
DOWN = N_("{name}, where you sign in, does not answer just now. Try again in a moment.")
REFUSED = N_("{name} did not sign you in. Try again, or ask the operator of Kring.")
STALE = N_("This sign-in was begun in another browser, was used already, or took too long. Begin again.")

log = logging.getLogger("kring.web")


class ProviderDocument(BaseModel):
    """What is read of `/.well-known/openid-configuration`
    (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class PendingSignIn(BaseModel):
    """What a browser keeps while its person is at the provider."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    onward: str
    """The page to go on with."""
    at: float
    """When it was begun, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """What a provider says of somebody."""

    subject: str
    claims: Mapping[str, Any]
    id_token: str

    @property
    def name(self) -> str:
        """As people call them."""
        known = (self.claims.get(claim) for claim in ("name", "preferred_username", "email"))
        return next((str(value) for value in known if value), self.subject)


class ProviderClient:
    """One provider. Safe to share between threads.

    Methods raise ProviderDown if it does not answer as it should, and NotAllowed if it lets the person not in.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._lock = threading.Lock()
        self._known_at = float("-inf")
        self._document: ProviderDocument | None = None
        self._keys: KeySet | None = None

    def begin(self, redirect_uri: str, onward: str) -> tuple[str, PendingSignIn]:
        """Where to send the browser, and what it is to keep meanwhile; it comes back to `redirect_uri`."""
        document, _ = self._known()
        pending = PendingSignIn(
            provider=self.provider.slug,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            onward=onward,
            at=time.time(),
        )
        with self._session(document, redirect_uri) as session:
            url, _state = session.create_authorization_url(
                document.authorization_endpoint,
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return str(url), pending

    def finish(self, came_back: Mapping[str, str], pending: PendingSignIn) -> ProviderIdentity:
        """Who has come back, by the parameters of the address they came to."""
        if not secrets.compare_digest(came_back.get("state", "").encode(), pending.state.encode()):
            raise NotAllowed(STALE)
        document, _ = self._known()
        if came_back.get("iss", document.issuer) != document.issuer or "code" not in came_back:
            log.warning("%s: no sign-in: %s", self.provider.name, came_back.get("error", "no code"))
            raise NotAllowed(REFUSED, name=self.provider.name)
        with self._session(document, pending.redirect_uri) as session:
            token = self._exchange(session, document, came_back["code"], pending.verifier)
            id_token, access_token = str(token.get("id_token", "")), str(token.get("access_token", ""))
            claims = self._verified(id_token, access_token, pending.nonce)
            more = self._userinfo(session, document) if access_token else {}
        if more.get("sub") == claims["sub"]:
            claims = {**more, **claims}
        return ProviderIdentity(str(claims["sub"]), claims, id_token)

    def sign_out_url(self, id_token: str, back: str) -> str | None:
        """Where the browser is sent to sign out at the provider too; None if it offers that not.

        https://openid.net/specs/openid-connect-rpinitiated-1_0.html
        """
        document, _ = self._known()
        if document.end_session_endpoint is None:
            return None
        asked = {
            "id_token_hint": id_token,
            "client_id": self.provider.client_id,
            "post_logout_redirect_uri": back,
        }
        separator = "&" if "?" in document.end_session_endpoint else "?"
        return f"{document.end_session_endpoint}{separator}{urlencode(asked)}"

    def _session(self, document: ProviderDocument, redirect_uri: str) -> OAuth2Session:
        secret = self.provider.secret
        methods = document.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Session(
            self.provider.client_id,
            secret,
            token_endpoint_auth_method=method if secret is not None else "none",
            scope=" ".join(self.provider.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=SECONDS,
        )

    def _exchange(
        self, session: OAuth2Session, document: ProviderDocument, code: str, verifier: str
    ) -> Mapping[str, Any]:
        try:
            token: Mapping[str, Any] = session.fetch_token(
                document.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
            )
        except AuthlibBaseError as error:  # the code was used before, or is not ours
            log.warning("%s: no sign-in: %s", self.provider.name, error.error)
            raise NotAllowed(REFUSED, name=self.provider.name) from None
        except (requests.RequestException, ValueError) as error:
            raise self._down(error) from None
        return token

    def _verified(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        document, keys = self._known()
        try:
            try:
                decoded = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):  # its keys may be others by now
                document, keys = self._known(afresh=True)
                decoded = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": document.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                },
                params={"nonce": nonce, "client_id": self.provider.client_id, "access_token": access_token},
            )
            claims.validate(leeway=SKEW)
        except (JoseError, AuthlibBaseError, ValueError, KeyError) as error:
            log.warning("%s: its word is not believed: %s", self.provider.name, error)
            raise NotAllowed(REFUSED, name=self.provider.name) from None
        return dict(claims)

    def _userinfo(self, session: OAuth2Session, document: ProviderDocument) -> Mapping[str, Any]:
        """What it says besides; nothing if it says that otherwise than as JSON."""
        if document.userinfo_endpoint is None:
            return {}
        try:
            answer = session.get(document.userinfo_endpoint)
            answer.raise_for_status()
            said = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise self._down(error) from None
        return said if isinstance(said, dict) else {}

    def _known(self, *, afresh: bool = False) -> tuple[ProviderDocument, KeySet]:
        with self._lock:
            if self._document is None or self._keys is None or afresh or self._is_old():
                self._document, self._keys = self._fetched()
                self._known_at = time.monotonic()
            return self._document, self._keys

    def _is_old(self) -> bool:
        return time.monotonic() - self._known_at > KNOWN_SECONDS

    def _fetched(self) -> tuple[ProviderDocument, KeySet]:
        issuer = self.provider.issuer
        try:
            where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            document = ProviderDocument.model_validate(self._get(where))
            keys = KeySet.import_key_set(self._get(document.jwks_uri))  # type: ignore[arg-type]
        except (requests.RequestException, ValidationError, ValueError, JoseError) as error:
            raise self._down(error) from None
        if document.issuer != issuer:
            raise self._down(f"it calls itself {document.issuer}, not {issuer}")
        return document, keys

    @staticmethod
    def _get(url: str) -> Mapping[str, Any]:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
        answer.raise_for_status()
        said = answer.json()
        if not isinstance(said, dict):
            raise ValueError(f"{url} is no JSON object")  # noqa: TRY004  one of the values it must not have
        return said

    def _down(self, reason: object) -> ProviderDown:
        log.error("the provider %s: %s", self.provider.name, reason)
        return ProviderDown(DOWN, name=self.provider.name)
