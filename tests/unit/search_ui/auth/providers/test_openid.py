"""Whose word is believed: tokens with everything that can be wrong about them, truly signed."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from kring.errors import NotAllowed
from kring.settings import Provider
from search_ui.auth.providers.openid import ProviderClient, ProviderDocument

ISSUER = "https://login.example.org"
KEY, STRANGE = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
CURVE = ECKey.generate_key("P-256", {"kid": "2"})
PUBLIC = {"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]}
NONCE = "the nonce of this sign-in"


class Client(ProviderClient):
    """Its documents are known already."""

    def _known(self, *, afresh: bool = False) -> tuple[ProviderDocument, KeySet]:
        document = ProviderDocument(
            issuer=ISSUER, authorization_endpoint=ISSUER, token_endpoint=ISSUER, jwks_uri=ISSUER
        )
        return document, KeySet.import_key_set(PUBLIC)  # type: ignore[arg-type]


CLIENT = Client(Provider(name="P", issuer=ISSUER, client_id="kring"))


def claims(**changed: Any) -> dict[str, Any]:
    moment = int(time.time())
    usual = {"iss": ISSUER, "sub": "kari", "aud": "kring", "nonce": NONCE, "iat": moment, "exp": moment + 60}
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(said: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str = "1") -> str:
    return jwt.encode({"alg": alg, "kid": kid}, said, key, algorithms=[alg])


def unsigned(said: dict[str, Any], alg: str = "none") -> str:
    return ".".join(packed(json.dumps(part).encode()) for part in ({"alg": alg, "kid": "1"}, said)) + "."


def signed_with_what_is_public(said: dict[str, Any]) -> str:
    """As if the provider's public key, which everybody has, were a secret of both."""
    token = unsigned(said, "HS256").rstrip(".")
    return f"{token}.{packed(hmac.digest(KEY.as_pem(private=False), token.encode(), 'sha256'))}"


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_what_is_right_is_believed() -> None:
    for token in (
        signed(claims()),
        signed(claims(aud=["kring"])),
        signed(claims(aud=["kring", "other"], azp="kring")),
        signed(claims(), CURVE, "ES256", "2"),
        signed(claims(iat=int(time.time()) + 50, exp=int(time.time()) - 50)),
    ):
        assert CLIENT._verified(token, "", NONCE)["sub"] == "kari"


WRONG = {
    "another issuer": signed(claims(iss="https://evil.example")),
    "for another client": signed(claims(aud="other")),
    "for several, and not ours": signed(claims(aud=["other", "third"], azp="other")),
    "given to another": signed(claims(aud=["kring", "other"], azp="other")),
    "another sign-in": signed(claims(nonce="x")),
    "no nonce": signed(claims(nonce=None)),
    "too old": signed(claims(exp=int(time.time()) - 120)),
    "without an end": signed(claims(exp=None)),
    "from the future": signed(claims(iat=int(time.time()) + 600)),
    "not yet": signed(claims(nbf=int(time.time()) + 600)),
    "of nobody": signed(claims(sub=None)),
    "a strange key": signed(claims(), STRANGE),
    "unsigned": unsigned(claims()),
    "unsigned, written otherwise": unsigned(claims(), "NONE"),
    "signed with what is public": signed_with_what_is_public(claims()),
    "nothing": "",
    "no token": "a.b.c",
    "another's access token": signed(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
}


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG)
def test_what_is_wrong_signs_nobody_in(token: str) -> None:
    with pytest.raises(NotAllowed, match="did not sign you in"):
        CLIENT._verified(token, "an access token", NONCE)
